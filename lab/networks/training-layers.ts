import { GraphBuilder, type Tensor } from "../../models/graph/index.ts";
import type { Random } from "../data/random.ts";
import type { WeightValues } from "./frozen-layers.ts";
import {
  type ConvOptions,
  convAttributes,
  type Initial,
  kernelOf,
  type Layers,
  NORM_EPSILON,
  type RowOptions,
  sizeOf,
  type WeightSpec,
} from "./layers.ts";

/** How far the running statistics of the normalisation move each step: running = 0.95 running + 0.05 batch. */
const MOMENTUM = 0.95;

/** All weights of a network as one vector, so that one Adam step and one checkpoint array serve them all. */
export interface WeightPlan {
  readonly parameters: readonly WeightSpec[];
  /** Running means and variances of the normalisations. */
  readonly statistics: readonly WeightSpec[];
}

export const planSize = (specs: readonly WeightSpec[]) =>
  specs.reduce((sum, spec) => sum + sizeOf(spec.shape), 0);

/** Finds out which weights a network has by building it once on a scratch graph. */
export function planWeights(build: (layers: Layers) => void): WeightPlan {
  const parameters: WeightSpec[] = [];
  const statistics: WeightSpec[] = [];
  const g = new GraphBuilder();
  const placeholder = (list: WeightSpec[]) => (name: string, shape: readonly number[], initial: Initial) => {
    list.push({ name, shape, initial });
    return g.input(name, "float32", shape);
  };
  build(new TrainingLayers(g, placeholder(parameters), placeholder(statistics), undefined));
  return { parameters, statistics };
}

export function initialWeights(specs: readonly WeightSpec[], random: Random): Float32Array {
  const out = new Float32Array(planSize(specs));
  let offset = 0;
  for (const { shape, initial } of specs) {
    const size = sizeOf(shape);
    // He et al. 2015: keeps the variance through ReLU layers. Dense weights are [in, out], kernels [out, in, h, w].
    const fanIn = shape.length === 2 ? shape[0] : sizeOf(shape.slice(1));
    const deviation = Math.sqrt(2 / fanIn);
    for (let i = 0; i < size; i++) {
      out[offset + i] = initial === "he" ? deviation * random.normal() : initial === "one" ? 1 : 0;
    }
    offset += size;
  }
  return out;
}

/** Trained weights as one vector, in the order of the plan. @throws Error when one is missing or of another size. */
export function flatWeights(specs: readonly WeightSpec[], values: WeightValues): Float32Array {
  const out = new Float32Array(planSize(specs));
  let offset = 0;
  for (const { name, shape } of specs) {
    const value = values.get(name);
    if (value?.length !== sizeOf(shape)) {
      throw new Error(
        `the trained weights hold no "${name}" of ${shape.join(" x ")}; they belong to another network`,
      );
    }
    out.set(value, offset);
    offset += value.length;
  }
  return out;
}

/** 1 where weight decay applies (kernels and matrices), 0 elsewhere. */
export function decayMask(specs: readonly WeightSpec[]): Float32Array {
  return Float32Array.from(
    specs.flatMap((spec) => new Array(sizeOf(spec.shape)).fill(spec.initial === "he" ? 1 : 0)),
  );
}

/** The parts of the flat vectors by name, as `FrozenLayers` takes them. */
export function weightValues(
  plan: WeightPlan,
  parameters: Float32Array,
  statistics: Float32Array,
): WeightValues {
  const values = new Map<string, Float32Array>();
  const split = (specs: readonly WeightSpec[], flat: Float32Array) => {
    let offset = 0;
    for (const { name, shape } of specs) {
      values.set(name, flat.slice(offset, offset + sizeOf(shape)));
      offset += sizeOf(shape);
    }
  };
  split(plan.parameters, parameters);
  split(plan.statistics, statistics);
  return values;
}

type Weight = (name: string, shape: readonly number[], initial: Initial) => Tensor;

/** Layers for training: weights cut from flat inputs, normalisation by the batch's own statistics. */
export class TrainingLayers implements Layers {
  /** Updated running statistics, in the order of the plan. */
  readonly newStatistics: Tensor[] = [];

  constructor(
    readonly g: GraphBuilder,
    private readonly weight: Weight,
    private readonly statistic: Weight,
    /** Uniform random numbers in [0, 1) for dropout, shaped like the features, and the share to drop. */
    private readonly drop: { readonly noise: Tensor; readonly share: number } | undefined,
  ) {}

  /** Splits the flat inputs along the plan; names must be asked for in the plan's order or any other. */
  static fromFlat(
    g: GraphBuilder,
    plan: WeightPlan,
    parameters: Tensor,
    statistics: Tensor,
    drop?: { readonly noise: Tensor; readonly share: number },
  ): TrainingLayers {
    const cut = (specs: readonly WeightSpec[], flat: Tensor): Weight => {
      const sizes = specs.map((spec) => sizeOf(spec.shape));
      const parts = g.ops("Split", [flat, g.int64(sizes)], { axis: 0 }, { outputs: specs.length });
      const byName = new Map(specs.map((spec, index) => [spec.name, g.reshape(parts[index], spec.shape)]));
      return (name) => byName.get(name)!;
    };
    return new TrainingLayers(g, cut(plan.parameters, parameters), cut(plan.statistics, statistics), drop);
  }

  convNormRelu(name: string, x: Tensor, options: ConvOptions & { frequencyBias?: boolean }): Tensor {
    const { out, frequencyBias = false } = options;
    const weight = this.weight(`${name}.weight`, [out, Number(x.shape[1]), ...kernelOf(options)], "he");
    const normal = this.normal(name, this.g.op("Conv", [x, weight], convAttributes(options), { name }), out);
    if (!frequencyBias) return this.g.relu(normal);
    const bins = Number(normal.shape[3]);
    return this.g.relu(this.g.add(normal, this.weight(`${name}.frequency`, [1, out, 1, bins], "zero")));
  }

  rowsNormRelu(name: string, x: Tensor, { out, kernel }: RowOptions): Tensor {
    const [, time, width] = x.shape.map(Number);
    const { g } = this;
    const weight = this.weight(`${name}.weight`, [out, width / sizeOf(kernel), ...kernel], "he");
    const rows = g.reshape(g.transpose(weight, [2, 3, 1, 0]), [width, out]);
    const found = g.op("MatMul", [g.reshape(x, [-1, width]), rows], {}, { name });
    return g.reshape(g.relu(this.normal(name, found, out)), [-1, time, out]);
  }

  /** x [B, channels, ...], each channel of mean 0 and variance 1 in the batch, then scaled and offset as was learnt. */
  private normal(name: string, x: Tensor, out: number): Tensor {
    const [normal, mean, variance] = this.g.ops(
      "BatchNormalization",
      [
        x,
        this.weight(`${name}.norm.scale`, [out], "one"),
        this.weight(`${name}.norm.offset`, [out], "zero"),
        this.statistic(`${name}.norm.mean`, [out], "zero"),
        this.statistic(`${name}.norm.variance`, [out], "one"),
      ],
      { training_mode: 1, momentum: MOMENTUM, epsilon: NORM_EPSILON },
      { name: `${name}.norm`, outputs: 3 },
    );
    this.newStatistics.push(mean, variance);
    return normal;
  }

  conv(name: string, x: Tensor, options: ConvOptions): Tensor {
    const { out } = options;
    const weight = this.weight(`${name}.weight`, [out, Number(x.shape[1]), ...kernelOf(options)], "he");
    return this.g.op(
      "Conv",
      [x, weight, this.weight(`${name}.bias`, [out], "zero")],
      convAttributes(options),
      { name },
    );
  }

  dense(name: string, x: Tensor, out: number, bias = true): Tensor {
    const weight = this.weight(`${name}.weight`, [Number(x.shape[1]), out], "he");
    const offset = bias ? this.weight(`${name}.bias`, [out], "zero") : undefined;
    return this.g.op("Gemm", [x, weight, offset], {}, { name });
  }

  dropout(x: Tensor): Tensor {
    if (!this.drop) return x;
    const { noise, share } = this.drop;
    const kept = this.g.cast(this.g.op("GreaterOrEqual", [noise, this.g.constant(share)]), "float32");
    return this.g.mul(x, this.g.mul(kept, this.g.constant(1 / (1 - share))));
  }
}

import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import { type ConvOptions, convAttributes, kernelOf, type Layers, NORM_EPSILON } from "./layers.ts";

/** Trained values by name, as `TrainingLayers` named them. */
export type WeightValues = ReadonlyMap<string, Float32Array>;

/** Layers for inference: constants, with each normalisation folded into its convolution. */
export class FrozenLayers implements Layers {
  constructor(
    readonly g: GraphBuilder,
    private readonly values: WeightValues,
  ) {}

  convNormRelu(name: string, x: Tensor, options: ConvOptions & { frequencyBias?: boolean }): Tensor {
    const weight = this.value(`${name}.weight`);
    const scale = this.value(`${name}.norm.scale`);
    const offset = this.value(`${name}.norm.offset`);
    const mean = this.value(`${name}.norm.mean`);
    const variance = this.value(`${name}.norm.variance`);
    const gain = scale.map((value, channel) => value / Math.sqrt(variance[channel] + NORM_EPSILON));
    const perChannel = weight.length / options.out;
    const folded = weight.map((value, index) => value * gain[Math.floor(index / perChannel)]);
    const bias = offset.map((value, channel) => value - mean[channel] * gain[channel]);
    let y = this.convolve(name, x, options, folded, bias);
    if (options.frequencyBias) {
      const bins = Number(y.shape[3]);
      y = this.g.add(
        y,
        this.constant(`${name}.frequency`, this.value(`${name}.frequency`), [1, options.out, 1, bins]),
      );
    }
    return this.g.relu(y);
  }

  conv(name: string, x: Tensor, options: ConvOptions): Tensor {
    return this.convolve(name, x, options, this.value(`${name}.weight`), this.value(`${name}.bias`));
  }

  dense(name: string, x: Tensor, out: number, bias = true): Tensor {
    const weight = this.constant(`${name}.weight`, this.value(`${name}.weight`), [Number(x.shape[1]), out]);
    const offset = bias ? this.constant(`${name}.bias`, this.value(`${name}.bias`), [out]) : undefined;
    return this.g.op("Gemm", [x, weight, offset], {}, { name });
  }

  dropout(x: Tensor): Tensor {
    return x;
  }

  /** Trained values as they are. */
  weight(name: string, shape: readonly number[]): Tensor {
    return this.constant(name, this.value(name), shape);
  }

  private convolve(
    name: string,
    x: Tensor,
    options: ConvOptions,
    weight: Float32Array,
    bias: Float32Array,
  ): Tensor {
    const { out } = options;
    const shape = [out, Number(x.shape[1]), ...kernelOf(options)];
    const inputs = [
      x,
      this.constant(`${name}.weight`, weight, shape),
      this.constant(`${name}.bias`, bias, [out]),
    ];
    return this.g.op("Conv", inputs, convAttributes(options), { name });
  }

  /** A network built twice on one graph shares its weights. */
  private constant(name: string, data: Float32Array, shape: readonly number[]): Tensor {
    return this.g.parameters.get(name) ?? this.g.parameter(name, data, shape);
  }

  private value(name: string): Float32Array {
    const value = this.values.get(name);
    if (!value) throw new Error(`the trained weights hold no "${name}"; they belong to another architecture`);
    return value;
  }
}

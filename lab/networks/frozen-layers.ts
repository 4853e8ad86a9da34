import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import {
  type ConvOptions,
  convAttributes,
  kernelOf,
  type Layers,
  NORM_EPSILON,
  type RowOptions,
  sizeOf,
} from "./layers.ts";

/** Trained values by name, as `TrainingLayers` named them. */
export type WeightValues = ReadonlyMap<string, Float32Array>;

/** Layers for inference: constants, with each normalisation folded into its convolution. */
export class FrozenLayers implements Layers {
  constructor(
    readonly g: GraphBuilder,
    private readonly values: WeightValues,
  ) {}

  convNormRelu(name: string, x: Tensor, options: ConvOptions & { frequencyBias?: boolean }): Tensor {
    const { weight, bias } = this.folded(name);
    if (!options.frequencyBias) return this.convolve(name, x, options, weight, bias, true);
    const y = this.convolve(name, x, options, weight, bias);
    const offset = [1, options.out, 1, Number(y.shape[3])];
    return this.g.relu(
      this.g.add(y, this.constant(`${name}.frequency`, this.value(`${name}.frequency`), offset)),
    );
  }

  rowsNormRelu(name: string, x: Tensor, { out, kernel }: RowOptions): Tensor {
    const [, time, width] = x.shape.map(Number);
    const { weight, bias } = this.folded(name);
    const rows = placesFirst(weight, out, sizeOf(kernel));
    const y = this.g.op(
      "Gemm",
      [
        this.g.reshape(x, [-1, width]),
        this.constant(`${name}.weight`, rows, [width, out]),
        this.constant(`${name}.bias`, bias, [out]),
      ],
      {},
      { name },
    );
    return this.g.reshape(this.g.relu(y), [-1, time, out]);
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

  /** Weights [out, in, ...kernel] and offsets [out] with the normalisation in them. */
  private folded(name: string): { weight: Float32Array; bias: Float32Array } {
    const weight = this.value(`${name}.weight`);
    const scale = this.value(`${name}.norm.scale`);
    const offset = this.value(`${name}.norm.offset`);
    const mean = this.value(`${name}.norm.mean`);
    const variance = this.value(`${name}.norm.variance`);
    const gain = scale.map((value, channel) => value / Math.sqrt(variance[channel] + NORM_EPSILON));
    const perChannel = weight.length / gain.length;
    return {
      weight: weight.map((value, index) => value * gain[Math.floor(index / perChannel)]),
      bias: offset.map((value, channel) => value - mean[channel] * gain[channel]),
    };
  }

  /** Convolution with bias, and ReLU if `positive`. */
  protected convolve(
    name: string,
    x: Tensor,
    options: ConvOptions,
    weight: Float32Array,
    bias: Float32Array,
    positive = false,
  ): Tensor {
    const { out } = options;
    const shape = [out, Number(x.shape[1]), ...kernelOf(options)];
    const inputs = [
      x,
      this.constant(`${name}.weight`, weight, shape),
      this.constant(`${name}.bias`, bias, [out]),
    ];
    const y = this.g.op("Conv", inputs, convAttributes(options), { name });
    return positive ? this.g.relu(y) : y;
  }

  /** A network built twice on one graph shares its weights. */
  protected constant(name: string, data: Float32Array, shape: readonly number[]): Tensor {
    return this.g.parameters.get(name) ?? this.g.parameter(name, data, shape);
  }

  private value(name: string): Float32Array {
    const value = this.values.get(name);
    if (!value) throw new Error(`the trained weights hold no "${name}"; they belong to another architecture`);
    return value;
  }
}

/** Weights [out, in, places] as [places · in, out]. */
function placesFirst(weight: Float32Array, out: number, places: number): Float32Array {
  const channels = weight.length / (out * places);
  const rows = new Float32Array(weight.length);
  for (let o = 0; o < out; o++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < places; p++) {
        rows[(p * channels + c) * out + o] = weight[(o * channels + c) * places + p];
      }
    }
  }
  return rows;
}

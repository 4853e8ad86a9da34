import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import { FrozenLayers } from "./frozen-layers.ts";
import { type ConvOptions, convAttributes, kernelOf, sizeOf } from "./layers.ts";

/** onnxruntime's convolutions compute so many places at a time, and throw away what there is no place for. */
const PLACES_AT_A_TIME = 16;
/** Fewer multiply-adds than this are thrown away sooner than a convolution is made of matrices. */
const WORTH_IT = 80_000;

/**
 * Frozen layers for a block, where there are few places in time and frequency: as matrices, which are quick with few rows.
 * Deep layers of a block take a fifth of the time in onnxruntime-web.
 */
export class BlockLayers extends FrozenLayers {
  protected override convolve(
    name: string,
    x: Tensor,
    options: ConvOptions,
    weight: Float32Array,
    bias: Float32Array,
    positive = false,
  ): Tensor {
    const { g } = this;
    const { out } = options;
    const [time, frequency] = placesOf(x, options);
    const wasted = (PLACES_AT_A_TIME - time * frequency) * weight.length;
    if (wasted < WORTH_IT) return super.convolve(name, x, options, weight, bias, positive);
    const kernel = kernelOf(options);
    const channels = Number(x.shape[1]);
    const width = channels * sizeOf(kernel);
    const stored = this.constant(`${name}.weight`, weight, [out, channels, ...kernel]);
    const found = g.op("Gemm", [
      g.reshape(read(g, g.transpose(x, [0, 2, 3, 1]), options, [time, frequency]), [-1, width]),
      // Stored as longer blocks' convolutions have them; onnxruntime turns them round once, when it loads the graph.
      g.reshape(g.transpose(stored, [2, 3, 1, 0]), [width, out]),
      this.constant(`${name}.bias`, bias, [out]),
    ]);
    const y = g.reshape(positive ? g.relu(found) : found, [-1, time, frequency, out]);
    return g.transpose(y, [0, 3, 1, 2]);
  }
}

/** Places in time and in frequency of a convolution of x [B, C, time, frequency]. */
function placesOf(x: Tensor, options: ConvOptions): readonly [number, number] {
  const { kernel_shape: kernel, strides, pads, dilations = [1, 1] } = convAttributes(options);
  const count = (axis: number) => {
    const free = Number(x.shape[2 + axis]) + 2 * pads[axis] - dilations[axis] * (kernel[axis] - 1) - 1;
    return Math.floor(free / strides[axis]) + 1;
  };
  return [count(0), count(1)];
}

/** What a convolution reads of x [B, time, frequency, C] for each of its places, [B, places · kernel, C]. */
function read(
  g: GraphBuilder,
  x: Tensor,
  options: ConvOptions,
  [time, frequency]: readonly [number, number],
): Tensor {
  const { kernel_shape: kernel, strides, pads, dilations = [1, 1] } = convAttributes(options);
  const reach = [time, frequency].map(
    (places, axis) => (places - 1) * strides[axis] + dilations[axis] * (kernel[axis] - 1) + 1,
  );
  const missing = reach.map((end, axis) => Math.max(0, end - pads[axis] - Number(x.shape[1 + axis])));
  const padded = g.pad(x, [0, pads[0], pads[1], 0], [0, ...missing, 0]);
  const [, , width, channels] = padded.shape.map(Number);
  const taken: number[] = [];
  for (let t = 0; t < time; t++) {
    for (let f = 0; f < frequency; f++) {
      for (let i = 0; i < kernel[0]; i++) {
        const row = (t * strides[0] + i * dilations[0]) * width;
        for (let j = 0; j < kernel[1]; j++) taken.push(row + f * strides[1] + j * dilations[1]);
      }
    }
  }
  const places = g.reshape(padded, [-1, Number(padded.shape[1]) * width, channels]);
  return isAll(taken, Number(places.shape[1]))
    ? places
    : g.op("Gather", [places, g.int64(taken)], { axis: 1 });
}

const isAll = (taken: readonly number[], count: number) =>
  taken.length === count && taken.every((place, index) => place === index);

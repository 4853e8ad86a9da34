/**
 * Layers written once and built twice: for training (weights in one flat vector, batch statistics in the
 * normalisation) and frozen (weights as constants, normalisation folded into the convolution).
 */
import type { GraphBuilder, Node, Shape, Tensor } from "../../models/graph/index.ts";

export interface ConvOptions {
  readonly out: number;
  /** Size in time and in frequency, or of a square; 3 when left out. */
  readonly kernel?: number | readonly [number, number];
  /** Steps in time and in frequency; [1, 1] when left out. */
  readonly stride?: readonly [number, number];
  /** Steps in time from one place of the kernel to the next; 1 when left out. */
  readonly dilation?: number;
  /** Zeros on both sides of time and of frequency; half the (odd) kernel when left out. */
  readonly pad?: readonly [number, number];
}

export interface RowOptions {
  readonly out: number;
  readonly kernel: readonly [number, number];
}

export interface Layers {
  readonly g: GraphBuilder;
  /** Convolution, normalisation per channel, then a learnt offset per frequency if `frequencyBias`, then ReLU. */
  convNormRelu(name: string, x: Tensor, options: ConvOptions & { frequencyBias?: boolean }): Tensor;
  /**
   * Rows x [B, time, in] to [B, time, out] where all that a kernel reads lies in one row, its places one behind the other,
   * [kernel, channels]: then as `convNormRelu`, with its weights [out, channels, ...kernel].
   */
  rowsNormRelu(name: string, x: Tensor, options: RowOptions): Tensor;
  /** Convolution with bias. */
  conv(name: string, x: Tensor, options: ConvOptions): Tensor;
  /** x [B, in] to [B, out], with bias unless told otherwise. */
  dense(name: string, x: Tensor, out: number, bias?: boolean): Tensor;
  /** Zeroes a share of the features while training; nothing when frozen. */
  dropout(x: Tensor): Tensor;
}

export type Initial = "he" | "zero" | "one";

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: Initial;
}

export const NORM_EPSILON = 1e-5;

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Size of the kernel in time and in frequency. */
export function kernelOf({ kernel = 3 }: ConvOptions): readonly [number, number] {
  return typeof kernel === "number" ? [kernel, kernel] : kernel;
}

export function convAttributes(options: ConvOptions) {
  const { stride = [1, 1], dilation = 1 } = options;
  const kernel = kernelOf(options);
  const [time, frequency] = options.pad ?? kernel.map((size) => (size - 1) / 2);
  return {
    kernel_shape: [...kernel],
    strides: [...stride],
    pads: [time, frequency, time, frequency],
    ...(dilation !== 1 && { dilations: [dilation, 1] }),
  };
}

/** Multiply-adds that one item of the batch costs in a graph's convolutions and dense layers. */
export function multiplyAdds(g: GraphBuilder): number {
  // What follows from constants alone is computed once, when the graph is loaded.
  const fed = new Set(g.inputs);
  return g.nodes.reduce((sum, node) => {
    if (!node.inputs.some((input) => input && fed.has(input))) return sum;
    for (const output of node.outputs) fed.add(output);
    return sum + costOf(node);
  }, 0);
}

/** Multiply-adds of one operator for one item of the batch; sizes that are not known count as 1. */
export function costOf(node: Node): number {
  if (!["Conv", "ConvTranspose", "Gemm", "MatMul"].includes(node.op)) return 0;
  const size = (shape: Shape) => shape.reduce<number>((all, each) => all * knownFactor(each), 1);
  // Several rows of one item may lie one behind the other: "4*B".
  const item = ([first, ...rest]: Shape) => size(typeof first === "string" ? [first, ...rest] : rest);
  const weights = node.inputs[1]?.shape ?? [];
  if (node.op === "Conv") return item(node.outputs[0].shape) * size(weights.slice(1));
  if (node.op === "ConvTranspose") return item(node.inputs[0]?.shape ?? []) * size(weights.slice(1));
  const depth = weights.at(node.op === "Gemm" && node.attributes["transB"] ? -1 : -2) ?? 1;
  return item(node.outputs[0].shape) * knownFactor(depth);
}

/** 4 of "4*B", 1 of a name alone. */
function knownFactor(size: Shape[number]): number {
  if (typeof size === "number") return size;
  return size.split("*").reduce((all, part) => all * (/^\d+$/.test(part) ? Number(part) : 1), 1);
}

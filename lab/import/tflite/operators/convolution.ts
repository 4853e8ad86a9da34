/** Convolutions, dense layers, products of matrices and poolings. */
import type { Tensor } from "../../../../models/graph/index.ts";
import { toNumbers } from "../../../../models/graph/types.ts";
import { rounded, type Steps } from "../../rounding.ts";
import { stepsOf, type Value } from "../values.ts";
import { activated, activationRange, type Call, type Handler, type Handlers, need, real } from "./call.ts";

const SAME = 0;

/** Zeros before and after rows and columns; with SAME an output for each step of the stride, the odd zero at the end. */
function padding({ options }: Call, size: readonly number[], kernel: readonly number[]): number[] {
  if (options["padding"] !== SAME) return [0, 0, 0, 0];
  const strides = stridesOf(options);
  const dilations = dilationsOf(options);
  const total = size.map((length, axis) => {
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    return Math.max(0, (Math.ceil(length / strides[axis]) - 1) * strides[axis] + reach - length);
  });
  const before = total.map((count) => Math.floor(count / 2));
  return [...before, ...total.map((count, axis) => count - before[axis])];
}

function stridesOf({ strideHeight: height = 1, strideWidth: width = 1 }: Call["options"]): number[] {
  if (height < 1 || width < 1) throw new Error(`its strides are ${height} and ${width}`);
  return [height, width];
}

function dilationsOf({ dilationHeight: height = 1, dilationWidth: width = 1 }: Call["options"]): number[] {
  if (height < 1 || width < 1) throw new Error(`its dilations are ${height} and ${width}`);
  return [height, width];
}

/**
 * What a layer of weights works on: numbers as they are, or, where input, weights and output are quantised, whole numbers
 * whose sums are exact as in the file, so that the same roundings follow.
 */
interface Layer {
  readonly x: Value;
  readonly weights: Tensor;
  readonly bias?: Tensor | undefined;
  /** From sums to steps of the output, one number for all or one a channel. */
  readonly factors?: Float32Array;
  readonly steps?: Steps | undefined;
}

function layerOf(call: Call): Layer {
  const { values, inputs, outputs } = call;
  const [x, weights] = [need(call, 0), need(call, 1)];
  const bias = inputs[2];
  const scales = weights.constant?.quantisation?.scales;
  const steps = stepsOf(outputs[0]);
  if (!x.steps || !scales || !steps) {
    return {
      x: values.real(x),
      weights: values.as(weights, "fixed"),
      bias: bias && values.as(bias, "fixed"),
    };
  }
  const f = Math.fround;
  const input = f(x.steps.scale);
  return {
    x,
    weights: values.constantAs(weights, "whole"),
    bias: bias && values.constantAs(bias, "whole"),
    factors: Float32Array.from(scales, (scale) => f(f(input * f(scale)) / f(steps.scale))),
    steps,
  };
}

/**
 * Sums of a layer as its output: activated, or rounded to steps within the ends of its activation.
 *
 * @param channelwise the shape of one number a channel.
 */
function finished(
  call: Call,
  { bias, factors, steps }: Layer,
  sums: Value,
  channelwise: (count: number) => number[],
): Value {
  const { values, g, options } = call;
  if (!factors || !steps) return activated(call, sums);
  const each = (data: Float32Array) =>
    g.constant(data, "float32", data.length === 1 ? [] : channelwise(data.length));
  // onnxruntime would multiply a factor into the weights, and sums of those are no whole numbers; it does not where
  // something is subtracted between, as here the bias.
  const less = each(Float32Array.from(biasOf(call, bias, sums), (value) => -value));
  const scaled = values.map(sums, (x) => g.mul(g.sub(x, less), each(factors)));
  const ends = activationRange(options["activation"]);
  if (!ends)
    return activated(
      call,
      values.map(scaled, (x) => g.mul(x, steps.scale)),
    );
  const [least, most] = ends.map((end) => Math.round(end / steps.scale));
  const within = { ...steps, least: Math.max(least, steps.least), most: Math.min(most, steps.most) };
  return values.map(scaled, (x) => rounded(g, x, within), steps);
}

function biasOf({ g }: Call, bias: Tensor | undefined, sums: Value): Float32Array {
  const data = bias && g.constantOf(bias)?.data;
  if (bias && !data) throw new Error("its bias is no constant");
  return data ? Float32Array.from(toNumbers(data)) : new Float32Array(sums.shape.at(-1) ?? 1);
}

const convolution =
  (depthwise: boolean): Handler =>
  (call) => {
    const { g, values, options } = call;
    const layer = layerOf(call);
    const { x, weights, bias } = layer;
    const [outer, rows, columns, inner] = weights.shape as number[];
    const [first, height, width, channels] = x.shape;
    if (weights.shape.length !== 4 || x.shape.length !== 4)
      throw new Error(`it takes [${x.shape.join(", ")}] and weights [${weights.shape.join(", ")}]`);
    const group = depthwise ? channels : channels / inner;
    if (!Number.isInteger(group) || (depthwise && outer !== 1))
      throw new Error(`weights [${weights.shape.join(", ")}] do not fit ${channels} channels`);
    const turned = values.permuted(weights, depthwise ? [3, 0, 1, 2] : [0, 3, 1, 2]);
    const convolved = g.op("Conv", [values.as(x, "planes"), turned, layer.factors ? undefined : bias], {
      strides: stridesOf(options),
      dilations: dilationsOf(options),
      pads: padding(call, [height, width], [rows, columns]),
      group,
    });
    return finished(call, layer, values.value("planes", convolved, first), (count) => [1, count, 1, 1]);
  };

const dense: Handler = (call) => {
  const { g, values, options } = call;
  if (options["weightsFormat"]) throw new Error("its weights are shuffled; convert the model anew");
  const layer = layerOf(call);
  const { x, weights, bias } = layer;
  if (weights.shape.length !== 2) throw new Error(`its weights are [${weights.shape.join(", ")}]`);
  const [outer, inner] = weights.shape as number[];
  const count = x.shape.reduce((a, b) => a * b, 1);
  if (count % inner !== 0)
    throw new Error(`[${x.shape.join(", ")}] does not fit weights [${outer}, ${inner}]`);
  const keeps = options["keepDimensions"] && x.shape.at(-1) === inner;
  const rows = keeps ? x : values.reshaped(x, [count / inner, inner]);
  const { form, tensor } = values.contiguous(rows);
  const product = g.matmul(tensor, values.permuted(weights, [1, 0]));
  const sums = bias && !layer.factors ? g.add(product, bias) : product;
  return finished(call, layer, values.value(form, sums, rows.shape[0]), (count) => [count]);
};

const matrices: Handler = (call) => {
  const { g, values, options } = call;
  const [a, b] = [real(call, 0), real(call, 1)];
  const rank = Math.max(a.shape.length, b.shape.length);
  const swapped = (value: Value, adjoint: number | undefined): Value => {
    if (!adjoint) return value;
    const axes = value.shape.map((_, axis) => axis);
    return values.transposed(value, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
  };
  const both = [swapped(a, options["adjointX"]), swapped(b, options["adjointY"])];
  const moving = both.filter((value) => !values.isFixed(value));
  const mergeable =
    rank > 2 &&
    moving.every(({ shape }) => shape.length === rank && shape[0] === moving[0].shape[0]) &&
    both.every((value) => !values.isFixed(value) || value.shape.length < rank || value.shape[0] === 1);
  const form = moving.length === 0 ? "fixed" : mergeable ? "merged" : "apart";
  const tensors = both.map((value) => {
    if (values.isFixed(value)) return values.as(value, "fixed");
    const missing = rank - value.shape.length;
    return values.as(
      missing ? values.reshaped(value, [...Array(missing).fill(1), ...value.shape]) : value,
      form,
    );
  });
  return values.value(form, g.matmul(tensors[0], tensors[1]), moving[0]?.shape[0]);
};

/** A function that keeps sums in proportion: of steps it gives steps of the output, before rounding. */
export function proportional(call: Call, x: Value, change: (x: Value) => Value): Value {
  const { g, values, outputs } = call;
  const steps = stepsOf(outputs[0]);
  if (!x.steps || !steps) return change(values.real(x));
  const factor = Math.fround(Math.fround(x.steps.scale) / Math.fround(steps.scale));
  const changed = change({ ...x, steps: undefined });
  return values.map(changed, (each) => rounded(g, g.mul(each, factor), steps), steps);
}

/**
 * The file rounds a mean that lies half way to the number that is further from zero, of the numbers that it keeps and not of
 * what they stand for; half ways are frequent here, and rare elsewhere.
 */
function averaged(call: Call, x: Value, pooled: (value: Value) => Value): Value {
  const { g, values, outputs } = call;
  const steps = stepsOf(outputs[0]);
  if (!x.steps || !steps || x.steps.scale !== steps.scale) return proportional(call, x, pooled);
  const beyondHalf = 1 + 1e-5;
  return values.map(
    pooled({ ...x, steps: undefined }),
    (mean) => rounded(g, g.sub(g.mul(g.add(mean, steps.zero), beyondHalf), steps.zero), steps),
    steps,
  );
}

const pooling =
  (op: "AveragePool" | "MaxPool"): Handler =>
  (call) => {
    const { g, values, options } = call;
    const x = need(call, 0);
    if (x.shape.length !== 4) throw new Error(`it takes [${x.shape.join(", ")}]`);
    const [first, height, width] = x.shape;
    const kernel = [options["height"] ?? 0, options["width"] ?? 0];
    if (kernel.some((size) => size < 1)) throw new Error(`its window is ${kernel.join(" by ")}`);
    const attributes = {
      kernel_shape: kernel,
      strides: stridesOf(options),
      pads: padding(call, [height, width], kernel),
    };
    const pooled = (value: Value) =>
      values.value("planes", g.op(op, [values.as(value, "planes")], attributes), first, value.steps);
    const result = op === "MaxPool" ? pooled(x) : averaged(call, x, pooled);
    return options["activation"] ? activated(call, values.real(result)) : result;
  };

export const convolutions: Handlers = {
  CONV_2D: convolution(false),
  DEPTHWISE_CONV_2D: convolution(true),
  FULLY_CONNECTED: dense,
  BATCH_MATMUL: matrices,
  AVERAGE_POOL_2D: pooling("AveragePool"),
  MAX_POOL_2D: pooling("MaxPool"),
};

import type { GraphBuilder } from "../builder.ts";
import { describe, need, number, numbers, type OperatorFamily, type OperatorRule, text } from "../rule.ts";
import { fixedSize, places, showShape } from "../shapes.ts";
import type { Call, Dimension, Tensor } from "../types.ts";

/** Geometry of a sliding window, one number a spatial axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before and after each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Reads the geometry of a convolution or pooling; `kernel` is needed where it is not an attribute. */
export function windowOf(call: Call, kernel = numbers(call, "kernel_shape")): Window {
  if (!kernel) throw new Error(`${describe(call)}: the size of the kernel is missing`);
  const ones = kernel.map(() => 1);
  const pads = numbers(call, "pads") ?? [...ones, ...ones].map(() => 0);
  return {
    kernel,
    strides: numbers(call, "strides") ?? ones,
    dilations: numbers(call, "dilations") ?? ones,
    before: pads.slice(0, kernel.length),
    after: pads.slice(kernel.length),
  };
}

/** Replaces `auto_pad` by the pads it stands for, so that rules only meet explicit ones. */
export function explicitPads(call: Call, kernel: readonly number[]): Call {
  const mode = text(call, "auto_pad", "NOTSET");
  const { auto_pad: _, ...attributes } = call.attributes;
  if (mode === "NOTSET" || mode === "VALID") return { ...call, attributes };
  const x = need(call, 0);
  const { strides, dilations } = windowOf({ ...call, attributes }, kernel);
  const before: number[] = [];
  const after: number[] = [];
  for (const [i, size] of kernel.entries()) {
    const length = strides[i] === 1 ? 0 : fixedSize(x, i + 2, `${describe(call)} with auto_pad ${mode}`);
    const reach = dilations[i] * (size - 1) + 1;
    const steps = strides[i] === 1 ? 0 : Math.ceil(length / strides[i]) - 1;
    const total = Math.max(0, strides[i] === 1 ? reach - 1 : steps * strides[i] + reach - length);
    const less = Math.floor(total / 2);
    before.push(mode === "SAME_UPPER" ? less : total - less);
    after.push(mode === "SAME_UPPER" ? total - less : less);
  }
  return { ...call, attributes: { ...attributes, pads: [...before, ...after] } };
}

/** Size of the output along one axis; `up` rounds a last incomplete window up (ceil_mode of poolings). */
export function windowedSize(
  size: Dimension,
  window: Window,
  axis: number,
  g: GraphBuilder,
  up = false,
): Dimension {
  const { kernel, strides, dilations, before, after } = window;
  const reach = dilations[axis] * (kernel[axis] - 1) + 1;
  if (typeof size === "string") {
    return strides[axis] === 1 && before[axis] + after[axis] === reach - 1
      ? size
      : g.freshDimension("windowed");
  }
  const room = size + before[axis] + after[axis] - reach;
  if (!up) return Math.floor(room / strides[axis]) + 1;
  const count = Math.ceil(room / strides[axis]) + 1;
  // A window must begin inside the input or its left padding.
  return (count - 1) * strides[axis] >= size + before[axis] ? count - 1 : count;
}

function kernelOf(call: Call): number[] {
  const weight = need(call, 1);
  return weight.shape.slice(2).map((_, axis) => fixedSize(weight, axis + 2, describe(call)));
}

function spatial(x: Tensor): number[] {
  return x.shape.slice(2).map((_, axis) => axis + 2);
}

/** Weight [outer, inner / group, ...] of a convolution seen from its output: [inner, outer / group, ...], mirrored. */
function mirrored(g: GraphBuilder, weight: Tensor, group: number): Tensor {
  const axes = spatial(weight);
  const kernel = axes.map((axis) => fixedSize(weight, axis, "convolution weight"));
  const outer = fixedSize(weight, 0, "convolution weight");
  const inner = fixedSize(weight, 1, "convolution weight");
  let turned = weight;
  if (group === 1) turned = g.transpose(turned, [1, 0, ...axes]);
  else {
    turned = g.reshape(turned, [group, outer / group, inner, ...kernel]);
    turned = g.transpose(turned, [0, 2, 1, ...axes.map((axis) => axis + 1)]);
    turned = g.reshape(turned, [group * inner, outer / group, ...kernel]);
  }
  const flipped = axes.filter((_, i) => kernel[i] > 1);
  if (flipped.length === 0) return turned;
  return g.op("Slice", [
    turned,
    g.int64(flipped.map(() => -1)),
    g.int64(flipped.map(() => -(2 ** 31))),
    g.int64(flipped),
    g.int64(flipped.map(() => -1)),
  ]);
}

/** Gradient of a convolution's input [N, C, ...]. */
function inputGradient(
  g: GraphBuilder,
  x: Tensor,
  weight: Tensor,
  grad: Tensor,
  window: Window,
  group: number,
) {
  const { kernel, strides, dilations, before, after } = window;
  const reach = kernel.map((size, i) => dilations[i] * (size - 1));
  const attributes = { dilations, group };
  if (strides.every((stride) => stride === 1) && reach.every((r, i) => r >= before[i] && r >= after[i])) {
    return g.op("Conv", [grad, mirrored(g, weight, group)], {
      ...attributes,
      pads: [...reach.map((r, i) => r - before[i]), ...reach.map((r, i) => r - after[i])],
    });
  }
  const outputPadding = strides.map((stride, i) => {
    const size = fixedSize(x, i + 2, "strided convolution");
    const steps = fixedSize(grad, i + 2, "strided convolution");
    return size - (stride * (steps - 1) + reach[i] + 1 - before[i] - after[i]);
  });
  return g.op("ConvTranspose", [grad, weight], {
    ...attributes,
    strides,
    pads: [...before, ...after],
    output_padding: outputPadding,
  });
}

/**
 * Gradient of a convolution's weight [K, C / group, ...], from its input x [N, C, ...] and the gradient of its
 * output [N, K, ...]: one matrix product for every place in the kernel, over a padded copy of x with its channels
 * last. As a convolution with batch and channels exchanged it ran three to four times slower.
 */
function weightGradient(g: GraphBuilder, x: Tensor, grad: Tensor, window: Window, group: number): Tensor {
  const { kernel, strides, dilations, before, after } = window;
  const axes = spatial(x);
  const inner = fixedSize(x, 1, "convolution") / group;
  const outer = fixedSize(grad, 1, "convolution") / group;
  // Channels last: [N, ...space, C], or with groups [group, N, ...space, C / group].
  const open = (size: Dimension) => (typeof size === "number" ? size : -1);
  const lead = group === 1 ? 1 : 2;
  let pixels: Tensor;
  let grads: Tensor;
  if (group === 1) {
    pixels = g.transpose(x, [0, ...axes, 1]);
    grads = g.reshape(g.transpose(grad, [1, 0, ...axes]), [outer, -1]);
  } else {
    const shifted = axes.map((axis) => axis + 1);
    const size = (t: Tensor) => t.shape.slice(2).map(open);
    pixels = g.transpose(g.reshape(x, [open(x.shape[0]), group, inner, ...size(x)]), [1, 0, ...shifted, 2]);
    grads = g.transpose(g.reshape(grad, [open(grad.shape[0]), group, outer, ...size(grad)]), [
      1,
      2,
      0,
      ...shifted,
    ]);
    grads = g.reshape(grads, [group, outer, -1]);
  }
  // Cut the axes into blocks of one stride: then what a place in the kernel meets is a plain range of the blocks
  // (copied in long runs), and neighbours along the last axis that lie in the same block share one product.
  const last = axes.length - 1;
  const surplus = axes.map((axis, i) => {
    const length = fixedSize(x, axis, "convolution") + before[i] + after[i];
    return Math.ceil(length / strides[i]) * strides[i] - length;
  });
  const none = Array.from({ length: lead }, () => 0);
  pixels = g.pad(
    pixels,
    [...none, ...before, 0],
    [...none, ...after.map((count, i) => count + surplus[i]), 0],
  );
  const blocks = axes.flatMap((_, i) => {
    const count = fixedSize(pixels, lead + i, "convolution") / strides[i];
    if (i === last) return [count, strides[i] * inner];
    return strides[i] === 1 ? [count] : [count, strides[i]];
  });
  const view = g.reshape(pixels, [...pixels.shape.slice(0, lead).map(open), ...blocks]);

  const steps = axes.map((axis) => fixedSize(grad, axis, "convolution"));
  const products = places(kernel.slice(0, -1)).flatMap((row) => {
    const ranges: [number, number][] = row.flatMap((at, i) => {
      const [block, phase] = blockOf(at * dilations[i], strides[i]);
      const range: [number, number] = [block, block + steps[i]];
      return strides[i] === 1 ? [range] : [range, [phase, phase + 1]];
    });
    return runsOf(kernel[last], dilations[last], strides[last]).map(({ block, phase, count }) => {
      const inside: [number, number] = [phase * inner, (phase + count) * inner];
      const part = sliceRanges(g, view, lead, [...ranges, [block, block + steps[last]], inside]);
      const columns = count * inner;
      const product = g.matmul(grads, g.reshape(part, group === 1 ? [-1, columns] : [group, -1, columns]));
      return g.reshape(product, [outer * group, count, inner]);
    });
  });
  // Put the kernel's axes behind the channels.
  return g.reshape(g.transpose(g.concat(products, 1), [0, 2, 1]), [outer * group, inner, ...kernel]);
}

/** Block of one stride that an offset lies in, and its place there. */
function blockOf(offset: number, stride: number): [block: number, phase: number] {
  return [Math.floor(offset / stride), offset % stride];
}

/** Places of a kernel along one axis, neighbours in the same block taken together. */
function runsOf(size: number, dilation: number, stride: number) {
  const runs: { block: number; phase: number; count: number }[] = [];
  for (let at = 0; at < size; at++) {
    const [block, phase] = blockOf(at * dilation, stride);
    const run = runs.at(-1);
    if (run?.block === block && run.phase + run.count === phase) run.count++;
    else runs.push({ block, phase, count: 1 });
  }
  return runs;
}

/** Slices consecutive axes from `first` on; ranges that span their axis are left out. */
function sliceRanges(g: GraphBuilder, x: Tensor, first: number, ranges: readonly [number, number][]): Tensor {
  const cut = ranges
    .map(([start, end], i) => ({ start, end, axis: first + i }))
    .filter(({ start, end, axis }) => start !== 0 || end !== x.shape[axis]);
  if (cut.length === 0) return x;
  return g.op("Slice", [
    x,
    g.int64(cut.map(({ start }) => start)),
    g.int64(cut.map(({ end }) => end)),
    g.int64(cut.map(({ axis }) => axis)),
  ]);
}

function biasGradient(g: GraphBuilder, grad: Tensor): Tensor {
  return g.reduceSum(grad, [0, ...spatial(grad)]);
}

const conv: OperatorRule = {
  prepare: (call) => explicitPads(call, kernelOf(call)),
  infer: (call, g) => {
    const [x, weight] = [need(call, 0), need(call, 1)];
    const group = number(call, "group", 1);
    const window = windowOf(call, kernelOf(call));
    const channels = x.shape[1];
    const inner = weight.shape[1];
    if (x.shape.length !== weight.shape.length || x.shape.length < 3) {
      throw new Error(
        `${describe(call)}: input ${showShape(x.shape)} and weight ${showShape(weight.shape)} do not fit`,
      );
    }
    if (typeof channels === "number" && typeof inner === "number" && channels !== inner * group) {
      throw new Error(
        `${describe(call)}: input ${showShape(x.shape)} has ${channels} channels, weight ${showShape(weight.shape)} in ${group} groups wants ${inner * group}`,
      );
    }
    const space = spatial(x).map((axis, i) => windowedSize(x.shape[axis], window, i, g));
    if (space.some((size) => typeof size === "number" && size < 1)) {
      throw new Error(
        `${describe(call)}: the kernel ${showShape(weight.shape)} is larger than ${showShape(x.shape)}`,
      );
    }
    return [{ dtype: x.dtype, shape: [x.shape[0], weight.shape[0], ...space] }];
  },
  gradient: ({ g, node, grad, input, wants }) => {
    const window = windowOf(node, kernelOf(node));
    const group = number(node, "group", 1);
    return [
      wants(0) ? inputGradient(g, input(0), input(1), grad, window, group) : undefined,
      wants(1) ? weightGradient(g, input(0), grad, window, group) : undefined,
      wants(2) ? biasGradient(g, grad) : undefined,
    ];
  },
};

const convTranspose: OperatorRule = {
  prepare: (call) => {
    if (text(call, "auto_pad", "NOTSET") !== "NOTSET" || call.attributes["output_shape"]) {
      throw new Error(`${describe(call)}: auto_pad and output_shape are not supported; give pads`);
    }
    return call;
  },
  infer: (call, g) => {
    const [x, weight] = [need(call, 0), need(call, 1)];
    const { kernel, strides, dilations, before, after } = windowOf(call, kernelOf(call));
    const more = numbers(call, "output_padding") ?? kernel.map(() => 0);
    const group = number(call, "group", 1);
    const channels = weight.shape[1];
    if (typeof x.shape[1] === "number" && x.shape[1] !== weight.shape[0]) {
      throw new Error(
        `${describe(call)}: input ${showShape(x.shape)} and weight ${showShape(weight.shape)} do not fit`,
      );
    }
    const space = spatial(x).map((axis, i) => {
      const size = x.shape[axis];
      if (typeof size === "string") return g.freshDimension("upsampled");
      return strides[i] * (size - 1) + more[i] + dilations[i] * (kernel[i] - 1) + 1 - before[i] - after[i];
    });
    return [{ dtype: x.dtype, shape: [x.shape[0], (channels as number) * group, ...space] }];
  },
  // The mirror image of Conv: its input gradient is a convolution of the output's gradient, and in its weight
  // gradient input and gradient change places.
  gradient: ({ g, node, grad, input, wants }) => {
    const window = windowOf(node, kernelOf(node));
    const group = number(node, "group", 1);
    const { strides, dilations, before, after } = window;
    return [
      wants(0)
        ? g.op("Conv", [grad, input(1)], { strides, dilations, group, pads: [...before, ...after] })
        : undefined,
      wants(1) ? weightGradient(g, grad, input(0), window, group) : undefined,
      wants(2) ? biasGradient(g, grad) : undefined,
    ];
  },
};

export const convolution: OperatorFamily = { Conv: conv, ConvTranspose: convTranspose };

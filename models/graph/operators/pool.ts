import { zerosLike } from "../broadcast.ts";
import type { GraphBuilder } from "../builder.ts";
import { describe, need, number, numbers, type OperatorFamily, type OperatorRule } from "../rule.ts";
import { fixedSize } from "../shapes.ts";
import type { Call, Tensor, TensorType } from "../types.ts";
import { explicitPads, type Window, windowedSize, windowOf } from "./conv.ts";
import { enlarge } from "./resize.ts";

function prepare(call: Call): Call {
  return explicitPads(call, numbers(call, "kernel_shape") ?? []);
}

function inferPool(call: Call, g: GraphBuilder): TensorType[] {
  const x = need(call, 0);
  const window = windowOf(call);
  const up = number(call, "ceil_mode", 0) === 1;
  const space = window.kernel.map((_, i) => windowedSize(x.shape[i + 2], window, i, g, up));
  const shape = [x.shape[0], x.shape[1], ...space];
  return [
    { dtype: x.dtype, shape },
    { dtype: "int64", shape },
  ];
}

/** Windows that tile the input side by side, none padded. */
function isTiling({ kernel, strides, dilations, before, after }: Window): boolean {
  return kernel.every(
    (size, i) =>
      strides[i] === size && (size === 1 || dilations[i] === 1) && before[i] === 0 && after[i] === 0,
  );
}

/** Repeats every element over its window of a tiling; a remainder at the end gets zeros, an overhang is cut. */
function spread(g: GraphBuilder, x: Tensor, window: Window, target: Tensor): Tensor {
  const large = enlarge(g, x, window.kernel);
  const missing = window.kernel.map(
    (_, i) => fixedSize(target, i + 2, "pooling") - (large.shape[i + 2] as number),
  );
  return g.pad(
    large,
    large.shape.map(() => 0),
    [0, 0, ...missing],
  );
}

/** How many elements of the input (and, if counted, of the padding) each window averages. */
function windowCounts(call: Call, x: Tensor, window: Window, output: Tensor): number[] {
  const padded = number(call, "count_include_pad", 0) === 1;
  let counts = [1];
  for (const [i, size] of window.kernel.entries()) {
    const length = fixedSize(x, i + 2, describe(call));
    const row = Array.from({ length: fixedSize(output, i + 2, describe(call)) }, (_, at) => {
      let count = 0;
      for (let k = 0; k < size; k++) {
        const place = at * window.strides[i] + k * window.dilations[i] - window.before[i];
        if (padded ? place < length + window.after[i] : place >= 0 && place < length) count++;
      }
      return count;
    });
    counts = counts.flatMap((count) => row.map((other) => count * other));
  }
  return counts;
}

/** One number a window as an operand; a plain number where all are equal. */
function perWindow(g: GraphBuilder, counts: readonly number[], output: Tensor): Tensor | number {
  if (counts.every((count) => count === counts[0])) return counts[0];
  return g.constant(counts, output.dtype, [1, 1, ...output.shape.slice(2).map((size) => size as number)]);
}

const averagePool: OperatorRule = {
  prepare,
  infer: inferPool,
  gradient: ({ g, node, output, grad, input }) => {
    const x = input(0);
    const window = windowOf(node);
    const counts = windowCounts(node, x, window, output);
    const space = window.kernel.map((_, i) => output.shape[i + 2] as number);
    const share = g.div(grad, perWindow(g, counts, output));
    if (isTiling(window)) return [spread(g, share, window, x)];
    // Overlapping windows: every window hands its share back to all its places, as a transposed convolution does.
    const channels = fixedSize(x, 1, describe(node));
    const cover = window.kernel.map((size, i) => {
      const reach = window.dilations[i] * (size - 1) + 1;
      return window.strides[i] * (space[i] - 1) + reach - window.before[i];
    });
    const places = window.kernel.reduce((a, b) => a * b, 1);
    const ones = g.constant(
      Array.from({ length: places }, () => 1),
      x.dtype,
      [1, 1, ...window.kernel],
    );
    const single = g.reshape(share, [-1, 1, ...space]);
    const wide = g.op("ConvTranspose", [single, ones], {
      strides: window.strides,
      dilations: window.dilations,
      pads: [...window.before, ...window.before.map(() => 0)],
    });
    const missing = cover.map((size, i) => fixedSize(x, i + 2, describe(node)) - size);
    const fitted = g.pad(wide, [0, 0, ...missing.map(() => 0)], [0, 0, ...missing]);
    return [g.reshape(fitted, [-1, channels, ...x.shape.slice(2).map((size) => size as number)])];
  },
};

const maxPool: OperatorRule = {
  prepare,
  infer: inferPool,
  gradient: ({ g, node, output, grad, input }) => {
    const x = input(0);
    const window = windowOf(node);
    if (isTiling(window)) {
      // Every element that equals its window's maximum takes part; several share evenly. Four times faster than
      // asking onnxruntime for the places of the maxima, and after Relu the same (its ties have no gradient).
      const hits = g.cast(g.op("Equal", [x, spread(g, output, window, x)]), x.dtype);
      const { auto_pad: _, dilations: __, storage_order: ___, ...geometry } = node.attributes;
      const winners = g.mul(
        g.op("AveragePool", [hits], geometry),
        perWindow(g, windowCounts(node, x, window, output), output),
      );
      return [g.mul(hits, spread(g, g.div(grad, winners), window, x))];
    }
    // Overlapping windows: add every gradient at the place its maximum came from.
    const { storage_order: _, ...attributes } = node.attributes;
    const [, indices] = g.ops("MaxPool", [x], attributes, { outputs: 2 });
    const flat = g.reshape(zerosLike(g, x), [-1]);
    const summed = g.op("ScatterElements", [flat, g.reshape(indices, [-1]), g.reshape(grad, [-1])], {
      reduction: "add",
    });
    return [g.op("Reshape", [summed, g.shapeOf(x)])];
  },
};

function globalPool(reduceOperator: string): OperatorRule {
  // Written as the reduction it is, whose gradient rule then serves.
  return {
    prepare: (call, g) => ({
      ...call,
      op: reduceOperator,
      inputs: [
        need(call, 0),
        g.int64(
          need(call, 0)
            .shape.slice(2)
            .map((_, i) => i + 2),
        ),
      ],
      attributes: { keepdims: 1 },
    }),
    infer: (call) => {
      const x = need(call, 0);
      return [{ dtype: x.dtype, shape: x.shape.map((size, axis) => (axis < 2 ? size : 1)) }];
    },
  };
}

export const pool: OperatorFamily = {
  AveragePool: averagePool,
  MaxPool: maxPool,
  GlobalAveragePool: globalPool("ReduceMean"),
  GlobalMaxPool: globalPool("ReduceMax"),
};

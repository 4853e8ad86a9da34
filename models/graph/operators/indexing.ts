import { zerosLike } from "../broadcast.ts";
import type { GraphBuilder } from "../builder.ts";
import { describe, need, number, type OperatorFamily, type OperatorRule, text } from "../rule.ts";
import { fixedSize, isStatic, normalAxis } from "../shapes.ts";
import type { Call, Dimension, Tensor } from "../types.ts";
import { known, knownNumbers, passValues, pick } from "./known.ts";

interface Range {
  axis: number;
  start: number;
  step: number;
  /** Elements taken, as far as it is known: a symbolic axis may be taken whole, or its first element. */
  count: Dimension | undefined;
}

/** The ranges that a Slice takes, with NumPy's clamping. */
function ranges(call: Call, g: GraphBuilder): Range[] {
  const x = need(call, 0);
  const starts = knownNumbers(call, g, 1, "starts");
  const ends = known(call, g, 2, "ends");
  const axes = call.inputs[3] ? knownNumbers(call, g, 3, "axes") : starts.map((_, axis) => axis);
  const steps = call.inputs[4] ? knownNumbers(call, g, 4, "steps") : starts.map(() => 1);
  return axes.map((given, index) => {
    const axis = normalAxis(given, x.shape.length, describe(call));
    const size = x.shape[axis];
    const step = steps[index];
    const from = starts[index];
    const to = ends[index];
    if (typeof size === "string" || typeof to === "string") {
      const whole =
        from === 0 && step === 1 && (to === size || (typeof to === "number" && to >= 2 ** 31 - 1));
      return { axis, start: from, step, count: whole ? size : from === 0 && to === 1 ? 1 : undefined };
    }
    const clamp = (at: number, low: number, high: number) =>
      Math.min(high, Math.max(low, at < 0 ? at + size : at));
    const start = step > 0 ? clamp(from, 0, size) : clamp(from, -1, size - 1);
    const end = step > 0 ? clamp(to, 0, size) : clamp(to, -1, size - 1);
    return { axis, start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
}

const slice: OperatorRule = {
  infer: (call, g) => {
    const x = need(call, 0);
    const shape = [...x.shape];
    for (const { axis, count } of ranges(call, g)) shape[axis] = count ?? g.freshDimension("sliced");
    return [{ dtype: x.dtype, shape }];
  },
  fold: (call, g) => {
    const taken = ranges(call, g);
    const result: Dimension[] = [...need(call, 0).shape];
    for (const { axis, count } of taken) result[axis] = count ?? "?";
    return pick(passValues(call, g), need(call, 0).shape, result, (place) => {
      const source = [...place];
      for (const { axis, start, step } of taken) source[axis] = start + place[axis] * step;
      return source;
    });
  },
  gradient: ({ g, node, grad, input }) => {
    const x = input(0);
    let result = grad;
    const before = x.shape.map(() => 0);
    const after = x.shape.map(() => 0);
    for (const { axis, start, step, count } of ranges(node, g)) {
      if (start === 0 && step === 1 && count === x.shape[axis]) continue;
      const size = fixedSize(x, axis, describe(node));
      if (typeof count !== "number") {
        throw new Error(`Cannot differentiate ${describe(node)}: where it ends is not known while building`);
      }
      if (count === 0) return [zerosLike(g, x)];
      const stride = Math.abs(step);
      let first = start;
      if (step < 0) {
        result = g.slice(result, axis, -1, -(2 ** 31), -1);
        first = start + (count - 1) * step;
      }
      result = stuffZeros(g, result, axis, stride);
      before[axis] = first;
      after[axis] = size - first - ((count - 1) * stride + 1);
    }
    return [g.pad(result, before, after)];
  },
};

/** Puts `stride - 1` zeros between neighbours along an axis. */
function stuffZeros(g: GraphBuilder, x: Tensor, axis: number, stride: number): Tensor {
  const count = fixedSize(x, axis, "zero insertion");
  if (stride === 1 || count === 1) return x;
  const rank = x.shape.length;
  const wide = g.op("Unsqueeze", [x, g.int64([axis + 1])]);
  const none = Array.from({ length: rank + 1 }, () => 0);
  const padded = g.pad(
    wide,
    none,
    none.map((_, at) => (at === axis + 1 ? stride - 1 : 0)),
  );
  const open = x.shape.map((size, at) =>
    at === axis ? count * stride : typeof size === "number" ? size : -1,
  );
  return g.slice(g.reshape(padded, open), axis, 0, (count - 1) * stride + 1);
}

function padding(call: Call, g: GraphBuilder): { before: number[]; after: number[] } {
  const x = need(call, 0);
  const pads = knownNumbers(call, g, 1, "pads");
  const rank = x.shape.length;
  const axes = call.inputs[3] ? knownNumbers(call, g, 3, "axes") : x.shape.map((_, axis) => axis);
  const before = x.shape.map(() => 0);
  const after = x.shape.map(() => 0);
  for (const [index, given] of axes.entries()) {
    const axis = normalAxis(given, rank, describe(call));
    before[axis] = pads[index];
    after[axis] = pads[index + axes.length];
  }
  return { before, after };
}

const pad: OperatorRule = {
  infer: (call, g) => {
    const x = need(call, 0);
    const { before, after } = padding(call, g);
    const shape = x.shape.map((size, axis) => {
      const more = before[axis] + after[axis];
      if (more === 0) return size;
      return typeof size === "number" ? size + more : g.freshDimension("padded");
    });
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ g, node, grad, input }) => {
    const x = input(0);
    const mode = text(node, "mode", "constant");
    const { before, after } = padding(node, g);
    let result = grad;
    for (const [axis, left] of before.entries()) {
      const right = after[axis];
      if (left === 0 && right === 0) continue;
      const size = fixedSize(x, axis, describe(node));
      const around = (tensor: Tensor, start: number, end: number) =>
        g.pad(
          tensor,
          x.shape.map((_, at) => (at === axis ? start : 0)),
          x.shape.map((_, at) => (at === axis ? end : 0)),
        );
      const whole = result;
      result = around(
        g.slice(
          whole,
          axis,
          Math.max(0, left),
          Math.max(0, left) + Math.min(size, size + left, size + right, size + left + right),
        ),
        Math.max(0, -left),
        Math.max(0, -right),
      );
      if (mode === "constant") continue;
      if (left < 0 || right < 0)
        throw new Error(`${describe(node)}: negative pads are only supported in mode constant`);
      const head = g.slice(whole, axis, 0, left);
      const tail = g.slice(whole, axis, left + size, left + size + right);
      if (mode === "reflect") {
        const mirrored = (part: Tensor) => g.slice(part, axis, -1, -(2 ** 31), -1);
        if (left > 0) result = g.add(result, around(mirrored(head), 1, size - 1 - left));
        if (right > 0) result = g.add(result, around(mirrored(tail), size - 1 - right, 1));
      } else if (mode === "edge") {
        if (left > 0) result = g.add(result, around(g.reduceSum(head, [axis], true), 0, size - 1));
        if (right > 0) result = g.add(result, around(g.reduceSum(tail, [axis], true), size - 1, 0));
      } else {
        throw new Error(`Cannot differentiate ${describe(node)}: mode "${mode}" is not supported`);
      }
    }
    return [result];
  },
};

const gather: OperatorRule = {
  infer: (call) => {
    const [x, indices] = [need(call, 0), need(call, 1)];
    const axis = normalAxis(number(call, "axis", 0), x.shape.length, describe(call));
    return [
      { dtype: x.dtype, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)] },
    ];
  },
  fold: (call, g) => {
    const values = passValues(call, g);
    const indices = g.valuesOf(need(call, 1));
    if (!values || !indices || !isStatic(indices) || need(call, 0).shape.length !== 1) return undefined;
    return indices.map((index) => values[index < 0 ? index + values.length : index]);
  },
  gradient: ({ g, node, grad, input }) => {
    const [x, indices] = [input(0), input(1)];
    const rank = x.shape.length;
    const axis = normalAxis(number(node, "axis", 0), rank, describe(node));
    const at = g.scalarOf(indices);
    const size = x.shape[axis];
    if (at !== undefined && indices.shape.length < 2 && typeof size === "number") {
      const row = indices.shape.length === 0 ? g.op("Unsqueeze", [grad, g.int64([axis])]) : grad;
      const place = at < 0 ? at + size : at;
      return [
        g.pad(
          row,
          x.shape.map((_, a) => (a === axis ? place : 0)),
          x.shape.map((_, a) => (a === axis ? size - 1 - place : 0)),
        ),
      ];
    }
    // Scatter along the first axis: bring `axis` (and in the gradient the axes of the indices) to the front.
    const others = x.shape.map((_, a) => a).filter((a) => a !== axis);
    const front = [axis, ...others];
    const spread = indices.shape.length;
    const gradAxes = grad.shape.map((_, a) => a);
    const gradFront = [
      ...gradAxes.slice(axis, axis + spread),
      ...gradAxes.slice(0, axis),
      ...gradAxes.slice(axis + spread),
    ];
    const zeros = zerosLike(g, g.transpose(x, front));
    const rows = g.op("Unsqueeze", [g.cast(indices, "int64"), g.int64([spread])]);
    const scattered = g.op("ScatterND", [zeros, rows, g.transpose(grad, gradFront)], { reduction: "add" });
    return [
      g.transpose(
        scattered,
        x.shape.map((_, a) => front.indexOf(a)),
      ),
    ];
  },
};

const gatherND: OperatorRule = {
  infer: (call) => {
    const [x, indices] = [need(call, 0), need(call, 1)];
    const batch = number(call, "batch_dims", 0);
    const depth = fixedSize(indices, indices.shape.length - 1, describe(call));
    return [{ dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...x.shape.slice(batch + depth)] }];
  },
  gradient: ({ g, node, grad, input }) => {
    if (number(node, "batch_dims", 0) > 0)
      throw new Error(`Cannot differentiate ${describe(node)}: batch_dims is not supported`);
    return [g.op("ScatterND", [zerosLike(g, input(0)), input(1), grad], { reduction: "add" })];
  },
};

const gatherElements: OperatorRule = {
  infer: (call) => [{ dtype: need(call, 0).dtype, shape: need(call, 1).shape }],
  gradient: ({ g, node, grad, input }) => [
    g.op("ScatterElements", [zerosLike(g, input(0)), input(1), grad], {
      axis: number(node, "axis", 0),
      reduction: "add",
    }),
  ],
};

const scatter: OperatorRule = {
  infer: (call) => [{ dtype: need(call, 0).dtype, shape: need(call, 0).shape }],
};

export const indexing: OperatorFamily = {
  Slice: slice,
  Pad: pad,
  Gather: gather,
  GatherND: gatherND,
  GatherElements: gatherElements,
  ScatterElements: scatter,
  ScatterND: scatter,
};

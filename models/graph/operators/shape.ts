import { reduceTo, reshapeLike, zerosLike } from "../broadcast.ts";
import type { GraphBuilder } from "../builder.ts";
import {
  describe,
  need,
  noGradient,
  number,
  numbers,
  type OperatorFamily,
  type OperatorRule,
  text,
} from "../rule.ts";
import { fixedSize, isStatic, normalAxis, places, product, quotient, showShape } from "../shapes.ts";
import { type Call, type Dimension, isFloat, type Tensor, type TensorValue, toNumbers } from "../types.ts";

/** Shape arithmetic is small; larger integer tensors are data and stay in the graph. */
const FOLD_LIMIT = 4096;

function keepsFirst(call: Call): Tensor {
  return need(call, 0);
}

/** Values of an integer input that must be known while building. */
function known(call: Call, g: GraphBuilder, index: number, what: string): readonly Dimension[] {
  const values = g.valuesOf(need(call, index));
  if (!values) throw new Error(`${describe(call)}: ${what} must be known while the graph is built`);
  return values;
}

function knownNumbers(call: Call, g: GraphBuilder, index: number, what: string): number[] {
  return known(call, g, index, what).map((value) => {
    if (typeof value === "string")
      throw new Error(`${describe(call)}: ${what} depend on the symbolic size "${value}"`);
    return value;
  });
}

/** The first input's known elements, for operators that only change the shape of a list of numbers. */
function passValues(call: Call, g: GraphBuilder): readonly Dimension[] | undefined {
  const x = need(call, 0);
  const count = product(x.shape);
  return isFloat(x.dtype) || typeof count === "string" || count > FOLD_LIMIT ? undefined : g.valuesOf(x);
}

/** Picks known elements: `from` tells where in an input of `shape` the element at a place of the output lies. */
function pick(
  values: readonly Dimension[] | undefined,
  shape: readonly Dimension[],
  result: readonly Dimension[],
  from: (place: readonly number[]) => readonly number[],
): readonly Dimension[] | undefined {
  if (!values || !isStatic(shape) || !isStatic(result)) return undefined;
  return places(result).map(
    (place) => values[from(place).reduce((flat, at, axis) => flat * shape[axis] + at, 0)],
  );
}

const like: OperatorRule["gradient"] = ({ g, grad, input }) => [reshapeLike(g, grad, input(0))];

const reshape: OperatorRule = {
  infer: (call, g) => {
    const x = keepsFirst(call);
    const wanted = g.valuesOf(need(call, 1));
    if (!wanted) {
      const rank = fixedSize(need(call, 1), 0, describe(call));
      return [{ dtype: x.dtype, shape: Array.from({ length: rank }, () => g.freshDimension("reshaped")) }];
    }
    const copyZero = number(call, "allowzero", 0) === 0;
    const shape = wanted.map((size, axis) => (size === 0 && copyZero ? x.shape[axis] : size));
    const open = shape.indexOf(-1);
    if (open >= 0) {
      const rest = product(shape.filter((_, axis) => axis !== open));
      const missing = quotient(product(x.shape), rest);
      if (missing === undefined && isStatic(x.shape) && typeof rest === "number") {
        throw new Error(`${describe(call)}: ${showShape(x.shape)} cannot become ${showShape(wanted)}`);
      }
      shape[open] = missing ?? g.freshDimension("reshaped");
    } else if (isStatic(x.shape) && isStatic(shape) && product(x.shape) !== product(shape)) {
      throw new Error(`${describe(call)}: ${showShape(x.shape)} cannot become ${showShape(shape)}`);
    }
    return [{ dtype: x.dtype, shape }];
  },
  fold: passValues,
  gradient: like,
};

const flatten: OperatorRule = {
  infer: (call) => {
    const x = keepsFirst(call);
    const given = number(call, "axis", 1);
    const axis = given < 0 ? given + x.shape.length : given;
    return [{ dtype: x.dtype, shape: [product(x.shape.slice(0, axis)), product(x.shape.slice(axis))] }];
  },
  gradient: like,
};

const squeeze: OperatorRule = {
  infer: (call, g) => {
    const x = keepsFirst(call);
    const axes = call.inputs[1]
      ? knownNumbers(call, g, 1, "axes").map((axis) => normalAxis(axis, x.shape.length, describe(call)))
      : x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
    for (const axis of axes) {
      const size = x.shape[axis];
      if (typeof size === "number" && size !== 1) {
        throw new Error(`${describe(call)}: axis ${axis} of ${showShape(x.shape)} is not 1`);
      }
    }
    return [{ dtype: x.dtype, shape: x.shape.filter((_, axis) => !axes.includes(axis)) }];
  },
  fold: passValues,
  gradient: like,
};

const unsqueeze: OperatorRule = {
  infer: (call, g) => {
    const x = keepsFirst(call);
    const axes = knownNumbers(call, g, 1, "axes");
    const rank = x.shape.length + axes.length;
    const added = new Set(axes.map((axis) => normalAxis(axis, rank, describe(call))));
    const rest = [...x.shape];
    return [
      {
        dtype: x.dtype,
        shape: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() as Dimension))),
      },
    ];
  },
  fold: passValues,
  gradient: like,
};

function permutation(call: Call): readonly number[] {
  const x = keepsFirst(call);
  return numbers(call, "perm") ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
}

const transpose: OperatorRule = {
  infer: (call) => {
    const x = keepsFirst(call);
    const order = permutation(call);
    if (order.length !== x.shape.length || new Set(order).size !== order.length) {
      throw new Error(`${describe(call)}: [${order}] does not order the axes of ${showShape(x.shape)}`);
    }
    return [{ dtype: x.dtype, shape: order.map((from) => x.shape[from]) }];
  },
  fold: (call, g) => {
    const order = permutation(call);
    const { shape } = keepsFirst(call);
    return pick(
      passValues(call, g),
      shape,
      order.map((axis) => shape[axis]),
      (place) => shape.map((_, axis) => place[order.indexOf(axis)]),
    );
  },
  gradient: ({ g, node, grad }) => {
    const order = permutation(node);
    return [
      g.transpose(
        grad,
        order.map((_, axis) => order.indexOf(axis)),
      ),
    ];
  },
};

const concat: OperatorRule = {
  infer: (call) => {
    const parts = call.inputs.map((_, index) => need(call, index));
    const rank = parts[0].shape.length;
    const axis = normalAxis(number(call, "axis", 0), rank, describe(call));
    for (const part of parts) {
      const fits =
        part.shape.length === rank &&
        part.shape.every((size, at) => {
          const first = parts[0].shape[at];
          return at === axis || typeof size === "string" || typeof first === "string" || size === first;
        });
      if (!fits) {
        throw new Error(
          `${describe(call)}: ${parts.map((p) => showShape(p.shape)).join(", ")} do not fit together`,
        );
      }
    }
    const sizes = parts.map((part) => part.shape[axis]);
    const total = isStatic(sizes) ? (sizes as number[]).reduce((a, b) => a + b, 0) : sizes.join("+");
    return [{ dtype: parts[0].dtype, shape: parts[0].shape.map((size, at) => (at === axis ? total : size)) }];
  },
  fold: (call, g) => {
    if (isFloat(keepsFirst(call).dtype) || keepsFirst(call).shape.length !== 1) return undefined;
    const parts = call.inputs.map((input) => input && g.valuesOf(input));
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  },
  gradient: ({ g, node, grad, input, wants }) => {
    const axis = normalAxis(number(node, "axis", 0), grad.shape.length, describe(node));
    let start = 0;
    return node.inputs.map((_, index) => {
      const size = fixedSize(input(index), axis, describe(node));
      const part = wants(index) ? g.slice(grad, axis, start, start + size) : undefined;
      start += size;
      return part;
    });
  },
};

interface Range {
  axis: number;
  start: number;
  step: number;
  /** Elements taken; undefined when the axis has a symbolic size that matters. */
  count: number | undefined;
}

/** The ranges that a Slice takes, with NumPy's clamping. */
function ranges(call: Call, g: GraphBuilder): Range[] {
  const x = keepsFirst(call);
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
    if (typeof to === "string") return { axis, start: from, step, count: undefined };
    if (typeof size === "string") {
      const fixed = step > 0 && from >= 0 && to >= 0 && to < 2 ** 31;
      return { axis, start: from, step, count: fixed ? Math.ceil((to - from) / step) : undefined };
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
    const x = keepsFirst(call);
    const shape = [...x.shape];
    for (const { axis, start, step, count } of ranges(call, g)) {
      const all = start === 0 && step === 1 && count === undefined;
      const end = g.valuesOf(need(call, 2))?.[0];
      if (all && (end === shape[axis] || (typeof end === "number" && end >= 2 ** 31 - 1))) continue;
      shape[axis] = count ?? g.freshDimension("sliced");
    }
    return [{ dtype: x.dtype, shape }];
  },
  fold: (call, g) => {
    const taken = ranges(call, g);
    const result: Dimension[] = [...keepsFirst(call).shape];
    for (const { axis, count } of taken) result[axis] = count ?? "?";
    return pick(passValues(call, g), keepsFirst(call).shape, result, (place) => {
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
      if (start === 0 && step === 1 && (count === undefined || count === x.shape[axis])) continue;
      const size = fixedSize(x, axis, describe(node));
      if (count === undefined || count === 0) return [zerosLike(g, x)];
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
export function stuffZeros(g: GraphBuilder, x: Tensor, axis: number, stride: number): Tensor {
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

function splitSizes(call: Call, g: GraphBuilder): Dimension[] {
  const x = keepsFirst(call);
  const axis = normalAxis(number(call, "axis", 0), x.shape.length, describe(call));
  if (call.inputs[1]) return [...known(call, g, 1, "the sizes of the parts")];
  const size = fixedSize(x, axis, describe(call));
  const part = Math.ceil(size / call.outputCount);
  return Array.from({ length: call.outputCount }, (_, i) => Math.min(part, size - i * part));
}

const split: OperatorRule = {
  // Without sizes the number of parts must be said since operator set 18.
  prepare: (call) =>
    call.inputs[1] ? call : { ...call, attributes: { ...call.attributes, num_outputs: call.outputCount } },
  infer: (call, g) => {
    const x = keepsFirst(call);
    const axis = normalAxis(number(call, "axis", 0), x.shape.length, describe(call));
    return splitSizes(call, g).map((part) => ({
      dtype: x.dtype,
      shape: x.shape.map((size, at) => (at === axis ? part : size)),
    }));
  },
  gradient: ({ g, node, grads, input }) => {
    const axis = normalAxis(number(node, "axis", 0), input(0).shape.length, describe(node));
    return [
      g.concat(
        grads.map((grad, index) => grad ?? zerosLike(g, node.outputs[index])),
        axis,
      ),
    ];
  },
};

function padding(call: Call, g: GraphBuilder): { before: number[]; after: number[] } {
  const x = keepsFirst(call);
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
    const x = keepsFirst(call);
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

const expand: OperatorRule = {
  infer: (call, g) => {
    const x = keepsFirst(call);
    const wanted = known(call, g, 1, "the shape");
    const rank = Math.max(x.shape.length, wanted.length);
    const at = (shape: readonly Dimension[], axis: number) => shape[axis - rank + shape.length] ?? 1;
    const shape = Array.from({ length: rank }, (_, axis) => {
      const [own, other] = [at(x.shape, axis), at(wanted, axis)];
      if (own !== 1 && other !== 1 && typeof own === "number" && typeof other === "number" && own !== other) {
        throw new Error(`${describe(call)}: ${showShape(x.shape)} does not expand to ${showShape(wanted)}`);
      }
      return own === 1 ? other : own;
    });
    return [{ dtype: x.dtype, shape }];
  },
  fold: (call, g) => {
    const values = passValues(call, g);
    const wanted = g.valuesOf(need(call, 1));
    if (values?.length !== 1 || !wanted || !isStatic(wanted)) return undefined;
    const count = product(wanted) as number;
    return count <= FOLD_LIMIT ? Array.from({ length: count }, () => values[0]) : undefined;
  },
  lazy: true,
  gradient: ({ g, output, grad, input }) => [reduceTo(g, grad, output, input(0))],
};

const tile: OperatorRule = {
  infer: (call, g) => {
    const x = keepsFirst(call);
    const repeats = knownNumbers(call, g, 1, "repeats");
    return [{ dtype: x.dtype, shape: x.shape.map((size, axis) => product([size, repeats[axis]])) }];
  },
  gradient: ({ g, node, grad, input }) => {
    const x = input(0);
    const repeats = knownNumbers(node, g, 1, "repeats");
    const shape = x.shape.flatMap((size, axis) => [repeats[axis], typeof size === "number" ? size : -1]);
    return [
      g.reduceSum(
        g.reshape(grad, shape),
        x.shape.map((_, axis) => 2 * axis),
      ),
    ];
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
    if (!values || !indices || !isStatic(indices) || keepsFirst(call).shape.length !== 1) return undefined;
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

const gatherElements: OperatorRule = {
  infer: (call) => [{ dtype: keepsFirst(call).dtype, shape: need(call, 1).shape }],
  gradient: ({ g, node, grad, input }) => [
    g.op("ScatterElements", [zerosLike(g, input(0)), input(1), grad], {
      axis: number(node, "axis", 0),
      reduction: "add",
    }),
  ],
};

const scatter: OperatorRule = {
  infer: (call) => [{ dtype: keepsFirst(call).dtype, shape: keepsFirst(call).shape }],
};

const shapeOperator: OperatorRule = {
  infer: (call) => {
    const [start, end] = shapeRange(call);
    return [{ dtype: "int64", shape: [Math.max(0, end - start)] }];
  },
  fold: (call) => keepsFirst(call).shape.slice(...shapeRange(call)),
  gradient: noGradient,
  lazy: true,
};

function shapeRange(call: Call): [number, number] {
  const rank = keepsFirst(call).shape.length;
  const clamp = (at: number) => Math.min(rank, Math.max(0, at < 0 ? at + rank : at));
  return [clamp(number(call, "start", 0)), clamp(number(call, "end", rank))];
}

const sizeOperator: OperatorRule = {
  infer: () => [{ dtype: "int64", shape: [] }],
  fold: (call) => [product(keepsFirst(call).shape)],
  gradient: noGradient,
  lazy: true,
};

const constantOfShape: OperatorRule = {
  infer: (call, g) => {
    const value = call.attributes.value as TensorValue | undefined;
    const shape = g.valuesOf(need(call, 0));
    const rank = need(call, 0).shape[0];
    if (!shape && typeof rank !== "number")
      throw new Error(`${describe(call)}: the number of dimensions is unknown`);
    return [
      {
        dtype: value?.dtype ?? "float32",
        shape: shape ?? Array.from({ length: rank as number }, () => g.freshDimension("size")),
      },
    ];
  },
  fold: (call, g) => {
    const value = call.attributes.value as TensorValue | undefined;
    const shape = g.valuesOf(need(call, 0));
    if (!value || isFloat(value.dtype) || !shape || !isStatic(shape)) return undefined;
    const count = product(shape) as number;
    return count <= FOLD_LIMIT ? Array.from({ length: count }, () => toNumbers(value.data)[0]) : undefined;
  },
  gradient: noGradient,
  lazy: true,
};

const range: OperatorRule = {
  infer: (call, g) => {
    const [start, limit, delta] = [0, 1, 2].map((index) => g.valuesOf(need(call, index))?.[0]);
    const fixed = [start, limit, delta].every((value) => typeof value === "number");
    const count = fixed ? Math.max(0, Math.ceil((Number(limit) - Number(start)) / Number(delta))) : undefined;
    const plain = start === 0 && delta === 1 && typeof limit === "string" ? limit : g.freshDimension("range");
    return [{ dtype: need(call, 0).dtype, shape: [count ?? plain] }];
  },
  fold: (call, g) => {
    const [start, limit, delta] = [0, 1, 2].map((index) => g.valuesOf(need(call, index))?.[0]);
    if (typeof start !== "number" || typeof limit !== "number" || typeof delta !== "number") return undefined;
    if (isFloat(need(call, 0).dtype)) return undefined;
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    return count <= FOLD_LIMIT ? Array.from({ length: count }, (_, i) => start + i * delta) : undefined;
  },
  gradient: noGradient,
  lazy: true,
};

const oneHot: OperatorRule = {
  infer: (call, g) => {
    const indices = need(call, 0);
    const depth = g.valuesOf(need(call, 1))?.[0] ?? g.freshDimension("depth");
    const axis = normalAxis(number(call, "axis", -1), indices.shape.length + 1, describe(call));
    return [
      {
        dtype: need(call, 2).dtype,
        shape: [...indices.shape.slice(0, axis), depth, ...indices.shape.slice(axis)],
      },
    ];
  },
  gradient: noGradient,
  lazy: true,
};

/** Blocks of channels to pixels and back: both are permutations, so each is the other's gradient. */
function rearrange(inverse: string, deeper: boolean): OperatorRule {
  return {
    infer: (call) => {
      const x = keepsFirst(call);
      const block = number(call, "blocksize", 1);
      const [n, c, h, w] = x.shape;
      const times = (size: Dimension) => product([size, block]);
      const parts = (size: Dimension, by: number) => {
        const part = quotient(size, by);
        if (part === undefined) throw new Error(`${describe(call)}: ${size} is no multiple of ${by}`);
        return part;
      };
      const shape = deeper
        ? [n, times(times(c)), parts(h, block), parts(w, block)]
        : [n, parts(c, block * block), times(h), times(w)];
      return [{ dtype: x.dtype, shape }];
    },
    gradient: ({ g, node, grad }) => {
      if (text(node, "mode", "DCR") !== "DCR") {
        throw new Error(`Cannot differentiate ${describe(node)}: only mode DCR is supported`);
      }
      return [g.op(inverse, [grad], { blocksize: number(node, "blocksize", 1) })];
    },
  };
}

export const shapeFamily: OperatorFamily = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Split: split,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Gather: gather,
  GatherElements: gatherElements,
  ScatterElements: scatter,
  ScatterND: scatter,
  Shape: shapeOperator,
  Size: sizeOperator,
  ConstantOfShape: constantOfShape,
  Range: range,
  OneHot: oneHot,
  DepthToSpace: rearrange("SpaceToDepth", false),
  SpaceToDepth: rearrange("DepthToSpace", true),
};

import { reduceTo, reshapeLike } from "../broadcast.ts";
import type { GraphBuilder } from "../builder.ts";
import { describe, need, number, type OperatorFamily, type OperatorRule } from "../rule.ts";
import { broadcastShapes, isStatic, product, showShape } from "../shapes.ts";
import type { Call, Dimension, Tensor } from "../types.ts";

/** Swaps the last two axes. */
function swapLast(g: GraphBuilder, x: Tensor): Tensor {
  const rank = x.shape.length;
  const order = x.shape.map((_, axis) => axis);
  return g.transpose(x, [...order.slice(0, -2), rank - 1, rank - 2]);
}

/** All axes but the last as one. */
function rows(g: GraphBuilder, x: Tensor): Tensor {
  if (x.shape.length === 2) return x;
  const columns = x.shape.at(-1);
  if (typeof columns === "number") return g.reshape(x, [-1, columns]);
  return g.op("Flatten", [x], { axis: x.shape.length - 1 });
}

function requireEqual(call: Call, a: Dimension, b: Dimension): void {
  if (typeof a === "number" && typeof b === "number" && a !== b) {
    const shapes = call.inputs.map((input) => input && showShape(input.shape));
    throw new Error(`${describe(call)}: inner sizes ${a} and ${b} differ (${shapes.join(" times ")})`);
  }
}

const matmul: OperatorRule = {
  infer: (call) => {
    const [a, b] = [need(call, 0), need(call, 1)];
    if (a.shape.length === 0 || b.shape.length === 0)
      throw new Error(`${describe(call)}: operands may not be scalars`);
    const left = a.shape.length === 1 ? [1, a.shape[0]] : a.shape;
    const right = b.shape.length === 1 ? [b.shape[0], 1] : b.shape;
    requireEqual(call, left.at(-1) as Dimension, right.at(-2) as Dimension);
    const batch = broadcastShapes([left.slice(0, -2), right.slice(0, -2)], describe(call));
    const shape = [...batch];
    if (a.shape.length > 1) shape.push(left.at(-2) as Dimension);
    if (b.shape.length > 1) shape.push(right.at(-1) as Dimension);
    return [{ dtype: a.dtype, shape }];
  },
  gradient: ({ g, grad, input, wants }) => {
    const [a, b] = [input(0), input(1)];
    // Vectors become matrices of one row or column first.
    const left = a.shape.length === 1 ? g.op("Unsqueeze", [a, g.int64([0])]) : a;
    const right = b.shape.length === 1 ? g.op("Unsqueeze", [b, g.int64([1])]) : b;
    let whole = grad;
    if (b.shape.length === 1) whole = g.op("Unsqueeze", [whole, g.int64([whole.shape.length])]);
    if (a.shape.length === 1) whole = g.op("Unsqueeze", [whole, g.int64([whole.shape.length - 1])]);

    const towards = (target: Tensor, matrix: Tensor, full: Tensor): Tensor =>
      reshapeLike(g, reduceTo(g, full, full, matrix), target);
    const forLeft = () => {
      if (right.shape.length === 2 && left.shape.length === 2)
        return g.op("Gemm", [whole, right], { transB: 1 });
      return g.matmul(whole, swapLast(g, right));
    };
    const forRight = () => {
      // One shared matrix for a whole batch: one large product instead of a sum over many small ones.
      if (right.shape.length === 2) return g.op("Gemm", [rows(g, left), rows(g, whole)], { transA: 1 });
      return g.matmul(swapLast(g, left), whole);
    };
    return [
      wants(0) ? towards(a, left, forLeft()) : undefined,
      wants(1) ? towards(b, right, forRight()) : undefined,
    ];
  },
};

const gemm: OperatorRule = {
  infer: (call) => {
    const [a, b] = [need(call, 0), need(call, 1)];
    if (a.shape.length !== 2 || b.shape.length !== 2)
      throw new Error(`${describe(call)}: operands must be matrices`);
    const [m, k] = number(call, "transA", 0) ? [a.shape[1], a.shape[0]] : a.shape;
    const [k2, n] = number(call, "transB", 0) ? [b.shape[1], b.shape[0]] : b.shape;
    requireEqual(call, k, k2);
    return [{ dtype: a.dtype, shape: [m, n] }];
  },
  gradient: ({ g, node, output, grad, input, wants }) => {
    const alpha = number(node, "alpha", 1);
    const beta = number(node, "beta", 1);
    const transA = number(node, "transA", 0);
    const transB = number(node, "transB", 0);
    const product = (a: Tensor, b: Tensor, ta: number, tb: number) =>
      g.op("Gemm", [a, b], { alpha: alpha === 1 ? undefined : alpha, transA: ta, transB: tb });
    return [
      wants(0)
        ? transA
          ? product(input(1), grad, transB, 1)
          : product(grad, input(1), 0, 1 - transB)
        : undefined,
      wants(1)
        ? transB
          ? product(grad, input(0), 1, transA)
          : product(input(0), grad, 1 - transA, 0)
        : undefined,
      wants(2) ? reduceTo(g, g.mul(grad, beta), output, input(2)) : undefined,
    ];
  },
};

/** Multiplies `matrix` [rows, size] onto one axis of `x`: the linear maps along an axis (interpolation) use it. */
export function applyAlong(g: GraphBuilder, x: Tensor, axis: number, matrix: Tensor): Tensor {
  const rank = x.shape.length;
  if (axis === rank - 1) return g.matmul(x, swapLast(g, matrix));
  if (axis === rank - 2) return g.matmul(matrix, x);
  // Fold the axes behind into one, so that the product is one over matrices.
  const behind = product(x.shape.slice(axis + 1));
  const shape = [...x.shape.slice(0, axis + 1), behind];
  const result = [...x.shape.slice(0, axis), matrix.shape[0], ...x.shape.slice(axis + 1)];
  if (!isStatic(shape.slice(1)) || !isStatic(result.slice(1))) {
    throw new Error(`"${x.name}" ${showShape(x.shape)} needs fixed sizes behind its first dimension here`);
  }
  const open = (sizes: readonly Dimension[]) => sizes.map((size) => (typeof size === "number" ? size : -1));
  return g.reshape(g.matmul(matrix, g.reshape(x, open(shape))), open(result));
}

export const matmulFamily: OperatorFamily = { MatMul: matmul, Gemm: gemm };

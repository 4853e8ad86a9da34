/**
 * Operators behind the one that makes a classifier's values: they move, choose or average what is there, so that what was
 * between 0 and 1 stays there, and a class keeps its meaning.
 */
import type { GraphBuilder, Node, Tensor } from "../../models/graph/index.ts";
import { beforeRounding } from "./rounding.ts";

export interface Pooling {
  /** The tensors whose values it takes. */
  readonly of: readonly Tensor[];
  /** Whether any rising function may be applied before it as well as after: it only moves values, or takes the largest or least. */
  readonly monotone: boolean;
  /** The same of other values. */
  again(values: readonly Tensor[]): Tensor;
  /** The same of values that are 1 − what they were, so that the result is 1 − what it was. */
  opposite(values: readonly Tensor[]): Tensor;
}

/** Operators that move their first input's values, and leave them as they are. */
const MOVING = new Set(
  "Identity Cast Reshape Flatten Squeeze Unsqueeze Dropout Clip Transpose Slice Gather Expand".split(" "),
);
const LEAST = { ReduceMax: "ReduceMin", ReduceMin: "ReduceMax", Max: "Min", Min: "Max" } as const;

/** How the values of a tensor come from others; undefined where its operator makes values of its own. */
export function poolingOf(g: GraphBuilder, tensor: Tensor): Pooling | undefined {
  const unrounded = beforeRounding(g, tensor);
  if (unrounded) return { of: [unrounded], monotone: true, again: ([v]) => v, opposite: ([v]) => v };
  const node = g.producer(tensor);
  const [x] = node?.inputs ?? [];
  if (!node || !x || node.outputs[0] !== tensor) return undefined;
  const like = (op: string, count: number) => (values: readonly Tensor[]) =>
    g.op(op, [...values, ...node.inputs.slice(count)], node.attributes);
  /** Means and moves of 1 − x are 1 − those of x. */
  const linear = (op: string, count: number) => {
    const again = like(op, count);
    return { again, opposite: again };
  };
  const all = node.inputs.filter((input) => input !== undefined);
  switch (node.op) {
    case "Concat":
      return { of: all, monotone: true, ...linear("Concat", all.length) };
    case "ReduceMax":
    case "ReduceMin":
      return { of: [x], monotone: true, again: like(node.op, 1), opposite: like(LEAST[node.op], 1) };
    case "Max":
    case "Min":
      return {
        of: all,
        monotone: true,
        again: like(node.op, all.length),
        opposite: like(LEAST[node.op], all.length),
      };
    case "MaxPool": {
      const again = like("MaxPool", 1);
      return {
        of: [x],
        monotone: true,
        again,
        opposite: ([values]) => g.neg(again([g.neg(values)])),
      };
    }
    case "ReduceMean":
      return { of: [x], monotone: false, ...linear("ReduceMean", 1) };
    case "Mean":
      return { of: all, monotone: false, ...linear("Mean", all.length) };
    case "AveragePool":
      if (!unpadded(node)) return undefined;
      return { of: [x], monotone: false, ...linear("AveragePool", 1) };
    case "ReduceSum":
    case "MatMul":
    case "Div":
      return weightedMean(g, node);
    default:
      if (!MOVING.has(node.op)) return undefined;
      // Without its clip: that only kept a logarithm from zero, and no gradient would pass where it bites.
      if (node.op === "Clip") return { of: [x], monotone: true, again: ([v]) => v, opposite: ([v]) => v };
      return { of: [x], monotone: true, ...linear(node.op, 1) };
  }
}

function unpadded({ attributes }: Node): boolean {
  const pads = attributes["pads"];
  return !Array.isArray(pads) || pads.every((pad) => pad === 0);
}

/** Σ w · x with weights from a softmax over the axes of the sum (attention), or Σ w · x / Σ w. */
function weightedMean(g: GraphBuilder, node: Node): Pooling | undefined {
  const mean = (x: Tensor, again: Pooling["again"]): Pooling => ({
    of: [x],
    monotone: false,
    again,
    opposite: again,
  });
  const [a, b] = node.inputs as readonly Tensor[];
  if (node.op === "MatMul") {
    return isSoftmaxOver(g, a, [a.shape.length - 1]) ? mean(b, ([values]) => g.matmul(a, values)) : undefined;
  }
  if (node.op === "Div") {
    const [sum, total] = [g.producer(a), g.producer(b)];
    const product = sum?.inputs[0] && g.producer(sum.inputs[0]);
    const weights = total?.inputs[0];
    if (sum?.op !== "ReduceSum" || total?.op !== "ReduceSum" || product?.op !== "Mul" || !weights)
      return undefined;
    if (`${axesOf(g, sum)}` !== `${axesOf(g, total)}` || !product.inputs.includes(weights)) return undefined;
    const [p, q] = product.inputs as readonly Tensor[];
    const x = p === weights ? q : p;
    return mean(x, ([values]) =>
      g.div(g.op("ReduceSum", [g.mul(values, weights), sum.inputs[1]], sum.attributes), b),
    );
  }
  const axes = axesOf(g, node);
  const product = g.producer(a);
  if (product?.op !== "Mul" || !axes) return undefined;
  const [p, q] = product.inputs as readonly Tensor[];
  const weights = [p, q].find((each) => isSoftmaxOver(g, each, axes));
  if (!weights) return undefined;
  return mean(weights === p ? q : p, ([values]) =>
    g.op("ReduceSum", [g.mul(values, weights), node.inputs[1]], node.attributes),
  );
}

function axesOf(g: GraphBuilder, { inputs: [x, axes] }: Node): readonly number[] | undefined {
  const values = axes && g.valuesOf(axes);
  const rank = x?.shape.length ?? 0;
  return values?.map((axis) => (Number(axis) < 0 ? Number(axis) + rank : Number(axis)));
}

/** Whether numbers sum to one over one of these axes, as a softmax makes them. */
function isSoftmaxOver(g: GraphBuilder, tensor: Tensor, axes: readonly number[]): boolean {
  const node = g.producer(tensor);
  if (node?.op !== "Softmax") return false;
  const axis = Number(node.attributes["axis"] ?? -1);
  return axes.includes(axis < 0 ? axis + tensor.shape.length : axis);
}

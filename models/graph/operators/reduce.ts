import { sizeAlong } from "../broadcast.ts";
import type { GraphBuilder } from "../builder.ts";
import {
  describe,
  type GradientContext,
  need,
  noGradient,
  number,
  type OperatorFamily,
  type OperatorRule,
} from "../rule.ts";
import { normalAxis } from "../shapes.ts";
import type { Call, DataType, Dimension, Tensor, TensorType } from "../types.ts";

/** Axes of a reduction (all when none are named), counted from the start. */
function axesOf(call: Call, g: GraphBuilder): number[] {
  const x = need(call, 0);
  const all = x.shape.map((_, axis) => axis);
  const given = call.inputs[1];
  const values = given && g.valuesOf(given);
  if (given && !values) throw new Error(`${describe(call)}: the axes must be a constant`);
  if (!values || values.length === 0) return number(call, "noop_with_empty_axes", 0) ? [] : all;
  return values
    .map((axis) => normalAxis(axis as number, x.shape.length, describe(call)))
    .sort((a, b) => a - b);
}

function reducedShape(x: Tensor, axes: readonly number[], keep: boolean): Dimension[] {
  return keep
    ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : x.shape.filter((_, axis) => !axes.includes(axis));
}

function inferReduction(call: Call, g: GraphBuilder): TensorType[] {
  const x = need(call, 0);
  return [{ dtype: x.dtype, shape: reducedShape(x, axesOf(call, g), number(call, "keepdims", 1) === 1) }];
}

/** Puts the reduced axes back as ones. `tensor` may itself still be broadcastable, then it is a scalar-like. */
function unreduced(context: GradientContext, tensor: Tensor): Tensor {
  const { g, node, output } = context;
  if (number(node, "keepdims", 1) === 1 || tensor.shape.length === 0) return tensor;
  const x = context.input(0);
  const axes = axesOf(node, g);
  const missing = output.shape.length - tensor.shape.length;
  // Axes of the output that `tensor` lacks are leading ones; those of x before them need not be restored.
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const first = missing > 0 ? kept[missing] : 0;
  const restored = axes.filter((axis) => axis >= first).map((axis) => axis - first);
  return restored.length === 0 ? tensor : g.op("Unsqueeze", [tensor, g.int64(restored)]);
}

function reduction(rule: (context: GradientContext, grad: Tensor, output: Tensor) => Tensor): OperatorRule {
  return {
    infer: inferReduction,
    lazy: true,
    gradient: (context) => [
      rule(context, unreduced(context, context.grad), unreduced(context, context.output)),
    ],
  };
}

/** Extremes: the gradient is split evenly between the elements that attain them (as PyTorch's amax does). */
const extreme = reduction(({ g, node, input }, grad, output) => {
  const x = input(0);
  const hits = g.cast(g.op("Equal", [x, output]), x.dtype);
  const count = g.reduceSum(hits, axesOf(node, g), true);
  return g.mul(hits, g.div(grad, count));
});

/** ArgMax and ArgMin. */
const argument: OperatorRule = {
  infer: (call) => {
    const x = need(call, 0);
    const axis = normalAxis(number(call, "axis", 0), x.shape.length, describe(call));
    return [{ dtype: "int64", shape: reducedShape(x, [axis], number(call, "keepdims", 1) === 1) }];
  },
  gradient: noGradient,
  lazy: true,
};

const product: OperatorRule = {
  infer: inferReduction,
  fold: (call, g) => {
    const values = g.valuesOf(need(call, 0));
    if (need(call, 0).shape.length !== 1 || !values?.every((value) => typeof value === "number"))
      return undefined;
    return [values.reduce((a: number, b) => a * (b as number), 1)];
  },
};

const cumulativeSum: OperatorRule = {
  infer: (call) => {
    const x = need(call, 0);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient: ({ g, node, grad, input }) => [
    g.op("CumSum", [grad, input(1)], {
      exclusive: number(node, "exclusive", 0),
      reverse: 1 - number(node, "reverse", 0),
    }),
  ],
};

const topK: OperatorRule = {
  infer: (call, g) => {
    const x = need(call, 0);
    const count = g.valuesOf(need(call, 1))?.[0] ?? g.freshDimension("k");
    const axis = normalAxis(number(call, "axis", -1), x.shape.length, describe(call));
    const shape = x.shape.map((size, at) => (at === axis ? count : size));
    return [
      { dtype: x.dtype, shape },
      { dtype: "int64" satisfies DataType, shape },
    ];
  },
};

export const reduce: OperatorFamily = {
  ReduceSum: reduction((_, grad) => grad),
  ReduceMean: reduction(({ g, node, input }, grad) =>
    g.div(grad, sizeAlong(g, input(0), axesOf(node, g), grad.dtype)),
  ),
  ReduceSumSquare: reduction(({ g, input }, grad) => g.mul(g.mul(grad, 2), input(0))),
  ReduceL1: reduction(({ g, input }, grad) => g.mul(grad, g.op("Sign", [input(0)]))),
  // Not defined at 0; the tiny floor makes it 0 there, as PyTorch's norm does.
  ReduceL2: reduction(({ g, input }, grad, output) =>
    g.mul(g.div(grad, g.op("Max", [output, g.constant(1e-30, output.dtype)])), input(0)),
  ),
  ReduceLogSumExp: reduction(({ g, input }, grad, output) => g.mul(grad, g.exp(g.sub(input(0), output)))),
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceProd: product,
  ArgMax: argument,
  ArgMin: argument,
  CumSum: cumulativeSum,
  TopK: topK,
};

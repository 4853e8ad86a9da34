/** What goes along axes: sums and means, softmax, norms, running sums. */
import type { Tensor } from "../../../../models/graph/index.ts";
import type { Value } from "../values.ts";
import { axisOf, type Call, type Handler, type Handlers, need, real } from "./call.ts";
import { proportional } from "./convolution.ts";

/** Along the last axis. */
const along =
  (change: (call: Call, x: Tensor) => Tensor): Handler =>
  (call) => {
    const { values } = call;
    const x = real(call, 0);
    const { form, tensor } = values.contiguous(
      x.shape.length === 1 && !values.isFixed(x) ? values.reshaped(x, [1, ...x.shape]) : x,
    );
    const result = values.value(form, change(call, tensor), x.shape.length === 1 ? 1 : x.shape[0]);
    return values.reshaped(result, x.shape);
  };

const softmax = along(({ g, options }, x) =>
  g.op("Softmax", [options["beta"] && options["beta"] !== 1 ? g.mul(x, options["beta"]) : x], { axis: -1 }),
);

const norm = along(({ g }, x) => {
  const square = g.reduceSum(g.mul(x, x), [-1], true);
  // As in the file's own, so that silence is no division by nothing.
  return g.div(x, g.sqrt(g.op("Max", [square, g.constant(1e-12)])));
});

type Reduce = (g: Call["g"], x: Tensor, axes: number[], keep: boolean) => Tensor;

function reduced(call: Call, x: Value, axes: readonly number[], reduce: Reduce): Value {
  const { g, values } = call;
  const keep = Boolean(call.options["keepDimensions"]);
  const { shape } = x;
  if (axes.length === 0) return x;
  if (values.isFixed(x)) return values.fixed(reduce(g, values.as(x, "fixed"), [...axes], keep));
  const left = shape.filter((_, axis) => !axes.includes(axis));
  const whole = axes.includes(1) && axes.includes(2);
  if (x.tensors.has("planes") && !axes.includes(0) && (keep || whole || axes.join() === "3")) {
    const inPlanes = axes.map((axis) => [0, 2, 3, 1][axis]).sort((a, b) => a - b);
    return values.value(
      keep ? "planes" : "merged",
      reduce(g, values.as(x, "planes"), inPlanes, keep),
      shape[0],
    );
  }
  if (!axes.includes(0))
    return values.value("merged", reduce(g, values.as(x, "merged"), [...axes], keep), shape[0]);
  const apart = reduce(
    g,
    values.as(x, "apart"),
    axes.map((axis) => axis + 1),
    keep,
  );
  return values.reshaped(
    values.value("apart", apart),
    keep ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size)) : left,
  );
}

const reduction =
  (reduce: Reduce, inProportion = false): Handler =>
  (call) => {
    const { values, inputs } = call;
    const x = need(call, 0);
    const given = values.numbers(inputs[1], "axes of the reduction");
    const axes = [...new Set(given.map((axis) => axisOf(axis, x.shape.length)))].sort((a, b) => a - b);
    const change = (value: Value) => reduced(call, value, axes, reduce);
    return inProportion ? proportional(call, x, change) : change(values.real(x));
  };

const byName =
  (op: string): Reduce =>
  (g, x, axes, keep) =>
    g.op(op, [x, g.int64(axes)], { keepdims: keep ? 1 : 0 });

const runningSum: Handler = (call) => {
  const { g, values, inputs, options } = call;
  const x = real(call, 0);
  const [given] = values.numbers(inputs[1], "axis of the running sum");
  const axis = axisOf(given, x.shape.length);
  const { exclusive, reverse } = options;
  const form = values.isFixed(x) ? "fixed" : "apart";
  const at = g.constant(form === "fixed" ? axis : axis + 1, "int64");
  return values.value(form, g.op("CumSum", [values.as(x, form), at], { exclusive, reverse }));
};

export const axesHandlers: Handlers = {
  SOFTMAX: softmax,
  LOG_SOFTMAX: along(({ g }, x) => g.op("LogSoftmax", [x], { axis: -1 })),
  L2_NORMALIZATION: norm,
  MEAN: reduction((g, x, axes, keep) => g.reduceMean(x, axes, keep), true),
  SUM: reduction(
    (g, x, axes, keep) =>
      x.dtype === "float32" ? g.reduceSum(x, axes, keep) : byName("ReduceSum")(g, x, axes, keep),
    true,
  ),
  REDUCE_MAX: reduction(byName("ReduceMax")),
  REDUCE_MIN: reduction(byName("ReduceMin")),
  REDUCE_PROD: reduction(byName("ReduceProd")),
  CUMSUM: runningSum,
};

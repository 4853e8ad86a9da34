/** Attention of operator set 23 on, in the products and the softmax that it stands for. */
import type { GraphBuilder } from "../builder.ts";
import { describe, need, number, type OperatorFamily } from "../rule.ts";
import { fixedSize, showShape } from "../shapes.ts";
import type { Call, Tensor, TensorType } from "../types.ts";
import { composed, refuseInputs } from "./composed.ts";

/** [B, S, heads · size] to [B, heads, S, size]; four axes stay. */
function heads(g: GraphBuilder, x: Tensor, count: number): Tensor {
  if (x.shape.length === 4) return x;
  return g.transpose(g.op("Reshape", [x, g.int64([0, 0, count, -1])]), [0, 2, 1, 3]);
}

/** Each head so many times, one after the other: [B, heads · times, S, size]. */
function repeated(g: GraphBuilder, x: Tensor, times: number): Tensor {
  if (times === 1) return x;
  const count = fixedSize(x, 1, "Attention");
  const places = Array.from({ length: count * times }, (_, k) => Math.floor(k / times));
  return g.op("Gather", [x, g.int64(places)], { axis: 1 });
}

/** 0 where a step may listen to another, −∞ where it may not. */
function maskOf(call: Call, g: GraphBuilder, scores: Tensor): Tensor | undefined {
  const given = call.inputs[3];
  const bias =
    given?.dtype === "bool" ? g.where(given, g.constant(0), g.constant(Number.NEGATIVE_INFINITY)) : given;
  if (number(call, "is_causal", 0) !== 1) return bias;
  const [rows, columns] = [2, 3].map((axis) =>
    fixedSize(scores, axis, `${describe(call)} with is_causal`),
  ) as [number, number];
  if (rows * columns > 2 ** 26)
    throw new Error(`${describe(call)}: ${rows} times ${columns} steps are too many`);
  const later = Float32Array.from({ length: rows * columns }, (_, i) =>
    i % columns > Math.floor(i / columns) ? Number.NEGATIVE_INFINITY : 0,
  );
  const causal = g.constant(later, "float32", [rows, columns]);
  return bias ? g.add(bias, causal) : causal;
}

const attention = composed((call, g) => {
  refuseInputs(call, [
    undefined,
    undefined,
    undefined,
    undefined,
    "past_key",
    "past_value",
    "nonpad_kv_seqlen",
  ]);
  if (call.outputCount > 1) throw new Error(`${describe(call)}: only the first output is supported`);
  for (const name of ["left_window_size", "right_window_size"]) {
    if (number(call, name, -1) >= 0) throw new Error(`${describe(call)}: ${name} is not supported`);
  }
  const [q, k, v] = operands(call);
  const flat = q.shape.length === 3;
  const asked = flat ? number(call, "q_num_heads", 0) : fixedSize(q, 1, describe(call));
  const heard = flat ? number(call, "kv_num_heads", 0) : fixedSize(k, 1, describe(call));
  if (!(asked >= 1 && heard >= 1 && asked % heard === 0))
    throw new Error(`${describe(call)}: ${asked} heads of ${showShape(q.shape)} do not fit ${heard}`);
  const steps = q.shape.length - 2;
  if (
    number(call, "is_causal", 0) === 1 &&
    ![q.shape[steps], k.shape[steps]].every((size) => typeof size === "number")
  )
    return [];
  const queries = heads(g, q, asked);
  const [keys, values] = [k, v].map((x) => repeated(g, heads(g, x, heard), asked / heard)) as [
    Tensor,
    Tensor,
  ];
  const size = fixedSize(queries, 3, describe(call));
  const scale = number(call, "scale", 1 / Math.sqrt(size));
  let scores = g.matmul(g.mul(queries, scale), g.transpose(keys, [0, 1, 3, 2]));
  const cap = number(call, "softcap", 0);
  if (cap > 0) scores = g.mul(g.op("Tanh", [g.mul(scores, 1 / cap)]), cap);
  const mask = maskOf(call, g, scores);
  const weights = g.op("Softmax", [mask ? g.add(scores, mask) : scores], { axis: -1 });
  const found = g.matmul(weights, values);
  if (!flat) return found;
  return g.op("Reshape", [g.transpose(found, [0, 2, 1, 3]), g.int64([0, 0, -1])]);
}, inferAttention);

function operands(call: Call): [Tensor, Tensor, Tensor] {
  return [need(call, 0), need(call, 1), need(call, 2)];
}

function inferAttention(call: Call): TensorType[] {
  const [q, , v] = operands(call);
  const size = v.shape.at(-1)!;
  const times = number(call, "q_num_heads", 1) / number(call, "kv_num_heads", 1);
  const width = q.shape.length === 3 && typeof size === "number" ? size * times : size;
  return [{ dtype: q.dtype, shape: [...q.shape.slice(0, -1), width] }];
}

export const attentionFamily: OperatorFamily = { Attention: attention };

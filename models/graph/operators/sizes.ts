import { describe, need, noGradient, number, type OperatorFamily, type OperatorRule } from "../rule.ts";
import { isStatic, normalAxis, product } from "../shapes.ts";
import { type Call, isFloat, type TensorValue, toNumbers } from "../types.ts";
import { FOLD_LIMIT } from "./known.ts";

const shapeOperator: OperatorRule = {
  infer: (call) => {
    const [start, end] = shapeRange(call);
    return [{ dtype: "int64", shape: [Math.max(0, end - start)] }];
  },
  fold: (call) => need(call, 0).shape.slice(...shapeRange(call)),
  gradient: noGradient,
  lazy: true,
};

function shapeRange(call: Call): [number, number] {
  const rank = need(call, 0).shape.length;
  const clamp = (at: number) => Math.min(rank, Math.max(0, at < 0 ? at + rank : at));
  return [clamp(number(call, "start", 0)), clamp(number(call, "end", rank))];
}

const sizeOperator: OperatorRule = {
  infer: () => [{ dtype: "int64", shape: [] }],
  fold: (call) => [product(need(call, 0).shape)],
  gradient: noGradient,
  lazy: true,
};

const constantOfShape: OperatorRule = {
  infer: (call, g) => {
    const value = call.attributes["value"] as TensorValue | undefined;
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
    const value = call.attributes["value"] as TensorValue | undefined;
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

export const sizes: OperatorFamily = {
  Shape: shapeOperator,
  Size: sizeOperator,
  ConstantOfShape: constantOfShape,
  Range: range,
  OneHot: oneHot,
};

import type { GraphBuilder } from "../builder.ts";
import { describe, need, number, numbers, type OperatorFamily, type OperatorRule, text } from "../rule.ts";
import { fixedSize, normalAxis } from "../shapes.ts";
import type { Call, Dimension, Tensor } from "../types.ts";
import { applyAlong } from "./matmul.ts";

/** What a Resize does along one axis that it changes. */
interface AxisPlan {
  axis: number;
  from: number;
  to: number;
  /** For each output element the input elements and their weights. */
  taps: { at: number; weight: number }[][];
}

function axesOf(call: Call): number[] {
  const x = need(call, 0);
  return (numbers(call, "axes") ?? x.shape.map((_, axis) => axis)).map((axis) =>
    normalAxis(axis, x.shape.length, describe(call)),
  );
}

/** Scale and size of every axis that is named; sizes may stay symbolic where the scale is 1. */
function targets(call: Call, g: GraphBuilder): { axis: number; scale: number; size: Dimension }[] {
  const x = need(call, 0);
  const axes = axesOf(call);
  const [, , scalesInput, sizesInput] = call.inputs;
  if (sizesInput) {
    if (text(call, "keep_aspect_ratio_policy", "stretch") !== "stretch") {
      throw new Error(`${describe(call)}: keep_aspect_ratio_policy is not supported`);
    }
    const sizes = g.valuesOf(sizesInput);
    if (!sizes) throw new Error(`${describe(call)}: the sizes must be known while the graph is built`);
    return axes.map((axis, i) => {
      const size = sizes[i];
      if (size === x.shape[axis]) return { axis, scale: 1, size };
      if (typeof size === "string")
        throw new Error(`${describe(call)}: the size ${size} must be a fixed number`);
      return { axis, scale: Math.fround(size / fixedSize(x, axis, describe(call))), size };
    });
  }
  const scales = scalesInput && g.constantOf(scalesInput);
  if (!scales) throw new Error(`${describe(call)}: the scales must be constants`);
  return axes.map((axis, i) => {
    const scale = Number(scales.data[i]);
    const size = x.shape[axis];
    if (scale === 1) return { axis, scale, size };
    return {
      axis,
      scale,
      size: typeof size === "number" ? Math.floor(size * scale) : g.freshDimension("resized"),
    };
  });
}

/** Where an output element lies in the input, computed in single precision as runtimes do. */
function coordinate(mode: string, at: number, scale: number, from: number, to: number): number {
  const f = Math.fround;
  switch (mode) {
    case "asymmetric":
      return f(at / scale);
    case "half_pixel":
      return f(f((at + 0.5) / scale) - 0.5);
    case "pytorch_half_pixel":
      return to > 1 ? f(f((at + 0.5) / scale) - 0.5) : 0;
    case "align_corners":
      return to === 1 ? 0 : f((at * (from - 1)) / (to - 1));
    default:
      throw new Error(`coordinate_transformation_mode "${mode}" is not supported`);
  }
}

function nearest(mode: string, place: number): number {
  switch (mode) {
    case "round_prefer_floor":
      return Math.ceil(place - 0.5);
    case "round_prefer_ceil":
      return Math.floor(place + 0.5);
    case "floor":
      return Math.floor(place);
    case "ceil":
      return Math.ceil(place);
    default:
      throw new Error(`nearest_mode "${mode}" is not supported`);
  }
}

/** The linear map along each axis that changes. */
function plans(call: Call, g: GraphBuilder): AxisPlan[] {
  const x = need(call, 0);
  const mode = text(call, "mode", "nearest");
  const transformation = text(call, "coordinate_transformation_mode", "half_pixel");
  if (mode !== "nearest" && mode !== "linear") {
    throw new Error(`Cannot differentiate ${describe(call)}: mode "${mode}" is not supported`);
  }
  if (number(call, "antialias", 0) === 1) {
    throw new Error(`Cannot differentiate ${describe(call)}: antialias is not supported`);
  }
  return targets(call, g)
    .filter(({ axis, size }) => size !== x.shape[axis])
    .map(({ axis, scale, size }) => {
      const from = fixedSize(x, axis, describe(call));
      const to = size as number;
      const clamp = (at: number) => Math.min(from - 1, Math.max(0, at));
      const taps = Array.from({ length: to }, (_, at) => {
        const place = coordinate(transformation, at, scale, from, to);
        if (mode === "nearest") {
          return [{ at: clamp(nearest(text(call, "nearest_mode", "round_prefer_floor"), place)), weight: 1 }];
        }
        const inside = clamp(place);
        const low = Math.floor(inside);
        const part = inside - low;
        return part === 0
          ? [{ at: low, weight: 1 }]
          : [
              { at: low, weight: 1 - part },
              { at: Math.min(low + 1, from - 1), weight: part },
            ];
      });
      return { axis, from, to, taps };
    });
}

/** The factor if every element is simply repeated that often, in order. */
function repetition({ from, to, taps }: AxisPlan): number | undefined {
  const factor = to / from;
  if (!Number.isInteger(factor)) return undefined;
  const plain = taps.every((list, at) => list.length === 1 && list[0].at === Math.floor(at / factor));
  return plain ? factor : undefined;
}

const resize: OperatorRule = {
  infer: (call, g) => {
    const x = need(call, 0);
    const shape = [...x.shape];
    for (const { axis, size } of targets(call, g)) shape[axis] = size;
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ g, node, grad, input }) => {
    const x = input(0);
    const changed = plans(node, g);
    const factors = changed.map(repetition);
    const spatial = changed.every(({ axis }) => axis >= 2);
    if (spatial && factors.every((factor) => factor !== undefined)) {
      // Repeated elements: add up each block, as an average times its size.
      const kernel = x.shape.slice(2).map(() => 1);
      for (const [i, { axis }] of changed.entries()) kernel[axis - 2] = factors[i] as number;
      const mean = g.op("AveragePool", [grad], { kernel_shape: kernel, strides: kernel });
      return [
        g.mul(
          mean,
          kernel.reduce((a, b) => a * b, 1),
        ),
      ];
    }
    // Otherwise the transposed interpolation, one small constant matrix an axis; the last axis first.
    let result = grad;
    for (const { axis, from, to, taps } of changed.reverse()) {
      const transposed = new Float32Array(from * to);
      for (const [row, list] of taps.entries())
        for (const { at, weight } of list) transposed[at * to + row] += weight;
      result = applyAlong(g, result, axis, g.constant(transposed, "float32", [from, to]));
    }
    return [result];
  },
};

/** Repeats every element `factors[i]` times along the spatial axis i. */
export function enlarge(g: GraphBuilder, x: Tensor, factors: readonly number[]): Tensor {
  if (factors.every((factor) => factor === 1)) return x;
  return g.op("Resize", [x, undefined, g.constant([1, 1, ...factors], "float32")], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}

export const resizeFamily: OperatorFamily = { Resize: resize };

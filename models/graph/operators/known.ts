// What is known of integer tensors while a graph is built: sizes, axes, pads and the arithmetic on them.
import type { GraphBuilder } from "../builder.ts";
import { describe, need } from "../rule.ts";
import { broadcastShapes, isStatic, places, product } from "../shapes.ts";
import { type Call, type Dimension, isFloat } from "../types.ts";

/** Shape arithmetic is small; larger integer tensors are data and stay in the graph. */
export const FOLD_LIMIT = 4096;

/** Values of an integer input that must be known while building. */
export function known(call: Call, g: GraphBuilder, index: number, what: string): readonly Dimension[] {
  const values = g.valuesOf(need(call, index));
  if (!values) throw new Error(`${describe(call)}: ${what} must be known while the graph is built`);
  return values;
}

export function knownNumbers(call: Call, g: GraphBuilder, index: number, what: string): number[] {
  return known(call, g, index, what).map((value) => {
    if (typeof value === "string")
      throw new Error(`${describe(call)}: ${what} depend on the symbolic size "${value}"`);
    return value;
  });
}

/** The first input's known elements, for operators that only change the shape of a list of numbers. */
export function passValues(call: Call, g: GraphBuilder): readonly Dimension[] | undefined {
  const x = need(call, 0);
  const count = product(x.shape);
  return isFloat(x.dtype) || typeof count === "string" || count > FOLD_LIMIT ? undefined : g.valuesOf(x);
}

/** Picks known elements: `from` tells where in an input of `shape` the element at a place of the output lies. */
export function pick(
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

/**
 * Known elements of operands as they meet under broadcasting, a row for each element of the result; undefined where a size is
 * a name.
 */
export function broadcastElements(
  operands: readonly (readonly Dimension[])[],
  shapes: readonly (readonly Dimension[])[],
  where: string,
): readonly (readonly Dimension[])[] | undefined {
  const result = broadcastShapes(shapes, where);
  if (!isStatic(result) || !shapes.every(isStatic) || (product(result) as number) > FOLD_LIMIT)
    return undefined;
  return places(result).map((place) =>
    operands.map((values, index) => {
      const shape = shapes[index] as readonly number[];
      const own = place.slice(place.length - shape.length);
      return values[own.reduce((flat, at, axis) => flat * shape[axis]! + (shape[axis] === 1 ? 0 : at), 0)]!;
    }),
  );
}

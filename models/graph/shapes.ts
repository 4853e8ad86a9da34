import type { Dimension, Shape, Tensor } from "./types.ts";

export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((size) => typeof size === "number");
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** 1 GiB in single precision: no tensor of a classifier of sounds comes near, and what lies above is a mistake or an attack. */
const MOST_ELEMENTS = 2 ** 28;
const MOST_DIMENSIONS = 64;
/** Sums and products of names grow with the graph, twice as long from node to node in the worst. */
const LONGEST_SIZE = 4096;

/** How many elements there are for each of what the names stand for. */
export function elementsOf(shape: Shape): number {
  return shape.reduce<number>((count, size) => (typeof size === "number" ? count * size : count), 1);
}

/**
 * @param where begins the message.
 * @throws Error when no machine has, or should have, a tensor of that shape.
 */
export function checkShape(shape: Shape, where: string): void {
  if (shape.length > MOST_DIMENSIONS) throw new Error(`${where} has ${shape.length} dimensions`);
  for (const size of shape) {
    if (typeof size === "number" ? Number.isInteger(size) && size >= 0 : size.length <= LONGEST_SIZE)
      continue;
    const what = typeof size === "number" ? `the size ${size}` : "a size that is too long a sum of names";
    throw new Error(`${where} has ${what}; give the graph's inputs fixed shapes`);
  }
  const count = elementsOf(shape);
  if (count > MOST_ELEMENTS) {
    throw new Error(`${where} has ${count} elements ${showShape(shape)}; ${MOST_ELEMENTS} are the most`);
  }
}

/** All index tuples of a shape, row-major. */
export function places(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (list, size) => list.flatMap((place) => Array.from({ length: size }, (_, at) => [...place, at])),
    [[]],
  );
}

/** Text for messages: `[B, 128, 257]`. */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Turns an axis counted from the end (negative) into one counted from the start. */
export function normalAxis(axis: number, rank: number, where: string): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= Math.max(rank, 1)) {
    throw new Error(`${where}: axis ${axis} is outside a tensor of ${rank} dimensions`);
  }
  return normal;
}

/** Product of dimensions; a symbolic product is a name such as `"4*B"`, the same for the same factors. */
export function product(dimensions: Shape): Dimension {
  let factor = 1;
  const names: string[] = [];
  for (const size of dimensions) {
    if (typeof size === "number") factor *= size;
    else {
      for (const part of size.split("*")) {
        if (/^\d+$/.test(part)) factor *= Number(part);
        else names.push(part);
      }
    }
  }
  if (names.length === 0 || factor === 0) return factor;
  return [...(factor === 1 ? [] : [String(factor)]), ...names.sort()].join("*");
}

/** `whole / part` where it comes out even, names cancelling; otherwise undefined. */
export function quotient(whole: Dimension, part: Dimension): Dimension | undefined {
  const split = (size: Dimension) => {
    const parts = String(size).split("*");
    return {
      factor: parts.filter((p) => /^\d+$/.test(p)).reduce((a, p) => a * Number(p), 1),
      names: parts.filter((p) => !/^\d+$/.test(p)),
    };
  };
  const a = split(whole);
  const b = split(part);
  for (const name of b.names) {
    const at = a.names.indexOf(name);
    if (at < 0) return undefined;
    a.names.splice(at, 1);
  }
  if (b.factor === 0 || a.factor % b.factor !== 0) return undefined;
  return product([a.factor / b.factor, ...a.names]);
}

/** A size that is one of two names, nobody knows which: they may be equal, or one may be 1. */
function either(a: string, b: string): string {
  return [...new Set([...a.split("|"), ...b.split("|")])].sort().join("|");
}

/** Shape of an element-wise result under ONNX (NumPy) broadcasting. */
export function broadcastShapes(shapes: readonly Shape[], where: string): Dimension[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dimension = 1;
    for (const shape of shapes) {
      const size = shape[axis - rank + shape.length] ?? 1;
      if (size === 1 || size === result) continue;
      if (result === 1) result = size;
      else if (typeof result === "string" && typeof size === "string") result = either(result, size);
      else if (typeof result === "string") result = size;
      else if (typeof result === "number" && typeof size === "number") {
        throw new Error(`${where}: shapes ${shapes.map(showShape).join(" and ")} do not broadcast`);
      }
    }
    return result;
  });
}

/** A dimension that must be a number here; `what` says why in the message. */
export function fixedSize(tensor: Tensor, axis: number, what: string): number {
  const size = tensor.shape[axis];
  if (typeof size !== "number") {
    throw new Error(
      `${what}: dimension ${axis} of "${tensor.name}" ${showShape(tensor.shape)} must be a fixed number; ` +
        "give the graph's inputs fixed shapes",
    );
  }
  return size;
}

/** What an operator of the file is turned into others with. */
import type { GraphBuilder, Tensor } from "../../../../models/graph/index.ts";
import type { FileTensor } from "../model.ts";
import type { Options } from "../schema.ts";
import type { Value, Values } from "../values.ts";

export interface Call {
  readonly op: string;
  readonly g: GraphBuilder;
  readonly values: Values;
  /** Those that are left out are undefined. */
  readonly inputs: readonly (Value | undefined)[];
  /** As the file describes them. */
  readonly outputs: readonly FileTensor[];
  readonly options: Options;
}

/** Gives the outputs; those that the file has as whole steps are rounded to them afterwards, if they are not yet. */
export type Handler = (call: Call) => Value | readonly Value[];
export type Handlers = Readonly<Record<string, Handler>>;

export function need({ inputs }: Call, index: number): Value {
  const value = inputs[index];
  if (!value) throw new Error(`its input ${index} is missing`);
  return value;
}

/** What an input stands for, whether it is quantised or not. */
export function real(call: Call, index: number): Value {
  return call.values.real(need(call, index));
}

/** Numbers of the file's ActivationFunctionType. */
const ACTIVATIONS: Readonly<Record<number, (g: GraphBuilder, x: Tensor) => Tensor>> = {
  0: (_, x) => x,
  1: (g, x) => g.relu(x),
  2: (g, x) => g.op("Clip", [x, g.constant(-1), g.constant(1)]),
  3: (g, x) => g.op("Clip", [x, g.constant(0), g.constant(6)]),
  4: (g, x) => g.op("Tanh", [x]),
};

/** The activation that the file has put into an operator. */
export function activated(call: Call, value: Value): Value {
  const number = call.options["activation"] ?? 0;
  const change = ACTIVATIONS[number];
  if (!change) throw new Error(`its activation, number ${number}, is not supported`);
  return number === 0 ? value : call.values.map(value, (x) => change(call.g, x), value.steps);
}

/** The ends of an activation that only cuts off; undefined for another. */
export function activationRange(number = 0): readonly [number, number] | undefined {
  const ranges: Readonly<Record<number, readonly [number, number]>> = {
    0: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    1: [0, Number.POSITIVE_INFINITY],
    2: [-1, 1],
    3: [0, 6],
  };
  return ranges[number];
}

export function axisOf(axis: number | undefined, rank: number): number {
  if (axis === undefined) throw new Error("it does not say along which axis");
  const normal = axis < 0 ? axis + rank : axis;
  if (normal < 0 || normal >= rank) throw new Error(`axis ${axis} is outside ${rank} axes`);
  return normal;
}

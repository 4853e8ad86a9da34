import type { GraphBuilder } from "./builder.ts";
import type { Attribute, Call, Dimension, Node, Tensor, TensorType } from "./types.ts";

/** What the gradient rule of an operator is given. */
export interface GradientContext {
  readonly g: GraphBuilder;
  readonly node: Node;
  /** The first output, for the many operators that have only one. */
  readonly output: Tensor;
  /**
   * Gradient of the first output. For rules marked `lazy` it may be smaller than the output and stand for its
   * broadcast (a mean's gradient stays a scalar until somebody needs it whole).
   */
  readonly grad: Tensor;
  /** Gradients of all outputs; undefined where nothing flows back. */
  readonly grads: readonly (Tensor | undefined)[];
  /** Whether the gradient of this input is needed: rules skip the others. */
  wants(input: number): boolean;
  /** An input that must be there. */
  input(index: number): Tensor;
}

/** Gradients of the inputs, in their order; undefined where none flows. May be broadcastable, see `lazy`. */
export type GradientRule = (context: GradientContext) => readonly (Tensor | undefined)[];

/** For operators through which nothing flows back: comparisons, roundings, shapes. */
export const noGradient: GradientRule = () => [];

export interface OperatorRule {
  /** Types and shapes of the outputs; throws an error naming the node when inputs do not fit. */
  infer(call: Call, g: GraphBuilder): TensorType[];
  /** Elements of an integer output known while building, so that shape arithmetic disappears. */
  fold?(call: Call, g: GraphBuilder): readonly Dimension[] | undefined;
  /** Rewrites a call before it is added (older spellings, traps of runtimes). */
  prepare?(call: Call, g: GraphBuilder): Call;
  /** Builds the call out of others instead; undefined where it stays as it is. */
  rewrite?(call: Call, g: GraphBuilder): readonly Tensor[] | undefined;
  /** The rule; `noGradient` where the derivative is zero or none exists; absent where it is not implemented. */
  gradient?: GradientRule;
  /** The rule copes with a gradient that still has to be broadcast. */
  lazy?: boolean;
}

export type OperatorFamily = Readonly<Record<string, OperatorRule>>;

export function describe(call: Call): string {
  return `${call.op} (node "${call.name}")`;
}

/** A required input of a call. */
export function need(call: Call, index: number): Tensor {
  const tensor = call.inputs[index];
  if (!tensor) throw new Error(`${describe(call)}: input ${index} is missing`);
  return tensor;
}

function wrong(call: Call, name: string, value: Attribute | undefined, kind: string): never {
  throw new Error(`${describe(call)}: attribute ${name} must be ${kind}, not ${JSON.stringify(value)}`);
}

export function number(call: Call, name: string, fallback: number): number {
  const value = call.attributes[name] ?? fallback;
  return typeof value === "number" ? value : wrong(call, name, value, "a number");
}

export function text(call: Call, name: string, fallback: string): string {
  const value = call.attributes[name] ?? fallback;
  return typeof value === "string" ? value : wrong(call, name, value, "a text");
}

export function numbers(call: Call, name: string): readonly number[] | undefined {
  const value = call.attributes[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value;
  return wrong(call, name, value as Attribute, "a list of numbers");
}

import { normalAxis } from "./shapes.ts";
import type { Attributes, DataType, Tensor } from "./types.ts";

/** A tensor, or a plain number that becomes a constant of the other operand's type. */
export type Operand = Tensor | number;

/** Short names for the operators that formulas are made of, over the builder's general `op`. */
export abstract class Expressions {
  abstract op(op: string, inputs: readonly (Tensor | undefined)[], attributes?: Attributes): Tensor;
  abstract constant(values: number | readonly number[], dtype?: DataType, shape?: readonly number[]): Tensor;
  abstract scalarOf(tensor: Tensor | undefined): number | undefined;

  /** int64 constant of one dimension: axes, shapes, pads. */
  int64(values: readonly number[]): Tensor {
    return this.constant(values, "int64", [values.length]);
  }

  add(a: Operand, b: Operand): Tensor {
    if (b === 0 && typeof a !== "number") return a;
    return this.#binary("Add", a, b);
  }

  sub(a: Operand, b: Operand): Tensor {
    return this.#binary("Sub", a, b);
  }

  mul(a: Operand, b: Operand): Tensor {
    if (this.#isOne(a) && typeof b !== "number") return b;
    if (this.#isOne(b) && typeof a !== "number") return a;
    return this.#binary("Mul", a, b);
  }

  div(a: Operand, b: Operand): Tensor {
    if (b === 1 && typeof a !== "number") return a;
    return this.#binary("Div", a, b);
  }

  neg(a: Tensor): Tensor {
    return this.op("Neg", [a]);
  }

  sqrt(a: Tensor): Tensor {
    return this.op("Sqrt", [a]);
  }

  exp(a: Tensor): Tensor {
    return this.op("Exp", [a]);
  }

  log(a: Tensor): Tensor {
    return this.op("Log", [a]);
  }

  relu(a: Tensor): Tensor {
    return this.op("Relu", [a]);
  }

  sigmoid(a: Tensor): Tensor {
    return this.op("Sigmoid", [a]);
  }

  matmul(a: Tensor, b: Tensor): Tensor {
    return this.op("MatMul", [a, b]);
  }

  where(condition: Tensor, a: Operand, b: Operand): Tensor {
    const like = typeof a !== "number" ? a : typeof b !== "number" ? b : undefined;
    const dtype = like?.dtype ?? "float32";
    return this.op("Where", [condition, this.#operand(a, dtype), this.#operand(b, dtype)]);
  }

  cast(a: Tensor, dtype: DataType): Tensor {
    return a.dtype === dtype ? a : this.op("Cast", [a], { to: dtype });
  }

  /** Sum over `axes` (all without); dropped axes vanish unless `keep`. */
  reduceSum(a: Tensor, axes?: readonly number[], keep = false): Tensor {
    return this.#reduce("ReduceSum", a, axes, keep);
  }

  reduceMean(a: Tensor, axes?: readonly number[], keep = false): Tensor {
    return this.#reduce("ReduceMean", a, axes, keep);
  }

  reduceMax(a: Tensor, axes?: readonly number[], keep = false): Tensor {
    return this.#reduce("ReduceMax", a, axes, keep);
  }

  /** Reshape; one size may be -1. Nothing happens when the shape already is the one asked for. */
  reshape(a: Tensor, shape: readonly number[]): Tensor {
    if (shape.length === a.shape.length && shape.every((size, axis) => size === a.shape[axis])) return a;
    return this.op("Reshape", [a, this.int64(shape)]);
  }

  transpose(a: Tensor, order: readonly number[]): Tensor {
    return order.every((from, to) => from === to) ? a : this.op("Transpose", [a], { perm: order });
  }

  /**
   * The same values as a tensor of their own: what is built on it reads it, where a rewriting builder would see through a
   * transposition or a reshape to what lies before. So it can be a target of gradients.
   */
  held(a: Tensor): Tensor {
    return this.op("Identity", [a]);
  }

  concat(parts: readonly Tensor[], axis: number): Tensor {
    return parts.length === 1 ? parts[0] : this.op("Concat", parts, { axis });
  }

  /** `a[..., start:end:step, ...]` along one axis, as in NumPy. */
  slice(a: Tensor, axis: number, start: number, end: number, step = 1): Tensor {
    if (start === 0 && step === 1 && (end === a.shape[axis] || end >= Number.MAX_SAFE_INTEGER)) return a;
    return this.op("Slice", [
      a,
      this.int64([start]),
      this.int64([end]),
      this.int64([axis]),
      this.int64([step]),
    ]);
  }

  /** Zeros around: `before[axis]` and `after[axis]` of them; negative numbers cut. */
  pad(a: Tensor, before: readonly number[], after: readonly number[]): Tensor {
    if ([...before, ...after].every((count) => count === 0)) return a;
    return this.op("Pad", [a, this.int64([...before, ...after])]);
  }

  /** The run-time shape of a tensor as int64 values (a constant when it is known). */
  shapeOf(a: Tensor): Tensor {
    return this.op("Shape", [a]);
  }

  #binary(op: string, a: Operand, b: Operand): Tensor {
    const like = typeof a !== "number" ? a : typeof b !== "number" ? b : undefined;
    const dtype = like?.dtype ?? "float32";
    return this.op(op, [this.#operand(a, dtype), this.#operand(b, dtype)]);
  }

  #operand(a: Operand, dtype: DataType): Tensor {
    return typeof a === "number" ? this.constant(a, dtype) : a;
  }

  #isOne(a: Operand): boolean {
    return a === 1 || (typeof a !== "number" && a.shape.length === 0 && this.scalarOf(a) === 1);
  }

  #reduce(op: string, a: Tensor, axes: readonly number[] | undefined, keep: boolean): Tensor {
    if (axes?.length === 0) return a;
    const list = axes?.map((axis) => normalAxis(axis, a.shape.length, op)).sort((p, q) => p - q);
    const once = (x: Tensor, some: readonly number[] | undefined) =>
      this.op(op, [x, some && this.int64(some)], { keepdims: keep ? 1 : 0 });
    // onnxruntime is quick where the reduced axes lie together, or at both ends; elsewhere two steps are five times
    // quicker than one.
    const gap = list?.findIndex((axis, i) => i > 0 && axis !== list[i - 1] + 1) ?? -1;
    if (!list || gap < 0 || (list[0] === 0 && list.at(-1) === a.shape.length - 1)) return once(a, list);
    return this.#reduce(op, once(a, list.slice(gap)), list.slice(0, gap), keep);
  }
}

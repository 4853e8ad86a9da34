/**
 * What flows through a `.tflite` graph, on its way into one that takes many windows at once. The file knows one window; here
 * every value that depends on the sound has a batch before its own axes, wherever the file keeps, loses or never had one.
 */
import type { GraphBuilder, Tensor, TensorData } from "../../../models/graph/index.ts";
import { checkShape } from "../../../models/graph/shapes.ts";
import { type Steps, wholeSteps } from "../rounding.ts";
import { type DecodedKind, decoded } from "./constants.ts";
import type { FileTensor } from "./model.ts";

/**
 * How a tensor holds a value whose shape in the file is [n, ...]: `fixed` as it is, for what does not depend on the sound;
 * `apart` as [B, n, ...]; `merged` as [B·n, ...]; and `planes`, where that is [n, rows, columns, channels], as
 * [B·n, channels, rows, columns].
 */
export type Form = "fixed" | "apart" | "merged" | "planes";

export interface Value {
  /** In the file, for one window. */
  readonly shape: readonly number[];
  readonly tensors: Map<Form, Tensor>;
  /** Where the tensors hold whole steps, of which each is worth `scale`. */
  readonly steps?: Steps | undefined;
  /** Of complex numbers; the rest is their real part. */
  readonly imaginary?: Value | undefined;
  /** Elements in the file, for a constant. */
  readonly constant?: FileTensor | undefined;
}

const RANGES = { int8: [-128, 127], uint8: [0, 255], int16: [-32768, 32767] } as const;

/** @throws Error where the tensor is quantised in a way that activations never are. */
export function stepsOf({ name, type, quantisation }: FileTensor): Steps | undefined {
  if (type !== "int8" && type !== "uint8" && type !== "int16") return undefined;
  const [least, most] = RANGES[type];
  // Some files take or give the whole numbers themselves.
  const { scales, zeros } = quantisation ?? { scales: [1], zeros: [0] };
  if (scales.length !== 1 || scales[0] === 0)
    throw new Error(`"${name}" has ${scales.length} scales; only weights may have one a channel`);
  const [zero] = zeros;
  return { scale: scales[0], zero, least: least - zero, most: most - zero };
}

/** Which way round a value of four axes is kept when it is kept as planes. */
const TO_PLANES = [0, 3, 1, 2];
const FROM_PLANES = [0, 2, 3, 1];

/** Values in one graph, from one form into another. */
export class Values {
  readonly g: GraphBuilder;
  /** Any tensor with the batch in front. */
  readonly #batched: Tensor;
  readonly #real = new Map<Value, Value>();
  readonly #constants = new Map<FileTensor, Map<DecodedKind, Tensor>>();
  #bytesLeft: number;

  /** @param memory bytes that all constants together may take. */
  constructor(g: GraphBuilder, batched: Tensor, memory: number) {
    this.g = g;
    this.#batched = batched;
    this.#bytesLeft = memory;
  }

  /** A tensor as a value; `first` is the size that is merged with the batch, where it is. */
  value(form: Form, tensor: Tensor, first = 1, steps?: Steps): Value {
    const sizes = tensor.shape.map((size, axis) => {
      if (axis === 0 && form !== "fixed") return 0;
      if (typeof size === "number") return size;
      throw new Error(`"${tensor.name}" has a size that is not known; convert the model with fixed sizes`);
    });
    const rest = sizes.slice(1);
    const [channels, ...space] = rest;
    const shapes = {
      fixed: sizes,
      apart: rest,
      merged: [first, ...rest],
      planes: [first, ...space, channels],
    };
    return { shape: shapes[form], tensors: new Map([[form, tensor]]), steps };
  }

  fixed(tensor: Tensor): Value {
    return this.value("fixed", tensor);
  }

  isFixed(value: Value): boolean {
    return value.constant !== undefined || value.tensors.has("fixed");
  }

  /** The value's tensor in that form, made where it is not there yet. */
  as(value: Value, form: Form): Tensor {
    const known = value.tensors.get(form);
    if (known) return known;
    const made = this.#made(value, form);
    value.tensors.set(form, made);
    return made;
  }

  #made(value: Value, form: Form): Tensor {
    const { shape } = value;
    const { g } = this;
    if (this.isFixed(value)) {
      const fixed = value.tensors.get("fixed") ?? this.constantAs(value, "real");
      return form === "fixed" ? fixed : this.as(this.value("apart", this.#forEach(fixed)), form);
    }
    switch (form) {
      case "fixed":
        throw new Error("what should be a constant depends on the sound");
      case "apart":
        return g.reshape(this.as(value, "merged"), [-1, ...shape]);
      case "merged": {
        const planes = value.tensors.get("planes");
        if (planes) return g.transpose(planes, FROM_PLANES);
        return g.reshape(value.tensors.get("apart")!, [-1, ...shape.slice(1)]);
      }
      case "planes":
        if (shape.length !== 4) throw new Error(`[${shape.join(", ")}] has no rows, columns and channels`);
        return g.transpose(this.as(value, "merged"), TO_PLANES);
      default:
        return form satisfies never;
    }
  }

  /** A constant, once for each of the batch. */
  #forEach(fixed: Tensor): Tensor {
    const { g } = this;
    const size = g.op("Shape", [this.#batched], { start: 0, end: 1 });
    const ones = fixed.shape.map(() => 1);
    const one = g.reshape(fixed, [1, ...(fixed.shape as number[])]);
    return g.op("Expand", [one, ones.length > 0 ? g.concat([size, g.int64(ones)], 0) : size]);
  }

  /** Row by row in memory, so that it can be reshaped: merged where it is or can be had for nothing, or as it comes. */
  contiguous(value: Value): { form: Form; tensor: Tensor } {
    for (const form of ["fixed", "merged", "apart"] as const) {
      const tensor = value.tensors.get(form);
      if (tensor) return { form, tensor };
    }
    const form = this.isFixed(value) ? "fixed" : "merged";
    return { form, tensor: this.as(value, form) };
  }

  /** A function of each element. */
  map(value: Value, change: (tensor: Tensor) => Tensor, steps?: Steps): Value {
    const planes = value.tensors.get("planes");
    const { form, tensor } = planes ? { form: "planes" as const, tensor: planes } : this.contiguous(value);
    return this.value(form, change(tensor), value.shape[0], steps);
  }

  /** What quantised steps stand for. */
  real(value: Value): Value {
    if (value.constant || !value.steps) return value;
    const { scale } = value.steps;
    const known = this.#real.get(value) ?? this.map(value, (tensor) => this.g.mul(tensor, scale));
    this.#real.set(value, known);
    return known;
  }

  /** The nearest steps that the file can hold; gradients pass the rounding as though it were not there. */
  rounded(value: Value, steps: Steps): Value {
    if (value.steps && sameSteps(value.steps, steps)) return value;
    return this.map(this.real(value), (x) => wholeSteps(this.g, x, steps), steps);
  }

  /** The same elements in another shape. */
  reshaped(value: Value, shape: readonly number[]): Value {
    if (shape.join() === value.shape.join()) return value;
    const { imaginary } = value;
    const { form, tensor } = this.contiguous(value);
    const [count, wanted] = [value.shape, shape].map((sizes) => sizes.reduce((a, b) => a * b, 1));
    if (count !== wanted || !shape.every(Number.isInteger))
      throw new Error(`[${value.shape.join(", ")}] cannot become [${shape.join(", ")}]`);
    const target =
      form === "fixed"
        ? form
        : shape.length > 0 && (shape[0] === 1 || shape[0] === value.shape[0])
          ? "merged"
          : "apart";
    const sizes = { fixed: shape, apart: [-1, ...shape], merged: [-1, ...shape.slice(1)] }[target];
    const result = this.value(target, this.g.reshape(tensor, sizes), shape[0], value.steps);
    return imaginary ? { ...result, imaginary: this.reshaped(imaginary, shape) } : result;
  }

  /** With its axes in another order. */
  transposed(value: Value, order: readonly number[]): Value {
    const { g } = this;
    if (this.isFixed(value)) return this.fixed(this.permuted(this.as(value, "fixed"), order));
    if (order[0] === 0)
      return this.value("merged", g.transpose(this.as(value, "merged"), order), value.shape[0], value.steps);
    const axes = [0, ...order.map((axis) => axis + 1)];
    return this.value("apart", g.transpose(this.as(value, "apart"), axes), 1, value.steps);
  }

  /** A constant with its axes in another order: one of its own where its elements are known, as graphs keep it. */
  permuted(tensor: Tensor, order: readonly number[]): Tensor {
    const known = this.g.constantOf(tensor);
    if (!known || order.every((from, to) => from === to)) return this.g.transpose(tensor, order);
    this.#spend(known.data.byteLength);
    return this.g.constant(
      permutedData(known.data, known.shape, order),
      known.dtype,
      order.map((axis) => known.shape[axis]),
    );
  }

  /** A constant of the file: what it stands for, or the whole numbers of it less their zeros. */
  constantAs(value: Value, kind: DecodedKind): Tensor {
    const file = value.constant;
    if (!file) return this.as(value, "fixed");
    const kinds = this.#constants.get(file) ?? new Map<DecodedKind, Tensor>();
    this.#constants.set(file, kinds);
    const known = kinds.get(kind);
    if (known) return known;
    const { data, dtype } = decoded(file, kind, (bytes) => this.#spend(bytes));
    const tensor = this.g.constant(data, dtype, file.shape);
    kinds.set(kind, tensor);
    return tensor;
  }

  /** Whole numbers that the graph needs to know: axes, sizes. */
  numbers(value: Value | undefined, what: string): number[] {
    const tensor = value && this.isFixed(value) ? this.as(value, "fixed") : undefined;
    const known = tensor && this.g.valuesOf(tensor);
    if (known?.some((each) => typeof each === "number" && !Number.isInteger(each)))
      throw new Error(`the ${what} are no whole numbers`);
    if (!known?.every((each) => typeof each === "number"))
      throw new Error(`the ${what} are only known when it runs; convert the model with fixed sizes`);
    return known as number[];
  }

  #spend(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0)
      throw new Error(
        "its weights are larger than the file itself by far: many tensors share the same bytes",
      );
  }

  /**
   * Operands of an element-wise operator, all in one form and broadcastable.
   *
   * @returns the form and the size that is merged with the batch.
   */
  aligned(values: readonly Value[]): { form: Form; tensors: Tensor[]; first: number } {
    const rank = Math.max(...values.map(({ shape }) => shape.length));
    const first = Math.max(...values.map(({ shape }) => (shape.length === rank ? (shape[0] ?? 1) : 1)));
    const moving = values.filter((value) => !this.isFixed(value));
    const still = values.filter((value) => this.isFixed(value));
    const all = (form: Form, constant: (fixed: Tensor) => Tensor) => ({
      form,
      first,
      tensors: values.map((value) =>
        this.isFixed(value) ? constant(this.as(value, "fixed")) : this.as(value, form),
      ),
    });
    if (moving.length === 0) return all("fixed", (fixed) => fixed);
    const mergeable =
      rank > 0 &&
      moving.every(({ shape }) => shape.length === rank && shape[0] === first) &&
      still.every(({ shape }) => shape.length < rank || shape[0] === 1);
    if (mergeable && rank === 4 && moving.some(({ tensors }) => tensors.has("planes")))
      return all("planes", (fixed) => this.#turned(fixed));
    if (mergeable) return all("merged", (fixed) => fixed);
    const padded = values.map((value) =>
      this.isFixed(value) || value.shape.length === rank
        ? value
        : this.reshaped(value, [...Array(rank - value.shape.length).fill(1), ...value.shape]),
    );
    const tensors = padded.map((value) => this.as(value, this.isFixed(value) ? "fixed" : "apart"));
    return { form: "apart", tensors, first };
  }

  /** A constant that is broadcast over channels last, for planes. */
  #turned(fixed: Tensor): Tensor {
    if (fixed.shape.length === 0) return fixed;
    const shape = [...Array(4 - fixed.shape.length).fill(1), ...fixed.shape] as number[];
    const known = this.g.constantOf(fixed);
    const whole = known ? this.g.constant(known.data, known.dtype, shape) : this.g.reshape(fixed, shape);
    return this.permuted(whole, TO_PLANES);
  }
}

function sameSteps(a: Steps, b: Steps): boolean {
  return a.scale === b.scale && a.zero === b.zero && a.least === b.least && a.most === b.most;
}

function permutedData(data: TensorData, shape: readonly number[], order: readonly number[]): TensorData {
  checkShape(shape, "A constant");
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = order.map((axis) => shape[axis]);
  const steps = order.map((axis) => strides[axis]);
  const result = data.slice();
  const place = sizes.map(() => 0);
  let from = 0;
  for (let at = 0; at < result.length; at++) {
    result[at] = data[from];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++place[axis] < sizes[axis]) break;
      from -= steps[axis] * sizes[axis];
      place[axis] = 0;
    }
  }
  return result;
}

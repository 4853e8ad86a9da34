/** Element types of tensors, by their ONNX names. */
export type DataType = "float32" | "float64" | "int64" | "int32" | "int8" | "uint8" | "bool";

/** A dimension: a fixed size, or a name such as `"B"` for a size known only when the graph runs. */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

/** A value flowing through a graph. Handles are compared by identity; `name` is what the ONNX file calls it. */
export interface Tensor {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: Shape;
}

export type TensorData = Float32Array | Float64Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/** A tensor with its elements, row-major: initializers, and attributes such as the value of `Constant`. */
export interface TensorValue {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type Attribute = number | string | readonly number[] | readonly string[] | TensorValue;
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

/** What an operator is called with; optional inputs that are left out are `undefined`. */
export interface Call {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly attributes: Attributes;
  /** How many outputs are asked for. */
  readonly outputCount: number;
}

export interface Node extends Call {
  readonly outputs: readonly Tensor[];
}

export interface TensorType {
  readonly dtype: DataType;
  readonly shape: Shape;
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

export function isFloat(dtype: DataType): boolean {
  return dtype === "float32" || dtype === "float64";
}

const MOST_INTEGER = 2n ** 63n - 1n;

/** "To the end" of slices is 2^63 − 1, which as a float is 2^63 and would come round as the least integer. */
function integer(value: number): bigint {
  return value >= 2 ** 63 ? MOST_INTEGER : BigInt(value);
}

/** A typed array of the right class for `dtype`, filled from plain numbers. */
export function typedArray(dtype: DataType, values: ArrayLike<number>): TensorData {
  if (dtype === "int64") return BigInt64Array.from(values as number[], integer);
  return ARRAYS[dtype].from(values as number[]);
}

/** A view of raw little-endian bytes as elements of `dtype` (copies, so any byte offset is fine). */
export function fromBytes(dtype: DataType, bytes: Uint8Array): TensorData {
  const copy = bytes.slice();
  const Elements = ARRAYS[dtype];
  if (copy.byteLength % Elements.BYTES_PER_ELEMENT !== 0) {
    throw new Error(`${copy.byteLength} bytes are no whole number of ${dtype} elements`);
  }
  return new Elements(copy.buffer, 0, copy.byteLength / Elements.BYTES_PER_ELEMENT);
}

/** The elements as plain numbers. */
export function toNumbers(data: TensorData): number[] {
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

/** The constants of a `.tflite` file as floats and whole numbers. */

import type { DataType, TensorData } from "../../../models/graph/index.ts";
import { halfToFloat } from "../../../models/graph/onnx/decode.ts";
import type { FileTensor } from "./model.ts";
import type { ElementType } from "./schema.ts";

/** What quantised numbers stand for, or themselves less their zero points. */
export type DecodedKind = "real" | "whole";

const BYTES: Partial<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  bool: 1,
};

/**
 * @param spend told how many bytes are about to be taken, so that it can refuse.
 * @throws Error when the type is not known, or the elements do not fill the shape.
 */
export function decoded(
  { name, type, shape, bytes, quantisation }: FileTensor,
  kind: DecodedKind,
  spend: (bytes: number) => void,
): { data: TensorData; dtype: DataType } {
  const size = BYTES[type];
  if (size === undefined)
    throw new Error(
      `the weights "${name}" are ${type}, which is not supported; convert the model with int8 or floats`,
    );
  const count = shape.reduce((a, b) => a * b, 1);
  if (!bytes || bytes.length !== count * size)
    throw new Error(
      `the weights "${name}" [${shape.join(", ")}] have ${bytes?.length ?? 0} bytes in place of ${count * size}; the file is damaged`,
    );
  if (!quantisation && (type === "int32" || type === "int64" || type === "uint32")) {
    spend(8 * count);
    return { data: BigInt64Array.from({ length: count }, wholeReader(type, bytes)), dtype: "int64" };
  }
  if (type === "bool") return { data: bytes.slice(), dtype: "bool" };
  spend(4 * count);
  const read = reader(type, bytes);
  const data = new Float32Array(count);
  if (!quantisation) {
    for (let i = 0; i < count; i++) data[i] = read(i);
    return { data, dtype: "float32" };
  }
  const { scales, zeros, axis } = quantisation;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  for (let i = 0; i < count; i++) {
    const channel = scales.length === 1 ? 0 : Math.floor(i / inner) % scales.length;
    const whole = read(i) - zeros[zeros.length === 1 ? 0 : channel];
    data[i] = kind === "real" ? whole * scales[channel] : whole;
  }
  return { data, dtype: "float32" };
}

function wholeReader(type: ElementType, bytes: Uint8Array): (_: unknown, i: number) => bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === "int64") return (_, i) => view.getBigInt64(8 * i, true);
  if (type === "uint32") return (_, i) => BigInt(view.getUint32(4 * i, true));
  return (_, i) => BigInt(view.getInt32(4 * i, true));
}

function reader(type: ElementType, bytes: Uint8Array): (i: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case "float16":
      return (i) => halfToFloat(view.getUint16(2 * i, true));
    case "bfloat16": {
      const word = new DataView(new ArrayBuffer(4));
      return (i) => {
        word.setUint16(2, view.getUint16(2 * i, true), true);
        return word.getFloat32(0, true);
      };
    }
    case "float64":
      return (i) => view.getFloat64(8 * i, true);
    case "int8":
      return (i) => view.getInt8(i);
    case "uint8":
      return (i) => view.getUint8(i);
    case "int16":
      return (i) => view.getInt16(2 * i, true);
    case "int32":
      return (i) => view.getInt32(4 * i, true);
    case "int64":
      return (i) => Number(view.getBigInt64(8 * i, true));
    default:
      return (i) => view.getFloat32(4 * i, true);
  }
}

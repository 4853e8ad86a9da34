// The few ONNX messages that graphs need (onnx.proto), written and read through protobufjs's minimal reader and
// writer: tables instead of generated code, so that no code is made from text and a strict CSP holds.
import protobuf from "protobufjs/minimal.js";
import type { DataType } from "../types.ts";

type Scalar = "int64" | "float" | "double" | "string" | "bytes";
interface Field {
  readonly name: string;
  readonly kind: Scalar | Schema;
  readonly repeated?: boolean;
}
type Schema = Readonly<Record<number, Field>>;

const list = (name: string, kind: Scalar | Schema): Field => ({ name, kind, repeated: true });
const one = (name: string, kind: Scalar | Schema): Field => ({ name, kind });

const TENSOR: Schema = {
  1: list("dims", "int64"),
  2: one("dataType", "int64"),
  4: list("floatData", "float"),
  5: list("int32Data", "int64"),
  7: list("int64Data", "int64"),
  8: one("name", "string"),
  9: one("rawData", "bytes"),
  10: list("doubleData", "double"),
  13: list("externalData", { 1: one("key", "string"), 2: one("value", "string") }),
  14: one("dataLocation", "int64"),
};
const DIMENSION: Schema = { 1: one("value", "int64"), 2: one("parameter", "string") };
const SHAPE: Schema = { 1: list("dims", DIMENSION) };
const TENSOR_TYPE: Schema = { 1: one("elementType", "int64"), 2: one("shape", SHAPE) };
const VALUE_INFO: Schema = { 1: one("name", "string"), 2: one("type", { 1: one("tensor", TENSOR_TYPE) }) };
/** Graphs hold nodes, whose attributes may hold graphs: filled in below. */
const GRAPH: Record<number, Field> = {};
const ATTRIBUTE: Schema = {
  1: one("name", "string"),
  2: one("float", "float"),
  3: one("int", "int64"),
  4: one("text", "bytes"),
  5: one("tensor", TENSOR),
  6: one("graph", GRAPH),
  7: list("floats", "float"),
  8: list("ints", "int64"),
  9: list("texts", "bytes"),
  20: one("type", "int64"),
};
const NODE: Schema = {
  1: list("inputs", "string"),
  2: list("outputs", "string"),
  3: one("name", "string"),
  4: one("op", "string"),
  5: list("attributes", ATTRIBUTE),
  7: one("domain", "string"),
};
Object.assign(GRAPH, {
  1: list("nodes", NODE),
  2: one("name", "string"),
  5: list("initializers", TENSOR),
  11: list("inputs", VALUE_INFO),
  12: list("outputs", VALUE_INFO),
  15: list("sparseInitializers", "bytes"),
});
const MODEL: Schema = {
  1: one("irVersion", "int64"),
  2: one("producer", "string"),
  7: one("graph", GRAPH),
  8: list("opsets", { 1: one("domain", "string"), 2: one("version", "int64") }),
};

export interface TensorMessage {
  dims?: number[];
  dataType?: number;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: number[];
  doubleData?: number[];
  name?: string | undefined;
  rawData?: Uint8Array;
  /** 1: the elements lie in the file that `externalData` names. */
  dataLocation?: number | undefined;
  externalData?: { key?: string; value?: string }[];
}
export interface ValueInfoMessage {
  name?: string;
  type?: { tensor?: { elementType?: number; shape?: { dims?: { value?: number; parameter?: string }[] } } };
}
export interface AttributeMessage {
  name?: string;
  float?: number;
  int?: number;
  text?: Uint8Array;
  tensor?: TensorMessage;
  /** Of If, Loop and Scan. */
  graph?: GraphMessage;
  floats?: number[];
  ints?: number[];
  texts?: Uint8Array[];
  type?: number;
}
export interface NodeMessage {
  inputs?: string[] | undefined;
  outputs?: string[];
  name?: string;
  op?: string;
  attributes?: AttributeMessage[];
  domain?: string;
}
export interface GraphMessage {
  nodes?: NodeMessage[];
  name?: string;
  initializers?: TensorMessage[] | undefined;
  inputs?: ValueInfoMessage[] | undefined;
  outputs?: ValueInfoMessage[];
  sparseInitializers?: Uint8Array[];
}
export interface ModelMessage {
  irVersion?: number;
  producer?: string;
  graph?: GraphMessage;
  opsets?: { domain?: string; version?: number }[];
}

export const ATTRIBUTE_TYPE = {
  float: 1,
  int: 2,
  text: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  texts: 8,
} as const;
export const DATA_TYPE: Readonly<Record<DataType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};
export const FLOAT16 = 10;

const WIRE_TYPE: Readonly<Record<Scalar, number>> = { int64: 0, double: 1, string: 2, bytes: 2, float: 5 };

function writeScalar(writer: protobuf.Writer, kind: Scalar, value: unknown): void {
  if (kind === "string") writer.string(value as string);
  else if (kind === "bytes") writer.bytes(value as Uint8Array);
  else writer[kind](value as number);
}

function writeMessage(
  writer: protobuf.Writer,
  schema: Schema,
  message: Readonly<Record<string, unknown>>,
): void {
  for (const [number, { name, kind, repeated }] of Object.entries(schema)) {
    const value = message[name];
    if (value === undefined) continue;
    const tag = Number(number) << 3;
    if (repeated && typeof kind === "string" && WIRE_TYPE[kind] !== 2) {
      writer.uint32(tag | 2).fork();
      for (const item of value as unknown[]) writeScalar(writer, kind, item);
      writer.ldelim();
      continue;
    }
    for (const item of repeated ? (value as unknown[]) : [value]) {
      if (typeof kind === "string") {
        writer.uint32(tag | WIRE_TYPE[kind]);
        writeScalar(writer, kind, item);
      } else {
        writer.uint32(tag | 2).fork();
        writeMessage(writer, kind, item as Record<string, unknown>);
        writer.ldelim();
      }
    }
  }
}

function readScalar(reader: protobuf.Reader, kind: Scalar): unknown {
  // Integers beyond 2^53 (the "to the end" of slices) lose their last digits, which nothing depends on.
  return kind === "int64" ? Number(reader.int64().toString()) : reader[kind]();
}

function readMessage(reader: protobuf.Reader, schema: Schema, end: number): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = schema[tag >>> 3];
    if (!field) {
      reader.skipType(tag & 7);
      continue;
    }
    const { name, kind, repeated } = field;
    const add = (value: unknown) => {
      if (!repeated) message[name] = value;
      else if (message[name] === undefined) message[name] = [value];
      else (message[name] as unknown[]).push(value);
    };
    if (typeof kind !== "string") {
      const length = reader.uint32();
      add(readMessage(reader, kind, reader.pos + length));
    } else if ((tag & 7) === 2 && WIRE_TYPE[kind] !== 2) {
      const stop = reader.uint32() + reader.pos;
      while (reader.pos < stop) add(readScalar(reader, kind));
    } else add(readScalar(reader, kind));
  }
  return message;
}

export function writeModel(model: ModelMessage): Uint8Array<ArrayBuffer> {
  const writer = protobuf.Writer.create();
  writeMessage(writer, MODEL, model as Record<string, unknown>);
  return new Uint8Array(writer.finish());
}

/** @throws Error when the bytes are no ONNX model. */
export function readModel(bytes: Uint8Array): ModelMessage {
  let model: ModelMessage;
  try {
    // A plain Uint8Array: Node's Buffer would come back in the fields as a view of the whole file.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    model = readMessage(protobuf.Reader.create(plain), MODEL, plain.length);
  } catch (cause) {
    throw new Error("These bytes are no ONNX model, or the file is cut off", { cause });
  }
  if (!model.graph || !model.opsets?.length)
    throw new Error("These bytes are no ONNX model: there is no graph");
  return model;
}

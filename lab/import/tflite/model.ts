/** A `.tflite` file as lists of tensors and operators, its bytes checked and left where they are. */
import { oneLine } from "../../../protocol/shown-text.ts";
import { hasIdentifier, Table } from "./flatbuffer.ts";
import {
  BUFFER,
  CUSTOM,
  type ElementType,
  IDENTIFIER,
  MODEL,
  OPERATOR,
  OPERATOR_CODE,
  OPERATORS,
  type Options,
  QUANTIZATION,
  readOptions,
  SUBGRAPH,
  TENSOR,
  TYPES,
} from "./schema.ts";

export interface Quantisation {
  readonly scales: readonly number[];
  readonly zeros: readonly number[];
  /** The axis that the scales lie along, where there are several. */
  readonly axis: number;
}

export interface FileTensor {
  /** Its own: the file's, numbered where it has that name twice or none. */
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Sizes that are not fixed, as -1, where the file has any. */
  readonly signature: readonly number[];
  readonly quantisation?: Quantisation | undefined;
  /** The elements, of a constant. */
  readonly bytes?: Uint8Array | undefined;
}

export interface FileOperator {
  readonly op: string;
  /** For messages: its first output's. */
  readonly name: string;
  /** Places in the list of tensors, -1 for one that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: Options;
}

export interface TfliteModel {
  readonly tensors: readonly FileTensor[];
  readonly operators: readonly FileOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Networks of sounds have some hundreds. */
const MOST_OPERATORS = 20_000;
const MOST_ELEMENTS = 2 ** 28;

export function isTflite(bytes: Uint8Array): boolean {
  return hasIdentifier(bytes, IDENTIFIER);
}

/** @throws Error that says what is wrong in the file. */
export function readTfliteModel(file: Uint8Array): TfliteModel {
  const model = Table.root(file, IDENTIFIER);
  const graphs = model.tables(MODEL.subgraphs);
  // Further graphs are the bodies of WHILE and IF, which are refused by name where the answer needs them.
  if (graphs.length === 0) throw new Error("there is no graph in the file");
  const [graph] = graphs;
  const buffers = model.tables(MODEL.buffers);
  const names = new Set<string>();
  const tables = graph.tables(SUBGRAPH.tensors);
  const tensors = tables.map((table, index) => readTensor(table, index, buffers, file, names));
  const codes = model.tables(MODEL.operatorCodes).map(operatorName);
  const list = graph.tables(SUBGRAPH.operators);
  if (list.length > MOST_OPERATORS)
    throw new Error(`the file has ${list.length} operators; ${MOST_OPERATORS} are the most`);
  const inside = (places: readonly number[], what: string, missing = false) => {
    const wrong = places.find((at) => at >= tensors.length || at < (missing ? -1 : 0));
    if (wrong !== undefined)
      throw new Error(`${what} is the tensor ${wrong} of ${tensors.length}; the file is damaged`);
    return places;
  };
  const operators = list.map((table, index) => {
    const code = table.number(OPERATOR.code, "uint32");
    if (code >= codes.length)
      throw new Error(`the operator ${index} is of the kind ${code} of ${codes.length}; the file is damaged`);
    const op = codes[code];
    const inputs = inside(table.numbers(OPERATOR.inputs, "int32"), `an input of ${op}`, true);
    const outputs = inside(table.numbers(OPERATOR.outputs, "int32"), `an output of ${op}`);
    // Converters join the names of all layers that went into an operator.
    const name = tensors[outputs[0] ?? -1]?.name.split(";")[0] ?? String(index);
    return { op, name, inputs, outputs, options: readOptions(table) };
  });
  return {
    tensors,
    operators,
    inputs: inside(graph.numbers(SUBGRAPH.inputs, "int32"), "an input of the file"),
    outputs: inside(graph.numbers(SUBGRAPH.outputs, "int32"), "an output of the file"),
  };
}

function operatorName(code: Table): string {
  // Beyond 127 operators the number moved into a field of its own.
  const number = Math.max(
    code.number(OPERATOR_CODE.builtin, "int32"),
    code.number(OPERATOR_CODE.short, "int8"),
  );
  if (number === CUSTOM) return `CUSTOM ${code.text(OPERATOR_CODE.custom)}`;
  return OPERATORS[number] ?? `number ${number}`;
}

function readTensor(
  table: Table,
  index: number,
  buffers: readonly Table[],
  file: Uint8Array,
  names: Set<string>,
): FileTensor {
  const given = oneLine(table.text(TENSOR.name));
  const name = given === "" || names.has(given) ? `${given}#${index}` : given;
  names.add(name);
  const typeNumber = table.number(TENSOR.type, "int8");
  const type = TYPES[typeNumber];
  if (type === undefined) throw new Error(`the tensor "${name}" is of an unknown type, number ${typeNumber}`);
  const shape = table.numbers(TENSOR.shape, "int32");
  const count = shape.reduce((a, b) => a * b, 1);
  if (shape.some((size) => size < 0) || shape.length > 8 || count > MOST_ELEMENTS)
    throw new Error(`the tensor "${name}" has the shape [${shape.join(", ")}], which none should have`);
  if (table.table(TENSOR.sparsity))
    throw new Error(`the tensor "${name}" is stored as a sparse one; convert the model without sparsity`);
  return {
    name,
    type,
    shape,
    signature: table.numbers(TENSOR.signature, "int32"),
    quantisation: readQuantisation(table.table(TENSOR.quantization), shape, name),
    bytes: table.flag(TENSOR.isVariable) ? undefined : elements(table, name, buffers, file),
  };
}

function elements(
  table: Table,
  name: string,
  buffers: readonly Table[],
  file: Uint8Array,
): Uint8Array | undefined {
  const at = table.number(TENSOR.buffer, "uint32");
  if (at === 0) return undefined;
  const buffer = buffers[at];
  if (!buffer)
    throw new Error(
      `the tensor "${name}" lies in the buffer ${at} of ${buffers.length}; the file is damaged`,
    );
  // Files above 2 GiB keep their weights behind the tables.
  const [offset, size] = [buffer.number(BUFFER.offset, "uint64"), buffer.number(BUFFER.size, "uint64")];
  if (offset > 1) {
    if (offset + size > file.length)
      throw new Error(
        `the weights "${name}" should reach to byte ${offset + size}, and the file has ${file.length}; copy it again`,
      );
    return file.subarray(offset, offset + size);
  }
  const bytes = buffer.bytes(BUFFER.data);
  return bytes && bytes.length > 0 ? bytes : undefined;
}

function readQuantisation(
  table: Table | undefined,
  shape: readonly number[],
  name: string,
): Quantisation | undefined {
  const scales = table?.numbers(QUANTIZATION.scale, "float32") ?? [];
  if (!table || scales.length === 0) return undefined;
  const axis = table.number(QUANTIZATION.axis, "int32");
  const zeros = table.numbers(QUANTIZATION.zeroPoint, "int64");
  const wrong = (what: string) => new Error(`the tensor "${name}" is quantised wrongly: ${what}`);
  if (scales.length > 1 && scales.length !== shape[axis])
    throw wrong(`${scales.length} scales for the axis ${axis} of [${shape.join(", ")}]`);
  if (!scales.every((scale) => Number.isFinite(scale) && scale >= 0)) throw wrong("a scale is no number");
  if (zeros.length > 1 && zeros.length !== scales.length)
    throw wrong(`${zeros.length} zero points for ${scales.length} scales`);
  if (!zeros.every((zero) => Math.abs(zero) < 2 ** 31)) throw wrong(`the zero points [${zeros.join(", ")}]`);
  return { scales, zeros: zeros.length > 0 ? zeros : [0], axis };
}

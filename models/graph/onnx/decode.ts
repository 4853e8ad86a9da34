import { GraphBuilder } from "../builder.ts";
import {
  type Attribute,
  type DataType,
  type Dimension,
  fromBytes,
  type Tensor,
  type TensorValue,
  typedArray,
} from "../types.ts";
import { fetchExternal } from "./external-weights.ts";
import { modernize } from "./modernize.ts";
import {
  type AttributeMessage,
  DATA_TYPE,
  FLOAT16,
  type GraphMessage,
  type ModelMessage,
  type NodeMessage,
  readModel,
  type TensorMessage,
  type ValueInfoMessage,
} from "./schema.ts";
import { inOrder } from "./sort-nodes.ts";

export interface DecodeOptions {
  /** Fixed numbers for symbolic sizes, for instance `{ batch: 1 }`. */
  dimensions?: Readonly<Record<string, number>> | undefined;
  /** Which initializers become parameters (trainable); none without. */
  parameters?: (name: string, value: TensorValue) => boolean;
  /** Half-precision models are refused unless they are to be computed in single precision instead. */
  float16?: "refuse" | "convert";
  /** The bytes of a file beside this one, for weights that lie there; without it such models are refused. */
  external?: (file: string) => Uint8Array | undefined;
}

/** The operator sets that can be read; what lies between is rewritten in the words of the newest spelling. */
const OLDEST_OPSET = 9;

/**
 * Reads an ONNX file (its bytes, or the message that was read from them) into a builder, so that it can be extended,
 * differentiated or appended to another graph.
 *
 * @throws Error naming what is not supported (an operator and its node, half precision, external data, ...).
 */
export function decodeModel(file: Uint8Array | ModelMessage, options: DecodeOptions = {}): GraphBuilder {
  const model = file instanceof Uint8Array ? readModel(file) : file;
  const graph = model.graph ?? {};
  if (options.external) fetchExternal(graph, options.external);
  const opset = model.opsets?.find(({ domain = "" }) => domain === "" || domain === "ai.onnx")?.version ?? 0;
  if (opset < OLDEST_OPSET) {
    throw new Error(
      `The model uses operator set ${opset}; export it with operator set ${OLDEST_OPSET} or newer (17 is well tried)`,
    );
  }
  if (graph.sparseInitializers?.length)
    throw new Error("The model has sparse initializers, which are not supported");
  const g = new GraphBuilder();
  g.opset = Math.max(g.opset, opset);
  const tensors = new Map<string, Tensor>();
  const elementType = (code: number | undefined, where: string): DataType => {
    if (code === FLOAT16) {
      if (options.float16 === "convert") return "float32";
      throw new Error(
        `${where} is float16, which is not supported; pass { float16: "convert" } to compute in float32`,
      );
    }
    const found = Object.entries(DATA_TYPE).find(([, known]) => known === code);
    if (!found) throw new Error(`${where} has the ONNX element type ${code}, which is not supported`);
    return found[0] as DataType;
  };

  const scope: Scope = { g, opset, elementType, parameters: options.parameters };
  readInitializers(graph, tensors, scope);
  for (const message of graph.inputs ?? []) {
    const name = message.name ?? "";
    if (tensors.has(name)) continue; // older files list initializers as inputs too
    tensors.set(
      name,
      g.input(
        name,
        elementType(message.type?.tensor?.elementType, `The input "${name}"`),
        shapeOf(message, options),
      ),
    );
  }
  readNodes(graph, tensors, scope);
  for (const { name = "" } of graph.outputs ?? []) {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`Nothing computes the output "${name}"`);
    // Folding and merging may have left the name free or given it to an equal tensor.
    g.output(name, tensor);
  }
  return g;
}

type ElementType = (code: number | undefined, where: string) => DataType;

/** What reading a graph, or one inside another, goes by. */
interface Scope {
  readonly parameters: DecodeOptions["parameters"] | undefined;
  readonly g: GraphBuilder;
  readonly opset: number;
  readonly elementType: ElementType;
}

type Tensors = Map<string, Tensor>;

function readInitializers(
  { initializers = [] }: GraphMessage,
  tensors: Tensors,
  { g, elementType, parameters }: Scope,
  inner = false,
): void {
  for (const message of initializers) {
    const name = message.name ?? "";
    const value = tensorValue(message, `The initializer "${name}"`, elementType);
    const trainable = parameters?.(name, value) ?? false;
    if (trainable) tensors.set(name, g.parameter(name, value.data, value.shape));
    else tensors.set(name, g.ownConstant(value, inner ? undefined : name));
  }
}

function readNodes(graph: GraphMessage, tensors: Tensors, scope: Scope): void {
  for (const message of inOrder(graph.nodes ?? [])) {
    const name = message.name || message.outputs?.[0] || (message.op ?? "");
    const inputs = (message.inputs ?? []).map((input) => {
      if (input === "") return undefined;
      const tensor = tensors.get(input);
      if (!tensor) throw new Error(`The node "${name}" reads "${input}", which nothing before it computes`);
      return tensor;
    });
    const outputs =
      message.op === "If"
        ? decodeIf(message, name, inputs, tensors, scope)
        : decodeNode(scope, message, name, inputs);
    for (const [index, output] of (message.outputs ?? []).entries()) {
      if (!output) continue;
      if (tensors.has(output))
        throw new Error(`The node "${name}" computes "${output}", which is there already`);
      tensors.set(output, outputs[index]!);
    }
  }
}

/** The branch that a known condition takes, in place of the If: what the other one would compute is left out. */
function decodeIf(
  { attributes = [] }: NodeMessage,
  name: string,
  [condition]: readonly (Tensor | undefined)[],
  around: Tensors,
  scope: Scope,
): readonly Tensor[] {
  const [value] = (condition && scope.g.valuesOf(condition)) ?? [];
  if (typeof value !== "number") {
    throw new Error(
      `If (node "${name}") depends on what is heard or on a size that is not fixed; only conditions known beforehand are ` +
        "supported: export the model with fixed sizes",
    );
  }
  const branch = attributes.find((each) => each.name === (value ? "then_branch" : "else_branch"))?.graph;
  if (!branch) throw new Error(`If (node "${name}") has no branch for ${value ? "true" : "false"}`);
  const tensors = new Map(around);
  readInitializers(branch, tensors, scope, true);
  readNodes(branch, tensors, scope);
  return (branch.outputs ?? []).map(({ name: output = "" }) => {
    const tensor = tensors.get(output);
    if (!tensor) throw new Error(`Nothing computes "${output}" in If (node "${name}")`);
    return tensor;
  });
}

function decodeNode(
  { g, opset, elementType }: Scope,
  message: NodeMessage,
  name: string,
  inputs: (Tensor | undefined)[],
): readonly Tensor[] {
  const op =
    message.domain && message.domain !== "ai.onnx" ? `${message.domain}.${message.op}` : (message.op ?? "");
  const attributes: Record<string, Attribute> = {};
  for (const attribute of message.attributes ?? []) {
    attributes[attribute.name ?? ""] = attributeValue(attribute, op, name, elementType);
  }
  if (op === "Constant") return [constant(g, attributes, name)];
  const outputNames = message.outputs ?? [];
  let outputCount = outputNames.length;
  while (outputCount > 1 && !outputNames[outputCount - 1]) outputCount--;
  const call = modernize(g, { op, name, inputs, attributes, outputCount }, opset);
  return g.ops(call.op, call.inputs, call.attributes, { name, outputs: call.outputCount, outputNames });
}

function constant(g: GraphBuilder, attributes: Readonly<Record<string, Attribute>>, name: string): Tensor {
  const [[key, value] = ["", 0]] = Object.entries(attributes);
  if (typeof value === "object" && "data" in value) return g.constant(value.data, value.dtype, value.shape);
  if (key === "value_float" || key === "value_floats") return g.constant(value as number, "float32");
  if (key === "value_int" || key === "value_ints") return g.constant(value as number, "int64");
  throw new Error(`Constant (node "${name}"): ${key || "no value"} is not supported`);
}

function attributeValue(
  message: AttributeMessage,
  op: string,
  node: string,
  elementType: ElementType,
): Attribute {
  const where = `The attribute "${message.name}" of ${op} (node "${node}")`;
  if (op === "Cast" && message.name === "to") return elementType(message.int, where);
  const decoder = new TextDecoder();
  switch (message.type) {
    case 1:
      return message.float ?? 0;
    case 2:
      return message.int ?? 0;
    case 3:
      return decoder.decode(message.text);
    case 4:
      return tensorValue(message.tensor ?? {}, where, elementType);
    case 6:
      return message.floats ?? [];
    case 7:
      return message.ints ?? [];
    case 8:
      return (message.texts ?? []).map((text) => decoder.decode(text));
    default:
      throw new Error(`${where} has a kind that is not supported (subgraphs of Loop and Scan are not)`);
  }
}

function shapeOf(message: ValueInfoMessage, { dimensions = {} }: DecodeOptions): Dimension[] {
  const name = message.name ?? "";
  const shape = message.type?.tensor?.shape;
  if (!shape)
    throw new Error(`The input "${name}" has no shape; export the model with the shapes of its inputs`);
  return (shape.dims ?? []).map(({ value, parameter }, axis) => {
    if (parameter) return dimensions[parameter] ?? parameter;
    return value ?? `${name}?${axis}`;
  });
}

export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function tensorValue(message: TensorMessage, where: string, elementType: ElementType): TensorValue {
  const dtype = elementType(message.dataType, where);
  if (message.dataLocation) throw new Error(`${where} lies in an external file; save the model as one file`);
  const shape = message.dims ?? [];
  const count = shape.reduce((a, b) => a * b, 1);
  let data: TensorValue["data"];
  const raw = message.rawData;
  if (message.dataType === FLOAT16) {
    if (raw && raw.length % 2 !== 0)
      throw new Error(`${where} has ${raw.length} bytes, which are no whole number of elements`);
    const halves = raw ? new Uint16Array(raw.slice().buffer) : (message.int32Data ?? []);
    data = Float32Array.from(halves, halfToFloat);
  } else if (raw && raw.length > 0) data = fromBytes(dtype, raw);
  else
    data = typedArray(
      dtype,
      message.floatData ?? message.doubleData ?? message.int64Data ?? message.int32Data ?? [],
    );
  if (data.length !== count)
    throw new Error(`${where} has ${data.length} elements, its shape [${shape}] wants ${count}`);
  return { dtype, shape, data };
}

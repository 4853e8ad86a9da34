import type { GraphBuilder } from "../builder.ts";
import type { Attribute, Node, Tensor, TensorValue } from "../types.ts";
import {
  ATTRIBUTE_TYPE,
  type AttributeMessage,
  DATA_TYPE,
  type TensorMessage,
  type ValueInfoMessage,
  writeModel,
} from "./schema.ts";

export interface EncodeOptions {
  /** Parameters as initializers (a finished model, the default) or as inputs fed at every run (training). */
  parameters?: "initializers" | "inputs";
  /** Name of the graph in the file. */
  name?: string;
}

/** Attributes that are floats even when their value is a whole number; ONNX tells the two apart. */
const FLOAT_ATTRIBUTES = new Set(
  "alpha beta gamma epsilon momentum ratio lambd bias cubic_coeff_a extrapolation_value spatial_scale value_float value_floats".split(
    " ",
  ),
);

function attributeMessage(op: string, name: string, value: Attribute): AttributeMessage {
  const bytes = (text: string) => new TextEncoder().encode(text);
  if (op === "Cast" && name === "to") {
    return { name, int: DATA_TYPE[value as keyof typeof DATA_TYPE], type: ATTRIBUTE_TYPE.int };
  }
  if (typeof value === "string") return { name, text: bytes(value), type: ATTRIBUTE_TYPE.text };
  const isFloat = (items: readonly number[]) =>
    FLOAT_ATTRIBUTES.has(name) || items.some((item) => !Number.isInteger(item));
  if (typeof value === "number") {
    return isFloat([value])
      ? { name, float: value, type: ATTRIBUTE_TYPE.float }
      : { name, int: value, type: ATTRIBUTE_TYPE.int };
  }
  if ("data" in value) return { name, tensor: tensorMessage(undefined, value), type: ATTRIBUTE_TYPE.tensor };
  if (value.some((item) => typeof item === "string")) {
    return { name, texts: (value as string[]).map(bytes), type: ATTRIBUTE_TYPE.texts };
  }
  return isFloat(value as number[])
    ? { name, floats: [...(value as number[])], type: ATTRIBUTE_TYPE.floats }
    : { name, ints: [...(value as number[])], type: ATTRIBUTE_TYPE.ints };
}

function tensorMessage(name: string | undefined, { dtype, shape, data }: TensorValue): TensorMessage {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims: [...shape], dataType: DATA_TYPE[dtype], rawData };
}

function valueInfo(name: string, { dtype, shape }: Tensor): ValueInfoMessage {
  const dims = shape.map((size) => (typeof size === "number" ? { value: size } : { parameter: size }));
  return { name, type: { tensor: { elementType: DATA_TYPE[dtype], shape: { dims } } } };
}

/**
 * The graph as an ONNX file. Only what the outputs need is written.
 *
 * @throws Error when the graph has no outputs.
 */
export function encodeModel(
  g: GraphBuilder,
  { parameters = "initializers", name = "graph" }: EncodeOptions = {},
) {
  if (g.outputs.size === 0)
    throw new Error("The graph has no outputs: name some with g.output before encoding");

  const needed = new Set<Tensor>(g.outputs.values());
  const nodes: Node[] = [];
  for (const node of [...g.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const input of node.inputs) if (input) needed.add(input);
  }
  nodes.reverse();

  // A computed tensor takes the name of the output it is; anything else reaches its output through Identity.
  const names = new Map<Tensor, string>();
  const copies: { output: string; tensor: Tensor }[] = [];
  for (const [output, tensor] of g.outputs) {
    if (g.producer(tensor) && !names.has(tensor)) names.set(tensor, output);
    else copies.push({ output, tensor });
  }
  const there = [...needed, ...nodes.flatMap(({ outputs }) => outputs)];
  const taken = new Set([...g.outputs.keys(), ...there.map((tensor) => tensor.name)]);
  const renamed = new Map<Tensor, string>();
  const nameOf = (tensor: Tensor | undefined): string => {
    if (!tensor) return "";
    const given = names.get(tensor) ?? renamed.get(tensor);
    if (given !== undefined) return given;
    if (!g.outputs.has(tensor.name) || g.inputs.includes(tensor)) return tensor.name;
    // An output of the graph has its name.
    let free = `${tensor.name}_2`;
    for (let count = 3; taken.has(free); count++) free = `${tensor.name}_${count}`;
    taken.add(free);
    renamed.set(tensor, free);
    return free;
  };

  const inputs = g.inputs.map((input) => valueInfo(input.name, input));
  const initializers: TensorMessage[] = [];
  for (const tensor of needed) {
    const value = g.constantOf(tensor);
    if (!value) continue;
    if (parameters === "inputs" && g.isParameter(tensor)) continue;
    initializers.push(tensorMessage(nameOf(tensor), value));
  }
  if (parameters === "inputs") {
    for (const parameter of g.parameters.values())
      if (needed.has(parameter)) inputs.push(valueInfo(parameter.name, parameter));
  }
  return writeModel({
    irVersion: g.opset > 20 ? 10 : 8,
    producer: "listenable",
    opsets: [{ domain: "", version: g.opset }],
    graph: {
      name,
      nodes: [
        ...nodes.map((node) => ({
          op: node.op,
          name: node.name,
          inputs: node.inputs.map(nameOf),
          outputs: node.outputs.map(nameOf),
          attributes: Object.entries(node.attributes).map(([key, value]) =>
            attributeMessage(node.op, key, value as Attribute),
          ),
        })),
        ...copies.map(({ output, tensor }) => ({
          op: "Identity",
          name: `${output}/copy`,
          inputs: [nameOf(tensor)],
          outputs: [output],
        })),
      ],
      initializers,
      inputs,
      outputs: [...g.outputs].map(([output, tensor]) => valueInfo(output, tensor)),
    },
  });
}

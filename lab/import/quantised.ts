/** Brings quantised models back to floats: gradients pass through those, not through roundings. */
import type { GraphMessage, NodeMessage, TensorMessage } from "../../models/graph/onnx/schema.ts";
import { INTEGER_OPERATORS } from "./integer-operators.ts";

const FLOAT = 1;
/** Element types that stand for floats: uint8, int8, uint16, int16. */
const INTEGERS: Readonly<Record<number, readonly [least: number, most: number]>> = {
  2: [0, 255],
  3: [-128, 127],
  4: [0, 65_535],
  5: [-32_768, 32_767],
};

/** Scale and zero point of integers that stand for floats. */
export interface IntegerEnd {
  readonly scale: number;
  readonly zero: number;
  readonly dataType: number;
}

/** The graph in floats, as it is made. */
export class FloatGraph {
  readonly nodes: NodeMessage[] = [];
  readonly initializers: TensorMessage[];
  readonly #values = new Map<string, TensorMessage>();
  readonly #renamed = new Map<string, string>();
  weights = 0;
  roundings = 0;

  constructor({ nodes = [], initializers = [] }: GraphMessage) {
    this.initializers = [...initializers];
    for (const tensor of initializers) this.#values.set(tensor.name ?? "", tensor);
    for (const { op, outputs, attributes } of nodes) {
      const value = attributes?.find(({ name }) => name === "value")?.tensor;
      if (op === "Constant" && value && outputs) this.#values.set(outputs[0]!, value);
    }
  }

  /** What a tensor is called in the graph of floats. */
  called(name: string): string {
    return this.#renamed.get(name) ?? name;
  }

  rename(name: string, source: string): void {
    this.#renamed.set(name, this.called(source));
  }

  constant(name: string, values: readonly number[], dims: readonly number[] = [values.length]): string {
    this.initializers.push({ name, dims: [...dims], dataType: FLOAT, floatData: [...values] });
    return name;
  }

  /** The numbers of a constant tensor; undefined where it is none. */
  numbers(name: string | undefined): readonly number[] | undefined {
    const tensor = name ? this.#values.get(name) : undefined;
    return tensor && numbersOf(tensor);
  }

  /** A quantised tensor as floats: its weights turned, or what computes it, which is in floats already. */
  float(name: string, x: string, scale: string | undefined, zero: string | undefined, axis = 1): string {
    const [weight, scales] = [this.#values.get(x), scale ? this.#values.get(scale) : undefined];
    if (!weight) return this.called(x);
    if (scale && !scales) throw new Error(`the scale "${scale}" of the weights "${x}" is no constant`);
    const zeros = zero ? this.#values.get(zero) : undefined;
    this.initializers.push(dequantised(name, weight, scales ?? ONE, zeros, axis));
    this.weights++;
    return name;
  }

  /** `y`, computed as `from` is, within what its integers can hold. */
  quantised(y: string, from: string, scale: string | undefined, zero: string | undefined): void {
    const of = (name: string | undefined) => (name ? this.#values.get(name) : undefined);
    const range = rangeOf(of(scale), of(zero));
    this.roundings++;
    if (!range) {
      this.#renamed.set(y, from);
      return;
    }
    const bounds = range.map((value, end) =>
      this.constant(`${y}/${end === 0 ? "least" : "most"}`, [value], []),
    );
    this.nodes.push({ op: "Clip", name: `${y}/clip`, inputs: [from, ...bounds], outputs: [y] });
  }
}

export interface IntegerEnds {
  readonly input?: IntegerEnd | undefined;
  readonly output?: IntegerEnd | undefined;
}

/** The graph with its integer inputs as the floats that they stand for, and what that is of its first input and of `output`. */
export function withFloatEnds(
  graph: GraphMessage,
  output: string,
): { graph: GraphMessage; ends: IntegerEnds } {
  const floats = new FloatGraph(graph);
  const end = (dataType: number | undefined, node: NodeMessage | undefined): IntegerEnd | undefined => {
    if (dataType === undefined || !(dataType in INTEGERS)) return undefined;
    const [scale, zero] = [1, 2].map((at) => floats.numbers(node?.inputs?.[at])?.[0]);
    return { dataType, scale: scale ?? 1, zero: (scale !== undefined && zero) || 0 };
  };
  const quantises = ({ op = "" }: NodeMessage) => op.endsWith("quantizeLinear") || op in INTEGER_OPERATORS;
  const nodes = graph.nodes ?? [];
  let input: IntegerEnd | undefined;
  const inputs = graph.inputs?.map((value) => {
    const reader = nodes.find((node) => node.inputs?.[0] === value.name && quantises(node));
    const found = end(value.type?.tensor?.elementType, reader);
    if (!found) return value;
    input ??= found;
    return { ...value, type: { tensor: { ...value.type?.tensor, elementType: FLOAT } } };
  });
  const last = nodes.find((node) => node.outputs?.includes(output));
  const type = graph.outputs?.find(({ name }) => name === output)?.type?.tensor?.elementType;
  return { graph: { ...graph, inputs }, ends: { input, output: end(type, last) } };
}

/** The least and the most that integers of a type can be. */
export function integerRange({ dataType }: IntegerEnd): readonly [least: number, most: number] {
  return INTEGERS[dataType] ?? [0, 255];
}

const ONE: TensorMessage = { dims: [], dataType: FLOAT, floatData: [1] };

/**
 * The graph with quantised weights as floats, clips in place of the pairs of QuantizeLinear and DequantizeLinear around its
 * operators, and what computes in integers in floats; the same object where nothing is quantised.
 *
 * @throws Error naming the operator where that cannot be.
 */
export function withoutQuantisation(graph: GraphMessage, notes: string[]): GraphMessage {
  const nodes = graph.nodes ?? [];
  const isQuantised = ({ op = "" }: NodeMessage) =>
    op === "DequantizeLinear" || op === "QuantizeLinear" || op in INTEGER_OPERATORS;
  if (!nodes.some(isQuantised)) return graph;
  const floats = new FloatGraph(graph);
  let integers = 0;
  for (const node of nodes) {
    const [x = "", scale = "", zero = ""] = node.inputs ?? [];
    const [y = ""] = node.outputs ?? [];
    const rewrite = INTEGER_OPERATORS[node.op ?? ""];
    if (node.op === "QuantizeLinear") floats.quantised(y, floats.called(x), scale, zero);
    else if (node.op === "DequantizeLinear") {
      const attribute = (name: string) => node.attributes?.find((each) => each.name === name)?.int;
      if (attribute("block_size"))
        throw new Error(`DequantizeLinear (node "${node.name || y}") by blocks is not supported`);
      if (floats.numbers(x)) floats.rename(y, floats.float(y, x, scale, zero, attribute("axis") ?? 1));
      else floats.rename(y, x);
    } else if (rewrite) {
      rewrite(node, floats);
      integers++;
    } else floats.nodes.push({ ...node, inputs: node.inputs?.map((input) => floats.called(input)) });
  }
  const computed = integers > 0 ? `, ${integers} operators that compute in integers compute in floats` : "";
  notes.push(
    `It is quantised: ${floats.weights} weights were turned into floats${computed}, and ${floats.roundings} roundings between ` +
      "operators left out, so its answers differ from the file's by about as much as those roundings.",
  );
  // An output that was the end of such a pair is named again.
  for (const { name = "" } of graph.outputs ?? []) {
    const source = floats.called(name);
    if (source !== name)
      floats.nodes.push({ op: "Identity", name: `${name}/float`, inputs: [source], outputs: [name] });
  }
  return { ...graph, nodes: floats.nodes, initializers: floats.initializers };
}

/**
 * What its integers can hold: rounding is left out, but not the ends of the range. Quantisers rely on them and leave out the
 * Relu that they stand for.
 */
function rangeOf(
  scale: TensorMessage | undefined,
  zero: TensorMessage | undefined,
): [number, number] | undefined {
  const [step, ...others] = scale ? numbersOf(scale) : [];
  if (step === undefined || others.length > 0) return undefined;
  const [middle = 0] = zero ? numbersOf(zero) : [0];
  const [least, most] = INTEGERS[zero?.dataType ?? 2] ?? [0, 255];
  return [(least - middle) * step, (most - middle) * step];
}

/** (x − zero) · scale, with one scale for all or one for each place along the axis. */
function dequantised(
  name: string,
  x: TensorMessage,
  scale: TensorMessage,
  zero: TensorMessage | undefined,
  axis: number,
): TensorMessage {
  const dims = x.dims ?? [];
  const scales = numbersOf(scale);
  const zeros = zero ? numbersOf(zero) : [0];
  const at = axis < 0 ? axis + dims.length : axis;
  const inner = dims.slice(at + 1).reduce((a, b) => a * b, 1);
  const place = (index: number, count: number) =>
    count === 1 ? 0 : Math.floor(index / inner) % (dims[at] ?? 1);
  const floatData = numbersOf(x).map(
    (value, index) =>
      (value - zeros[place(index, zeros.length)]) * Math.fround(scales[place(index, scales.length)]),
  );
  return { name, dims, dataType: FLOAT, floatData };
}

function numbersOf(tensor: TensorMessage): number[] {
  const raw = tensor.rawData?.slice();
  switch (tensor.dataType) {
    case FLOAT:
      return raw?.length ? Array.from(new Float32Array(raw.buffer)) : (tensor.floatData ?? []);
    case 2:
      return raw?.length ? Array.from(raw) : (tensor.int32Data ?? []);
    case 3:
      return raw?.length ? Array.from(new Int8Array(raw.buffer)) : (tensor.int32Data ?? []);
    case 4:
      return raw?.length ? Array.from(new Uint16Array(raw.buffer)) : (tensor.int32Data ?? []);
    case 5:
      return raw?.length ? Array.from(new Int16Array(raw.buffer)) : (tensor.int32Data ?? []);
    case 6:
      return raw?.length ? Array.from(new Int32Array(raw.buffer)) : (tensor.int32Data ?? []);
    default:
      throw new Error(
        `the quantised weights "${tensor.name}" have the ONNX element type ${tensor.dataType}; integers of 8, 16 and 32 bits ` +
          "are known; quantise to one of these or give the model as it was before",
      );
  }
}

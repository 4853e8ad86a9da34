/** Brings quantised models back to floats: gradients pass through those, not through roundings. */
import type { GraphMessage, NodeMessage, TensorMessage } from "../../models/graph/onnx/schema.ts";

const FLOAT = 1;

/** Operators that compute in integers; there is nothing to differentiate. */
const INTEGER_OPERATORS = new Set([
  "QLinearConv",
  "QLinearMatMul",
  "QLinearAdd",
  "QLinearGlobalAveragePool",
  "QGemm",
  "ConvInteger",
  "MatMulInteger",
  "DynamicQuantizeLinear",
]);

/**
 * The graph with quantised weights as floats and clips in place of the pairs of QuantizeLinear and DequantizeLinear
 * around its operators; the same object where nothing is quantised.
 *
 * @throws Error naming the operator where it computes in integers.
 */
export function withoutQuantisation(graph: GraphMessage, notes: string[]): GraphMessage {
  const nodes = graph.nodes ?? [];
  const integer = nodes.find(({ op = "" }) => INTEGER_OPERATORS.has(op));
  if (integer) {
    throw new Error(
      `the operator ${integer.op} (node "${integer.name || integer.outputs?.[0]}") computes in integers, which has no ` +
        "gradient; give the model as it was before its quantisation, or one quantised in the QDQ format",
    );
  }
  if (!nodes.some(({ op }) => op === "DequantizeLinear" || op === "QuantizeLinear")) return graph;

  const tensors = new Map((graph.initializers ?? []).map((tensor) => [tensor.name ?? "", tensor]));
  for (const { op, outputs, attributes } of nodes) {
    const value = attributes?.find(({ name }) => name === "value")?.tensor;
    if (op === "Constant" && value && outputs) tensors.set(outputs[0], value);
  }
  const initializers = [...(graph.initializers ?? [])];
  const renamed = new Map<string, string>();
  const kept: NodeMessage[] = [];
  let weights = 0;
  let pairs = 0;
  for (const node of nodes) {
    const [x = "", scale = "", zero = ""] = node.inputs ?? [];
    const [y = ""] = node.outputs ?? [];
    const name = renamed.get(x) ?? x;
    if (node.op === "QuantizeLinear") {
      const range = rangeOf(tensors.get(scale), tensors.get(zero));
      if (range) {
        const bounds = range.map((value, end) => {
          const bound = `${y}/${end === 0 ? "least" : "most"}`;
          initializers.push({ name: bound, dims: [], dataType: FLOAT, floatData: [value] });
          return bound;
        });
        kept.push({ op: "Clip", name: `${y}/clip`, inputs: [name, ...bounds], outputs: [y] });
      } else renamed.set(y, name);
      pairs++;
    } else if (node.op === "DequantizeLinear") {
      const weight = tensors.get(x);
      const scales = tensors.get(scale);
      if (weight && scales) {
        const axis = node.attributes?.find((each) => each.name === "axis")?.int ?? 1;
        initializers.push(dequantised(y, weight, scales, tensors.get(zero), axis));
        weights++;
      } else renamed.set(y, renamed.get(x) ?? x);
    } else kept.push({ ...node, inputs: node.inputs?.map((input) => renamed.get(input) ?? input) });
  }
  notes.push(
    `It is quantised: ${weights} weights were turned into floats, and ${pairs} roundings between operators left out, so ` +
      "its answers differ from the file's by about as much as those roundings.",
  );
  // An output that was the end of such a pair is named again.
  for (const { name = "" } of graph.outputs ?? []) {
    const source = renamed.get(name);
    if (source) kept.push({ op: "Identity", name: `${name}/float`, inputs: [source], outputs: [name] });
  }
  return { ...graph, nodes: kept, initializers };
}

/**
 * What 8 bits can hold: rounding is left out, but not the ends of the range. Quantisers rely on them and leave out the
 * Relu that they stand for.
 */
function rangeOf(
  scale: TensorMessage | undefined,
  zero: TensorMessage | undefined,
): [number, number] | undefined {
  const [step, ...others] = scale ? numbersOf(scale) : [];
  if (step === undefined || others.length > 0) return undefined;
  const [middle] = zero ? numbersOf(zero) : [0];
  const [least, most] = zero?.dataType === 3 ? [-128, 127] : [0, 255];
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
    case 6:
      return raw?.length ? Array.from(new Int32Array(raw.buffer)) : (tensor.int32Data ?? []);
    default:
      throw new Error(
        `the quantised weights "${tensor.name}" have the ONNX element type ${tensor.dataType}; int8, uint8 and int32 ` +
          "are known; quantise to one of these or give the model as it was before",
      );
  }
}

/** Copies a decoded classifier into another graph, as often as needed, with its weights there once. */
import type { GraphBuilder, Node, Tensor } from "../../models/graph/index.ts";

const weightsIn = new WeakMap<GraphBuilder, WeakMap<GraphBuilder, Map<Tensor, Tensor>>>();

function weightsOf(g: GraphBuilder, from: GraphBuilder): Map<Tensor, Tensor> {
  const sources = weightsIn.get(g) ?? new WeakMap<GraphBuilder, Map<Tensor, Tensor>>();
  weightsIn.set(g, sources);
  const known = sources.get(from) ?? new Map<Tensor, Tensor>();
  sources.set(from, known);
  return known;
}

interface InlineOptions {
  /** Tensors of `from` to replace by what this gives of their copy; it lies on the path of whatever follows. */
  readonly replace?: ReadonlyMap<Tensor, (copy: Tensor) => Tensor>;
}

/**
 * Appends all nodes of `from` to `g`, its only input replaced, and returns what became of each of its tensors.
 *
 * A network that was exported for one item has sizes of one written into its reshapes; where the batch is a name,
 * they are made to follow it.
 */
export function inline(
  g: GraphBuilder,
  from: GraphBuilder,
  input: Tensor,
  { replace = new Map() }: InlineOptions = {},
): (tensor: Tensor) => Tensor {
  g.opset = Math.max(g.opset, from.opset);
  const weights = weightsOf(g, from);
  const copies = new Map<Tensor, Tensor>([[from.inputs[0], input]]);
  const copyOf = (tensor: Tensor): Tensor => {
    const known = copies.get(tensor) ?? weights.get(tensor);
    if (known) return known;
    const value = from.constantOf(tensor);
    if (!value) throw new Error(`"${tensor.name}" has no value`);
    const constant = g.constant(value.data, value.dtype, value.shape);
    weights.set(tensor, constant);
    return constant;
  };
  for (const node of from.nodes) {
    const sources = node.inputs.map((source) => source && copyOf(source));
    const { inputs, attributes } = followingBatch(g, node, sources);
    const outputs =
      from.isRounded(node.outputs[0]) && inputs[0]
        ? [g.rounded(inputs[0])]
        : g.ops(node.op, inputs, attributes, { outputs: node.outputCount, name: node.name });
    for (const [index, output] of node.outputs.entries()) {
      const change = replace.get(output);
      copies.set(output, change ? change(outputs[index]) : outputs[index]);
    }
  }
  return copyOf;
}

/** A reshape to [1, ...] of a tensor whose first size is a name keeps that size instead (0 means: as it was). */
function followingBatch(
  g: GraphBuilder,
  node: Node,
  inputs: readonly (Tensor | undefined)[],
): Pick<Node, "inputs" | "attributes"> {
  const { attributes } = node;
  const [x, shape] = inputs;
  if (node.op !== "Reshape" || !x || !shape || typeof x.shape[0] !== "string") return { inputs, attributes };
  const wanted = g.valuesOf(shape);
  if (wanted?.[0] !== 1 || !wanted.every((size) => typeof size === "number")) return { inputs, attributes };
  return {
    inputs: [x, g.int64([0, ...wanted.slice(1)])],
    attributes: { ...attributes, allowzero: undefined },
  };
}

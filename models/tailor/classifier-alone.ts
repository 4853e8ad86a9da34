/**
 * Cuts a method's graph down to its classifier, for whoever asks what is heard and not where: most of a graph's work is
 * in its mask.
 */
import { decodeModel, encodeModel, type GraphBuilder, type Node, type Tensor } from "../graph/index.ts";

export interface ClassifierOptions {
  /** The files beside the graph that hold weights of it. */
  readonly weights?: ReadonlyMap<string, Uint8Array>;
  /** Without the input `target`, where the graph has one: no classifier asks for it. */
  readonly withoutTarget?: boolean;
}

/**
 * The graph (an `.onnx` file with the signature of models/pack/pack.ts) with the same signature and the same probabilities, but
 * masks of zeros that nothing is computed for. Of a streaming graph's state it keeps what the probabilities come from; the
 * rest, what only masks remember, stays zero, as far as the graph cuts its state by `Slice` or `Split` and joins it by one `Concat`.
 *
 * @throws Error when the file holds what decodeModel can't read, or has no magnitudes.
 */
export function classifierAlone(
  graph: Uint8Array,
  { weights, withoutTarget = false }: ClassifierOptions = {},
): Uint8Array<ArrayBuffer> {
  const g = decodeModel(graph, { external: (file) => weights?.get(file) });
  const magnitudes = g.inputs.find(({ name }) => name === "magnitudes");
  if (!magnitudes) throw new Error("the graph has no input magnitudes, so its classifier can't be cut out");
  g.outputs.set("mask", g.mul(magnitudes, 0));
  forgetMasks(g);
  const target = g.inputs.findIndex(({ name }) => name === "target");
  if (withoutTarget && target >= 0) g.inputs.splice(target, 1);
  return encodeModel(g);
}

/** Of the numbers of a state: from, and the one after the last. */
type Span = readonly [from: number, to: number];

/** Leaves out of the next state what no probability is computed from, now or later. */
function forgetMasks(g: GraphBuilder): void {
  const state = g.inputs.find(({ name }) => name === "state");
  const next = g.outputs.get("next_state");
  const joined = next && g.producer(next);
  if (!state || joined?.op !== "Concat" || joined.attributes["axis"] !== 1) return;
  let end = 0;
  const parts = (joined.inputs as Tensor[]).map((tensor) => {
    const from = end;
    end += Number(tensor.shape[1]);
    return { tensor, span: [from, end] as Span };
  });
  const kept = new Set<Tensor>();
  const read = spansRead(g, state, g.outputs.get("probabilities")!);
  for (;;) {
    const more = parts.filter(
      ({ tensor, span }) => !kept.has(tensor) && read.some((each) => overlap(each, span)),
    );
    if (more.length === 0) break;
    for (const { tensor } of more) {
      kept.add(tensor);
      read.push(...spansRead(g, state, tensor));
    }
  }
  const zeros = ([from, to]: Span) => g.mul(g.slice(state, 1, from, to), 0);
  const left = parts.map(({ tensor, span }) => (kept.has(tensor) ? tensor : zeros(span)));
  g.outputs.set("next_state", g.concat(left, 1));
}

/** What of the state a tensor is computed from. */
function spansRead(g: GraphBuilder, state: Tensor, tensor: Tensor): Span[] {
  const spans: Span[] = [];
  const seen = new Set<Tensor>();
  const waiting = [tensor];
  for (let each = waiting.pop(); each; each = waiting.pop()) {
    if (seen.has(each)) continue;
    seen.add(each);
    const node = g.producer(each);
    if (each === state) spans.push([0, Number(state.shape[1])]);
    const span = node?.inputs[0] === state ? (sliced(g, node) ?? split(g, node, each)) : undefined;
    if (span) spans.push(span);
    else for (const input of node?.inputs ?? []) if (input) waiting.push(input);
  }
  return spans;
}

/** What of the state's numbers a `Slice` of it takes; undefined of what is no such slice. */
function sliced(g: GraphBuilder, { op, inputs }: Node): Span | undefined {
  const [state, ...limits] = inputs as Tensor[];
  const [start, end, axis, step = 1] = limits.map((limit) => g.constantOf(limit)?.data[0]).map(Number);
  if (op !== "Slice" || axis !== 1 || step !== 1 || start < 0 || end < 0) return undefined;
  return [start, Math.min(end, Number(state.shape[1]))];
}

/** The same of a `Split` whose sizes are known. */
function split(g: GraphBuilder, { op, inputs, attributes, outputs }: Node, part: Tensor): Span | undefined {
  const sizes = inputs[1] && g.constantOf(inputs[1])?.data;
  if (op !== "Split" || attributes["axis"] !== 1 || !sizes) return undefined;
  const index = outputs.indexOf(part);
  const from = Array.from(sizes.slice(0, index), Number).reduce((sum, size) => sum + size, 0);
  return [from, from + Number(sizes[index])];
}

function overlap(a: Span, b: Span): boolean {
  return a[0] < b[1] && b[0] < a[1];
}

/** Recurrent layers, unrolled over their steps: each is one matrix product and what its gates do. */
import type { GraphBuilder } from "../builder.ts";
import { describe, need, number, type OperatorFamily, text } from "../rule.ts";
import { fixedSize } from "../shapes.ts";
import type { Call, Dimension, Tensor, TensorType } from "../types.ts";
import { composed, refuseInputs } from "./composed.ts";

/** Each step is a dozen nodes, and as many again for its gradient: a minute of 10 ms steps is no graph any more. */
const MOST_STEPS = 2048;

type Activation = (g: GraphBuilder, x: Tensor) => Tensor;

const ACTIVATIONS: Record<string, Activation> = {
  sigmoid: (g, x) => g.sigmoid(x),
  tanh: (g, x) => g.op("Tanh", [x]),
  relu: (g, x) => g.relu(x),
};

interface Layer {
  /** Width of the state. */
  readonly hidden: number;
  /** W [gates · hidden, in], R [gates · hidden, hidden], turned for products from the left. */
  readonly input: Tensor;
  readonly recurrent: Tensor;
  /** Of the input and of the state, [1, 1, gates · hidden]; none without. */
  readonly biases?: readonly [Tensor, Tensor];
  readonly activations: readonly Activation[];
}

/** The state of a step from that before, all [1, B, hidden]; undefined where it is zero. */
type State = readonly (Tensor | undefined)[];
type Step = (g: GraphBuilder, layer: Layer, heard: Tensor, state: State) => readonly Tensor[];

function axisOfSteps(call: Call): number {
  return number(call, "layout", 0) === 1 ? 1 : 0;
}

function directions(call: Call): readonly ("forward" | "reverse")[] {
  const direction = text(call, "direction", "forward");
  if (direction === "bidirectional") return ["forward", "reverse"];
  if (direction === "forward" || direction === "reverse") return [direction];
  throw new Error(`${describe(call)}: the direction "${direction}" is not known`);
}

/** [parts] along the first axis, each with that axis of one. */
function parts(g: GraphBuilder, x: Tensor, count: number, axis = 0): readonly Tensor[] {
  if (count === 1) return [x];
  const size = fixedSize(x, axis, "Split") / count;
  return g.ops(
    "Split",
    [x, g.int64(Array.from({ length: count }, () => size))],
    { axis },
    { outputs: count },
  );
}

function layersOf(call: Call, g: GraphBuilder, gates: number, usual: readonly string[]): Layer[] {
  const [w, r, b] = [need(call, 1), need(call, 2), call.inputs[3]];
  const count = directions(call).length;
  const hidden = fixedSize(r, 2, describe(call));
  const rows = gates * hidden;
  const named = call.attributes["activations"];
  const names = Array.isArray(named)
    ? named.map((name) => String(name).toLowerCase())
    : Array.from({ length: count }, () => usual).flat();
  return Array.from({ length: count }, (_, k) => {
    const own = names.slice(k * usual.length, (k + 1) * usual.length);
    const activations = own.map((name) => {
      const found = ACTIVATIONS[name];
      if (!found) throw new Error(`${describe(call)}: the activation "${name}" is not supported`);
      return found;
    });
    const of = (x: Tensor) => g.transpose(g.reshape(g.slice(x, 0, k, k + 1), [rows, -1]), [1, 0]);
    const bias = (from: number) =>
      b && g.reshape(g.slice(g.slice(b, 0, k, k + 1), 1, from, from + rows), [1, 1, rows]);
    const [ofInput, ofState] = [bias(0), bias(rows)];
    const layer = { hidden, input: of(w), recurrent: of(r), activations };
    return ofInput && ofState ? { ...layer, biases: [ofInput, ofState] } : layer;
  });
}

function recurrent(gates: number, states: number, usual: readonly string[], step: (call: Call) => Step) {
  const infer = (call: Call): TensorType[] => {
    const x = need(call, 0);
    const hidden = fixedSize(need(call, 2), 2, describe(call));
    const count = directions(call).length;
    const last = axisOfSteps(call) === 1 ? [x.shape[0]!, count, hidden] : [count, x.shape[1]!, hidden];
    const [first, second] = x.shape as readonly [Dimension, Dimension];
    const all = axisOfSteps(call) === 1 ? [first, second, count, hidden] : [first, count, second, hidden];
    return [all, ...Array.from({ length: states }, () => last)].map((shape) => ({ dtype: x.dtype, shape }));
  };
  return composed((call, g) => {
    const axis = axisOfSteps(call);
    const steps = need(call, 0).shape[axis];
    if (typeof steps !== "number") return [];
    if (steps > MOST_STEPS) throw new Error(`${describe(call)}: ${steps} steps; ${MOST_STEPS} are the most`);
    if (call.attributes["clip"] !== undefined || number(call, "input_forget", 0) !== 0)
      throw new Error(`${describe(call)}: clip and input_forget are not supported`);
    refuseInputs(call, [
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      "peepholes",
    ]);
    checkLengths(call, g, steps);
    const turned = (x: Tensor) => (axis === 1 ? g.transpose(x, [1, 0, 2]) : x);
    const x = turned(need(call, 0));
    const advance = step(call);
    const layers = layersOf(call, g, gates, usual);
    const starts = Array.from({ length: states }, (_, k) => {
      const start = call.inputs[5 + k];
      return start && parts(g, turned(start), layers.length);
    });
    const found = directions(call).map((direction, k) =>
      unrolled(g, layers[k]!, x, advance, {
        reverse: direction === "reverse",
        start: starts.map((start) => start?.[k]),
        steps,
      }),
    );
    // [T, D, B, hidden] and [D, B, hidden]; with layout 1 [B, T, D, hidden] and [B, D, hidden].
    const all = g.concat(
      found.map(({ all }) => g.op("Unsqueeze", [all, g.int64([1])])),
      1,
    );
    const last = Array.from({ length: states }, (_, k) =>
      turned(
        g.concat(
          found.map(({ last }) => last[k]!),
          0,
        ),
      ),
    );
    return [axis === 1 ? g.transpose(all, [2, 0, 1, 3]) : all, ...last];
  }, infer);
}

/** Sequences of all lengths but the whole would need steps that are left out for some. */
function checkLengths(call: Call, g: GraphBuilder, steps: number): void {
  const lengths = call.inputs[4];
  if (!lengths) return;
  if (!g.valuesOf(lengths)?.every((length) => length === steps))
    throw new Error(`${describe(call)}: sequence_lens other than all of the steps are not supported`);
}

/** All states' first part [T, B, hidden], in the order of time, and the last state. */
function unrolled(
  g: GraphBuilder,
  layer: Layer,
  x: Tensor,
  advance: Step,
  { reverse, start, steps }: { reverse: boolean; start: State; steps: number },
): { all: Tensor; last: readonly Tensor[] } {
  const product = g.matmul(x, layer.input);
  const heard = parts(g, layer.biases ? g.add(product, layer.biases[0]) : product, steps);
  let state = start;
  const outputs: Tensor[] = [];
  for (const at of reverse ? heard.toReversed() : heard) {
    state = advance(g, layer, at, state);
    outputs.push(state[0]!);
  }
  return { all: g.concat(reverse ? outputs.reverse() : outputs, 0), last: state as readonly Tensor[] };
}

/** What the gates get of a state: R h + its bias. */
function ofState(g: GraphBuilder, { recurrent, biases }: Layer, h: Tensor | undefined): Tensor | undefined {
  const product = h && g.matmul(h, recurrent);
  return product && biases ? g.add(product, biases[1]) : (product ?? biases?.[1]);
}

function plus(g: GraphBuilder, a: Tensor, b: Tensor | undefined): Tensor {
  return b ? g.add(a, b) : a;
}

const lstm: Step = (g, layer, heard, [h, c]) => {
  const [f, inner, outer] = layer.activations as [Activation, Activation, Activation];
  const [input, output, forget, cell] = parts(g, plus(g, heard, ofState(g, layer, h)), 4, 2) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const fresh = g.mul(f(g, input), inner(g, cell));
  const next = c ? g.add(g.mul(f(g, forget), c), fresh) : fresh;
  return [g.mul(f(g, output), outer(g, next)), next];
};

function gru(call: Call): Step {
  const after = number(call, "linear_before_reset", 0) === 1;
  return (g, layer, heard, [h]) => {
    const [f, inner] = layer.activations as [Activation, Activation];
    const { hidden, recurrent, biases } = layer;
    const cut = (x: Tensor | undefined, from: number, to: number) =>
      x && g.slice(x, x.shape.length - 1, from * hidden, to * hidden);
    const gates = cut(heard, 0, 2)!;
    const own = { ...layer, recurrent: cut(recurrent, 0, 2)! };
    const bias = biases && ([biases[0], cut(biases[1], 0, 2)!] as const);
    const state = ofState(g, bias ? { ...own, biases: bias } : own, h);
    const [update, reset] = parts(g, f(g, plus(g, gates, state)), 2, 2) as [Tensor, Tensor];
    const ofCandidate = cut(recurrent, 2, 3)!;
    const candidateBias = cut(biases?.[1], 2, 3);
    let rest: Tensor | undefined;
    if (after) {
      const product = h && g.matmul(h, ofCandidate);
      const whole = product ? plus(g, product, candidateBias) : candidateBias;
      rest = whole && g.mul(reset, whole);
    } else {
      const product = h && g.matmul(g.mul(reset, h), ofCandidate);
      rest = product ? plus(g, product, candidateBias) : candidateBias;
    }
    const candidate = inner(g, plus(g, cut(heard, 2, 3)!, rest));
    const fresh = g.mul(g.sub(1, update), candidate);
    return [h ? g.add(fresh, g.mul(update, h)) : fresh];
  };
}

const plain: Step = (g, layer, heard, [h]) => [
  layer.activations[0]!(g, plus(g, heard, ofState(g, layer, h))),
];

export const recurrentFamily: OperatorFamily = {
  LSTM: recurrent(4, 2, ["sigmoid", "tanh", "tanh"], () => lstm),
  GRU: recurrent(3, 1, ["sigmoid", "tanh"], gru),
  RNN: recurrent(1, 1, ["tanh"], () => plain),
};

/** What a classifier's last operators say of its answer, and its logits: what softmax or sigmoid make the answer of. */
import type { GraphBuilder, Node, Tensor } from "../../models/graph/index.ts";
import { type Pooling, poolingOf } from "./pooling.ts";

export const ANSWERS = ["logits", "probabilities"] as const;
export type Answer = (typeof ANSWERS)[number];

export const FORMS = ["independent", "exclusive"] as const;
/** Whether each class is a yes or no of its own, or one of them is the answer. */
export type Form = (typeof FORMS)[number];

export interface Head {
  /** Before softmax, or before sigmoid where the classes are independent; in the shape of the answer or one like it. */
  readonly logits: Tensor;
  readonly form: Form;
  /** What told it. "nothing": logits of exclusive classes were assumed, and a trial should check. */
  readonly toldBy: "given" | "sigmoid" | "softmax" | "unbounded" | "nothing";
}

/** What made the values: behind it they are only moved, chosen or averaged. */
type Maker = "sigmoid" | "softmax" | "log-softmax" | "other";

/** @param answer as the file gives it; what is built to get behind it is added to its graph. */
export function headOf(
  g: GraphBuilder,
  answer: Tensor,
  wanted: { answer?: Answer | undefined; form?: Form | undefined },
): Head {
  const { form } = wanted;
  if (wanted.answer === "logits") return { logits: answer, form: form ?? "exclusive", toldBy: "given" };
  const made = makersOf(g, answer);
  if (made === "sigmoid") {
    return { logits: oddsOf(g, answer), form: form ?? "independent", toldBy: form ? "given" : "sigmoid" };
  }
  if (made === "softmax" || made === "log-softmax") {
    if (form === "independent") {
      const p = made === "softmax" ? answer : g.exp(answer);
      return { logits: oddsOf(g, p), form, toldBy: "given" };
    }
    const logits = beforeSoftmax(g, answer) ?? (made === "softmax" ? logarithm(g, answer) : answer);
    return { logits, form: "exclusive", toldBy: form ? "given" : "softmax" };
  }
  if (wanted.answer === "probabilities") {
    const logits = form === "independent" ? oddsOf(g, answer) : logarithm(g, answer);
    return { logits, form: form ?? "exclusive", toldBy: form ? "given" : "nothing" };
  }
  return {
    logits: answer,
    form: form ?? "exclusive",
    toldBy: isUnbounded(g, answer) ? "unbounded" : "nothing",
  };
}

function makersOf(g: GraphBuilder, tensor: Tensor, known = new Map<Tensor, Maker>()): Maker {
  const before = known.get(tensor);
  if (before) return before;
  const pooling = poolingOf(g, tensor);
  const found = pooling ? commonMaker(g, pooling, known) : makerOf(g, tensor);
  known.set(tensor, found);
  return found;
}

function commonMaker(g: GraphBuilder, { of, monotone }: Pooling, known: Map<Tensor, Maker>): Maker {
  const [first, ...others] = of.map((each) => makersOf(g, each, known));
  if (!monotone && first === "log-softmax") return "other";
  return others.every((each) => each === first) ? first : "other";
}

function makerOf(g: GraphBuilder, tensor: Tensor): Maker {
  const node = g.producer(tensor);
  if (node?.op === "Sigmoid" || node?.op === "HardSigmoid") return "sigmoid";
  if (node?.op === "Softmax" || exponentOf(g, node)) return "softmax";
  return node?.op === "LogSoftmax" ? "log-softmax" : "other";
}

/** x of exp(x) / Σ exp(x), as some exporters write a softmax. */
function exponentOf(g: GraphBuilder, node: Node | undefined): Tensor | undefined {
  const [above, below] = node?.op === "Div" ? node.inputs : [];
  const exponential = above && g.producer(above);
  const sum = below && g.producer(below);
  return exponential?.op === "Exp" && sum?.op === "ReduceSum" && sum.inputs[0] === above
    ? exponential.inputs[0]
    : undefined;
}

/** What a softmax was made of, moved as it was; undefined where it was averaged: then only its logarithm is left. */
function beforeSoftmax(g: GraphBuilder, tensor: Tensor): Tensor | undefined {
  const pooling = poolingOf(g, tensor);
  if (!pooling) {
    const node = g.producer(tensor);
    return node?.op.endsWith("Softmax") ? node.inputs[0] : exponentOf(g, node);
  }
  // Largest or least values of a softmax's rows are not those of what it was made of.
  if (!pooling.monotone || pooling.of.length > 1 || isExtreme(g, tensor)) return undefined;
  const before = beforeSoftmax(g, pooling.of[0]);
  return before && pooling.again([before]);
}

function isExtreme(g: GraphBuilder, tensor: Tensor): boolean {
  return /Max|Min/.test(g.producer(tensor)?.op ?? "");
}

/** Below that a probability is a zero: its logarithm would be without an end. */
const LEAST = 1e-30;

function logarithm(g: GraphBuilder, p: Tensor): Tensor {
  return g.log(g.op("Max", [p, g.constant(LEAST)]));
}

/**
 * log p − log(1 − p). Near p = 1 float32 holds nothing of 1 − p: where a sigmoid made the values, it is computed from what
 * the sigmoid was given, and is what that was where nothing was averaged since.
 */
export function oddsOf(g: GraphBuilder, p: Tensor): Tensor {
  const exact = logitOf(g, p);
  if (exact) return exact;
  const both = partsOf(g, p) ?? { p, rest: undefined };
  // 6e-8 is the least that 1 − p can be but for nothing.
  const rest = both.rest ? logarithm(g, both.rest) : g.log(g.op("Max", [g.sub(1, p), g.constant(6e-8)]));
  return g.sub(logarithm(g, both.p), rest);
}

function logitOf(g: GraphBuilder, p: Tensor): Tensor | undefined {
  return rebuilt(
    g,
    p,
    (maker) => (maker.op === "Sigmoid" ? maker.inputs[0] : undefined),
    (pooling) => (pooling.monotone ? pooling.again : undefined),
  );
}

function partsOf(g: GraphBuilder, p: Tensor): { p: Tensor; rest: Tensor } | undefined {
  // As exp(−ln(1 + exp(∓x))): onnxruntime's own sigmoid is right to 1e-7 of one, not of a small probability.
  const sigmoids = (sign: 1 | -1) => (maker: Node) => {
    const [x] = maker.inputs;
    if (maker.op !== "Sigmoid" || !x) return undefined;
    return g.exp(g.neg(g.op("Softplus", [sign === 1 ? g.neg(x) : x])));
  };
  const whole = rebuilt(g, p, sigmoids(1), ({ again }) => again);
  const rest = rebuilt(g, p, sigmoids(-1), ({ opposite }) => opposite);
  return whole && rest ? { p: whole, rest } : undefined;
}

/** The pooling behind what made the values, over other values. */
function rebuilt(
  g: GraphBuilder,
  tensor: Tensor,
  made: (maker: Node) => Tensor | undefined,
  pool: (pooling: Pooling) => Pooling["again"] | undefined,
  known = new Map<Tensor, Tensor | undefined>(),
): Tensor | undefined {
  if (known.has(tensor)) return known.get(tensor);
  const build = (): Tensor | undefined => {
    const pooling = poolingOf(g, tensor);
    if (!pooling) {
      const maker = g.producer(tensor);
      return maker && made(maker);
    }
    const again = pool(pooling);
    const values = again && pooling.of.map((each) => rebuilt(g, each, made, pool, known));
    return values?.every((value) => value !== undefined) ? again?.(values) : undefined;
  };
  const result = build();
  known.set(tensor, result);
  return result;
}

/** Whether the last operators are linear ones, which keep nothing within 0 and 1 but by chance. */
function isUnbounded(g: GraphBuilder, tensor: Tensor, asked = new Set<Tensor>()): boolean {
  if (asked.has(tensor)) return false;
  asked.add(tensor);
  const pooling = poolingOf(g, tensor);
  if (pooling) return pooling.of.some((each) => isUnbounded(g, each, asked));
  const node = g.producer(tensor);
  const [x, y] = node?.inputs ?? [];
  switch (node?.op) {
    case "MatMul":
    case "Gemm":
    case "Conv":
      return [x, y].every((each) => !each || makersOf(g, each) === "other");
    case "Add":
    case "Sub":
      return [x, y].some((each) => each && isUnbounded(g, each, asked));
    case "Mul":
    case "Div":
      return !!x && !!y && g.constantOf(y) !== undefined && isUnbounded(g, x, asked);
    case "BatchNormalization":
    case "LayerNormalization":
      return true;
    default:
      return false;
  }
}

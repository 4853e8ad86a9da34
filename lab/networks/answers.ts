/**
 * What a classifier's logits mean: the one place where graphs choose by whether its classes exclude each other (softmax) or
 * answer each by itself (sigmoid). Logits are [B, classes]; a `query` is one-hot [B, classes], and what is said of it [B].
 */
import { answersAlone, logOdds as thresholdOdds } from "../../models/explain/class-decision.ts";
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import { depthFirst, type Parents } from "../../models/pack/class-tree.ts";
import type { Pack } from "../../models/pack/pack.ts";

export interface AnswerForm {
  /** Exclusive without. */
  readonly answers?: Pack["answers"] | undefined;
  /** Probability from which each class is believed, where they differ: the winner is the class most above its own. */
  readonly thresholds?: readonly number[] | undefined;
  /** The tree of independent classes: no winner has a believed class below it. Needs the thresholds, though all be the same. */
  readonly parents?: Parents | undefined;
}

/** [B, classes]: of exclusive classes a row sums to one. */
export function probabilitiesOf(g: GraphBuilder, form: AnswerForm, logits: Tensor): Tensor {
  return answersAlone(form) ? g.sigmoid(logits) : g.op("Softmax", [logits], { axis: 1 });
}

export interface ExplainedClassOptions {
  /** int64 [B]: the class to explain, or −1 for the winner. */
  readonly target?: Tensor | undefined;
  /** [B, classes]: 1 for the classes that can win; all without. */
  readonly among?: Tensor | undefined;
}

/**
 * One-hot [B, classes] of the class to explain, through which no gradient flows: the target, or else the winner. That is
 * the class most above its own threshold in log-odds, as in models/explain/class-decision.ts; with one threshold for all
 * the largest logit.
 */
export function explainedClass(
  g: GraphBuilder,
  form: AnswerForm,
  logits: Tensor,
  { target, among }: ExplainedClassOptions = {},
): Tensor {
  const winner = winningClass(g, form, logits, among);
  const chosen = target ? g.where(g.op("Less", [target, g.int64([0])]), winner, target) : winner;
  return g.op("OneHot", [chosen, g.int64([Number(logits.shape[1])]), g.constant([0, 1])], { axis: -1 });
}

/** int64 [B]: the class most above its own threshold, of those that can win; in a tree none above another that is believed. */
export function winningClass(g: GraphBuilder, form: AnswerForm, logits: Tensor, among?: Tensor): Tensor {
  const above = aboveThresholds(g, form, logits);
  const able = among ? g.add(above, g.mul(g.sub(among, g.constant(1)), g.constant(1e4))) : above;
  const general = form.parents && hasBelievedBelow(g, form, form.parents, logits, among);
  const special = general ? g.where(general, g.constant(-1e9), able) : able;
  return g.op("ArgMax", [special], { axis: 1, keepdims: 0 });
}

/** Bool [B, classes]: a class below it, of those that can win, reaches its threshold. */
function hasBelievedBelow(
  g: GraphBuilder,
  { answers, thresholds }: AnswerForm,
  parents: Parents,
  logits: Tensor,
  among: Tensor | undefined,
): Tensor {
  if (!answersAlone({ answers }) || !thresholds) {
    throw new Error("a tree is of independent classes, and wants their thresholds");
  }
  // Probabilities and no logits, and no threshold rounded down: as whoever reads them in float32 compares them.
  const least = g.constant(thresholds.map(float32AtLeast), "float32", [1, thresholds.length]);
  const reached = g.cast(g.op("GreaterOrEqual", [g.sigmoid(logits), least]), "float32");
  // In an order in which what is below a class follows it at once, how many there are is a difference of two sums from the beginning.
  const { order, end } = depthFirst(parents);
  const places: number[] = [];
  for (const [place, index] of order.entries()) places[index] = place;
  const inOrder = g.op("Gather", [among ? g.mul(reached, among) : reached, g.int64(order)], { axis: 1 });
  const sums = g.op("CumSum", [inOrder, g.constant(1, "int64")]);
  const upTo = (place: (index: number) => number) =>
    g.op("Gather", [sums, g.int64(parents.map((_, index) => place(index)))], { axis: 1 });
  const below = g.sub(
    upTo((index) => end[places[index]] - 1),
    upTo((index) => places[index]),
  );
  return g.op("Greater", [below, g.constant(0.5)]);
}

/** The least float32 that is no less. */
function float32AtLeast(value: number): number {
  const nearest = Math.fround(value);
  if (nearest >= value) return nearest;
  const bits = new Uint32Array(Float32Array.of(nearest).buffer);
  bits[0]++;
  return new Float32Array(bits.buffer)[0];
}

/**
 * [B, classes], through which no gradient flows: 1 for what the classifier says, which is the winner, and of independent
 * classes all that reach their thresholds, or a half where there are none.
 */
export function heardClasses(g: GraphBuilder, form: AnswerForm, logits: Tensor): Tensor {
  const winner = explainedClass(g, form, logits);
  if (!answersAlone(form)) return winner;
  const least = oddsRow(g, form.thresholds ?? new Array(Number(logits.shape[1])).fill(0.5));
  return g.op("Max", [winner, g.cast(g.op("GreaterOrEqual", [logits, least]), "float32")]);
}

/** Orders classes as their log-odds above their thresholds do. */
function aboveThresholds(g: GraphBuilder, form: AnswerForm, logits: Tensor): Tensor {
  const { thresholds = [] } = form;
  if (new Set(thresholds).size < 2) return logits;
  if (thresholds.length !== Number(logits.shape[1])) {
    throw new Error(`${thresholds.length} thresholds are not those of ${logits.shape[1]} classes`);
  }
  return g.sub(answersAlone(form) ? logits : softmaxOdds(g, logits), oddsRow(g, thresholds));
}

/** log p − log(1 − p) of every class; near p = 1 as exactly as float32 holds 1 − p. */
function softmaxOdds(g: GraphBuilder, logits: Tensor): Tensor {
  const log = g.op("LogSoftmax", [logits], { axis: 1 });
  const others = g.op("Max", [g.sub(1, g.exp(log)), g.constant(1e-7)]);
  return g.sub(log, g.log(others));
}

/** log p / (1 − p) of the class asked about: of exclusive classes its logit against all others together. */
export function logOdds(g: GraphBuilder, form: AnswerForm, logits: Tensor, query: Tensor): Tensor {
  const own = g.reduceSum(g.mul(logits, query), [1]);
  if (answersAlone(form)) return own;
  const others = g.op("ReduceLogSumExp", [g.sub(logits, g.mul(query, g.constant(1e4))), g.int64([1])], {
    keepdims: 0,
  });
  return g.sub(own, others);
}

/** [B]: log-odds of the threshold from which the class asked about is believed, where thresholds are known. */
export function neededOdds(g: GraphBuilder, { thresholds }: AnswerForm, query: Tensor): Tensor | undefined {
  return thresholds && g.reduceSum(g.mul(query, oddsRow(g, thresholds)), [1]);
}

/** [1, classes] */
function oddsRow(g: GraphBuilder, thresholds: readonly number[]): Tensor {
  return g.constant(thresholds.map(thresholdOdds), "float32", [1, thresholds.length]);
}

/** −log p of the class asked about, in nats: cross-entropy, of independent classes the binary one towards yes. */
export function surprise(g: GraphBuilder, form: AnswerForm, logits: Tensor, query: Tensor): Tensor {
  if (answersAlone(form)) return g.op("Softplus", [g.neg(logOdds(g, form, logits, query))]);
  return g.neg(g.reduceSum(g.mul(query, g.op("LogSoftmax", [logits], { axis: 1 })), [1]));
}

/**
 * What the class asked about costs, in nats, where the whole is right about it. Of exclusive classes that is the surprise: the winner
 * is to be the winner. A class that answers by itself is to be as probable as in the whole, no less and no more: what turns a no
 * into a yes explains neither.
 *
 * @param ofWhole `logOdds` of the class in the whole, [B]; no gradient flows through it.
 */
export function unlikeWhole(
  g: GraphBuilder,
  form: AnswerForm,
  logits: Tensor,
  query: Tensor,
  ofWhole: Tensor,
): Tensor {
  if (!answersAlone(form)) return surprise(g, form, logits, query);
  const odds = logOdds(g, form, logits, query);
  const truth = g.stopGradient(g.sigmoid(ofWhole));
  return g.sub(g.op("Softplus", [odds]), g.mul(odds, truth));
}

/**
 * How far the class asked about is gone, in nats; more is better, but nothing is gained once p is below e^−cap. Of exclusive
 * classes it is the surprise itself. Of independent ones it is log(1 − p), less binary cross-entropy towards no: it pulls
 * hardest where the class is heard best, and the surprise not at all.
 */
export function absence(
  g: GraphBuilder,
  form: AnswerForm,
  logits: Tensor,
  query: Tensor,
  cap: number,
): Tensor {
  if (answersAlone(form)) {
    const yes = g.op("Softplus", [logOdds(g, form, logits, query)]);
    return g.neg(Number.isFinite(cap) ? g.op("Max", [yes, g.constant(-Math.log1p(-Math.exp(-cap)))]) : yes);
  }
  const nats = surprise(g, form, logits, query);
  return Number.isFinite(cap) ? g.op("Min", [nats, g.constant(cap)]) : nats;
}

/** [B]: how far what `said` says is from what the classifier says, in nats: cross-entropy, of independent classes summed. */
export function disagreement(g: GraphBuilder, form: AnswerForm, said: Tensor, logits: Tensor): Tensor {
  const truth = probabilitiesOf(g, form, logits);
  if (answersAlone(form)) {
    return g.reduceSum(g.sub(g.op("Softplus", [said]), g.mul(said, truth)), [1]);
  }
  return g.neg(g.reduceSum(g.mul(truth, g.op("LogSoftmax", [said], { axis: 1 })), [1]));
}

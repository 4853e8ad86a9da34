/**
 * What a decision is: the class that is most above its own threshold, and whether, and with which others, it is believed.
 *
 * "Most above" compares log-odds: log p / (1 − p) of the class less the same of its threshold t. So 0.2 where 0.1 is enough
 * says more than 0.85 where 0.8 is needed, and with one threshold for all classes it is the most probable class.
 *
 * Where classes exclude each other one of them is the answer, or none. Where each answers by itself all that reach their
 * thresholds are believed at once, and what is explained when nobody asks is the first of them.
 *
 * Independent classes may form a tree (`parents`), and who is believed to be a dog is nearly always believed, and more surely, to be
 * an animal. So among the believed a class comes before all that are above it, however much more they are above their thresholds:
 * first those with nothing believed below them, then those with one believed class below, and so on; within each the one most
 * above its threshold. An animal that is no known one is an animal still. Where nothing is believed the tree says nothing: what is
 * near its threshold is a guess, nothing is hidden by it, and a margin for how near is near would be one more number to choose.
 */
import { ancestors, type Parents } from "../pack/class-tree.ts";
import { classThresholds, type Pack } from "../pack/pack.ts";
import { firstOf } from "./first-of.ts";

/** The classes of a pack as far as a decision needs them. */
export interface DecisionClasses extends Pick<Pack, "threshold"> {
  readonly labels: readonly string[];
  /** The label that means "none of the known classes": never believed. */
  readonly other?: string | undefined;
  /** Exclusive without. */
  readonly answers?: Pack["answers"] | undefined;
  /** By class; `threshold` is every class's without. */
  readonly thresholds?: readonly number[] | undefined;
  /** The tree of independent classes; none without. */
  readonly parents?: Parents | undefined;
}

/** What is said of one class. */
export interface RankedClass {
  readonly label: string;
  /** In the pack's labels. */
  readonly index: number;
  readonly probability: number;
  /** From which on it is believed. */
  readonly threshold: number;
}

export interface ClassDecision {
  /** The class that is most above its own threshold, whether it reaches it or not; in a tree the special before the general. */
  readonly best: RankedClass;
  /** It reaches its threshold and is one of the known classes. */
  readonly accepted: boolean;
  /** All classes that are believed, the one most above its threshold first: at most one where they exclude each other. */
  readonly believed: readonly RankedClass[];
}

/** Float32 probabilities come to 0 and 1; between classes that are as sure as that the threshold decides. */
const LEAST_ODDS = 1e-9;

/**
 * The classes that are most above their thresholds first, of those in a tree the special before the general; equal ones by
 * probability, then in the pack's order.
 *
 * @param most so many of them, all without: of thousands of classes a few are much quicker found than all are sorted.
 */
export function rankedClasses(
  classes: DecisionClasses,
  probabilities: ArrayLike<number>,
  most = classes.labels.length,
): readonly RankedClass[] {
  return firstOf(classes.labels.length, most, before(classes, probabilities)).map((index) =>
    ranked(classes, probabilities, index),
  );
}

/** @param probabilities of one window, or their means, [classes]. */
export function decide(classes: DecisionClasses, probabilities: ArrayLike<number>): ClassDecision {
  const order = before(classes, probabilities);
  const [first] = firstOf(classes.labels.length, 1, order);
  const best = ranked(classes, probabilities, first);
  const reached = answersAlone(classes) ? reaching(classes, probabilities) : [best.index];
  const believed = reached
    .filter((index) => isBelieved(classes, index, probabilities[index] ?? 0))
    .sort((a, b) => order(a, b) || a - b)
    .map((index) => (index === first ? best : ranked(classes, probabilities, index)));
  return { best, accepted: believed.includes(best), believed };
}

/** Index of the class that is most above its own threshold; in a tree the special before the general. */
export function strongestClass(classes: DecisionClasses, probabilities: ArrayLike<number>): number {
  return firstOf(classes.labels.length, 1, before(classes, probabilities))[0];
}

/** Whether every class has a yes or no of its own, so that none may be there, or several. */
export function answersAlone({ answers }: Pick<DecisionClasses, "answers">): boolean {
  return answers === "independent";
}

/** The one threshold of all classes; undefined where they have different ones. */
export function sharedThreshold(classes: DecisionClasses): number | undefined {
  const all = classThresholds(classes);
  return all.every((each) => each === all[0]) ? all[0] : undefined;
}

/** Whether one class, by its index, is believed at this probability. */
export function isBelieved(classes: DecisionClasses, index: number, probability: number): boolean {
  return classes.labels[index] !== classes.other && probability >= thresholdOf(classes, index);
}

function thresholdOf({ threshold, thresholds }: DecisionClasses, index: number): number {
  return thresholds ? thresholds[index] : threshold;
}

function ranked(classes: DecisionClasses, probabilities: ArrayLike<number>, index: number): RankedClass {
  const probability = probabilities[index] ?? 0;
  return { label: classes.labels[index], index, probability, threshold: thresholdOf(classes, index) };
}

/** Which of two classes, by their indexes, is said before the other: below 0 for the first. */
function before(
  classes: DecisionClasses,
  probabilities: ArrayLike<number>,
): (a: number, b: number) => number {
  const above = new Float64Array(classes.labels.length);
  for (let index = 0; index < above.length; index++) {
    above[index] = odds(probabilities[index] ?? 0) / odds(thresholdOf(classes, index));
  }
  const surer = (a: number, b: number) =>
    above[b] - above[a] || (probabilities[b] ?? 0) - (probabilities[a] ?? 0);
  if (!classes.parents) return surer;
  const levels = believedBelow(classes, classes.parents, probabilities);
  return (a, b) => levels[a] - levels[b] || surer(a, b);
}

/** Classes that reach their thresholds, by index. */
function reaching(classes: DecisionClasses, probabilities: ArrayLike<number>): number[] {
  const found: number[] = [];
  for (let index = 0; index < classes.labels.length; index++) {
    if ((probabilities[index] ?? 0) >= thresholdOf(classes, index)) found.push(index);
  }
  return found;
}

/** More than a tree has levels. */
const NOT_REACHED = 0xffffffff;

/** By class: how many that reach their thresholds are one below the other below it; `NOT_REACHED` where it does not reach its own. */
function believedBelow(
  classes: DecisionClasses,
  parents: Parents,
  probabilities: ArrayLike<number>,
): Uint32Array {
  const levels = new Uint32Array(classes.labels.length).fill(NOT_REACHED);
  const reached = reaching(classes, probabilities);
  for (const index of reached) levels[index] = 0;
  for (const index of reached) {
    let below = 1;
    for (const above of ancestors(parents, index)) {
      if (levels[above] !== NOT_REACHED) levels[above] = Math.max(levels[above], below++);
    }
  }
  return levels;
}

/** log p / (1 − p), finite for every probability. */
export function logOdds(probability: number): number {
  return Math.log(odds(probability));
}

/** p / (1 − p), which orders as its logarithm does. */
function odds(probability: number): number {
  const inside = Math.min(1 - LEAST_ODDS, Math.max(LEAST_ODDS, probability));
  return inside / (1 - inside);
}

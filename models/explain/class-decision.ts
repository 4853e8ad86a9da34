/**
 * What a decision is: the class that is most above its own threshold, and whether, and with which others, it is believed.
 *
 * "Most above" compares log-odds: log p / (1 − p) of the class less the same of its threshold t. So 0.2 where 0.1 is enough
 * says more than 0.85 where 0.8 is needed, and with one threshold for all classes it is the most probable class.
 *
 * Where classes exclude each other one of them is the answer, or none. Where each answers by itself all that reach their
 * thresholds are believed at once, and what is explained when nobody asks is the first of them.
 */
import { classThresholds, type Pack } from "../pack/pack.ts";

/** The classes of a pack as far as a decision needs them. */
export interface DecisionClasses extends Pick<Pack, "threshold"> {
  readonly labels: readonly string[];
  /** The label that means "none of the known classes": never believed. */
  readonly other?: string | undefined;
  /** Exclusive without. */
  readonly answers?: Pack["answers"] | undefined;
  /** By class; `threshold` is every class's without. */
  readonly thresholds?: readonly number[] | undefined;
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
  /** The class that is most above its own threshold, whether it reaches it or not. */
  readonly best: RankedClass;
  /** It reaches its threshold and is one of the known classes. */
  readonly accepted: boolean;
  /** All classes that are believed, the one most above its threshold first: at most one where they exclude each other. */
  readonly believed: readonly RankedClass[];
}

/** Float32 probabilities come to 0 and 1; between classes that are as sure as that the threshold decides. */
const LEAST_ODDS = 1e-9;

/** The classes that are most above their thresholds first; equal ones by probability, then in the pack's order. */
export function rankedClasses(
  classes: DecisionClasses,
  probabilities: ArrayLike<number>,
): readonly RankedClass[] {
  const thresholds = classThresholds(classes);
  return classes.labels
    .map((label, index) => {
      const probability = probabilities[index] ?? 0;
      const threshold = thresholds[index];
      return { label, index, probability, threshold, above: odds(probability) / odds(threshold) };
    })
    .sort((a, b) => b.above - a.above || b.probability - a.probability)
    .map(({ above: _, ...ranked }) => ranked);
}

/** @param probabilities of one window, or their means, [classes]. */
export function decide(classes: DecisionClasses, probabilities: ArrayLike<number>): ClassDecision {
  const ranked = rankedClasses(classes, probabilities);
  const [best] = ranked;
  const believed = (answersAlone(classes) ? ranked : [best]).filter(
    ({ label, probability, threshold }) => label !== classes.other && probability >= threshold,
  );
  return { best, accepted: believed.includes(best), believed };
}

/** Index of the class that is most above its own threshold. */
export function strongestClass(classes: DecisionClasses, probabilities: ArrayLike<number>): number {
  return rankedClasses(classes, probabilities)[0].index;
}

/** Whether every class has a yes or no of its own, so that none may be there, or several. */
export function answersAlone({ answers }: Pick<DecisionClasses, "answers">): boolean {
  return answers === "independent";
}

/** The one threshold of all classes; undefined where they have different ones. */
export function sharedThreshold(classes: DecisionClasses): number | undefined {
  const [first, ...others] = classThresholds(classes);
  return others.every((each) => each === first) ? first : undefined;
}

/** Whether one class, by its index, is believed at this probability. */
export function isBelieved(classes: DecisionClasses, index: number, probability: number): boolean {
  return classes.labels[index] !== classes.other && probability >= classThresholds(classes)[index];
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

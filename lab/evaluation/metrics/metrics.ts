/**
 * Faithfulness metrics of one explained window (L-MAC paper, section 4.2; formulas as in SpeechBrain's recipe), and
 * how sparse and how complex its mask is (as Quantus has them).
 *
 * What the same classifier says three times, [classes]: `whole` of X, `kept` of M⊙X, `rest` of (1−M)⊙X. The explained class
 * is what `whole` decides for.
 */
import {
  answersAlone,
  type DecisionClasses,
  isBelieved,
  strongestClass,
} from "../../../models/explain/class-decision.ts";

interface MaskedOutputs {
  readonly whole: ArrayLike<number>;
  readonly kept: ArrayLike<number>;
  readonly rest: ArrayLike<number>;
}

export interface Faithfulness {
  /** Average increase, 0 or 100, higher is better. */
  ai: number;
  /** Average drop, 0 to 100, lower is better. */
  ad: number;
  /**
   * The same after a second softmax on both sides, as published tables have it; tops out far below 100. Of exclusive
   * classes only: a softmax over yeses and noes says nothing.
   */
  adPublished?: number;
  /** Average gain, 0 to 100, higher is better. */
  ag: number;
  /** Faithfulness p_c − r_c, −1 to 1, higher is better. */
  ff: number;
  /**
   * Input fidelity, 0 or 1, higher is better: whether the kept part is called what the whole is; of independent classes,
   * whether the class's yes or no at its threshold stays.
   */
  fidIn: number;
}

export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

export function softmax(values: ArrayLike<number>): Float64Array {
  const top = Math.max(...Array.from(values));
  const out = Float64Array.from(values, (value) => Math.exp(value - top));
  const sum = out.reduce((total, value) => total + value, 0);
  return out.map((value) => value / sum);
}

/** @param classes what decides: of a pack its own, so that thresholds count; exclusive ones that share theirs without. */
export function faithfulness({ whole, kept, rest }: MaskedOutputs, classes?: DecisionClasses): Faithfulness {
  const alone = classes !== undefined && answersAlone(classes);
  const decided = (answer: ArrayLike<number>) => (classes ? strongestClass(classes, answer) : argMax(answer));
  const c = decided(whole);
  const p = whole[c];
  const o = kept[c];
  return {
    ai: p < o ? 100 : 0,
    ad: (100 * Math.max(0, p - o)) / Math.max(p, 1e-12),
    ...(alone ? {} : { adPublished: dropAfterSoftmax(whole, kept, c) }),
    // A window of certainty one cannot gain; the guard keeps 0 / 0 out.
    ag: (100 * Math.max(0, o - p)) / Math.max(1 - p, 1e-12),
    ff: p - rest[c],
    fidIn: (alone ? isBelieved(classes, c, p) === isBelieved(classes, c, o) : decided(kept) === c) ? 1 : 0,
  };
}

function dropAfterSoftmax(whole: ArrayLike<number>, kept: ArrayLike<number>, c: number): number {
  const p = softmax(whole)[c];
  const o = softmax(kept)[c];
  return (100 * Math.max(0, p - o)) / Math.max(p, 1e-12);
}

/**
 * Gini index of the mask's values, 0 (all alike) to 1 (all in one bin), higher is better: Quantus' `Sparseness`, with
 * its division by the largest value and the 1e-7 that it adds to each. Null for a mask of zeros, which Quantus cannot
 * rate either.
 */
export function sparseness(mask: Float32Array): number | null {
  const sorted = mask.slice().sort();
  const n = sorted.length;
  const largest = sorted[n - 1];
  if (!(largest > 0)) return null;
  let weighted = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const value = sorted[i] / largest + 1e-7;
    weighted += (2 * (i + 1) - n - 1) * value;
    sum += value;
  }
  return weighted / (n * sum);
}

/**
 * Entropy in nats of the mask's values divided by their sum, 0 to ln(size), lower is better: Quantus' `Complexity`.
 * Null for a mask of zeros.
 */
export function complexity(mask: Float32Array): number | null {
  let sum = 0;
  for (const value of mask) sum += value;
  if (!(sum > 0)) return null;
  let entropy = 0;
  for (const value of mask) {
    const share = value / sum;
    entropy -= share * Math.log(share + 1e-12);
  }
  return entropy;
}

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / Math.max(1, values.length);
}

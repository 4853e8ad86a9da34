/**
 * Faithfulness metrics of one explained window (L-MAC paper, section 4.2; formulas as in SpeechBrain's recipe).
 *
 * Three softmax outputs of the same classifier: `whole` of X, `kept` of M⊙X, `rest` of (1−M)⊙X. The explained class
 * is the winner of `whole`.
 */
export interface MaskedOutputs {
  readonly whole: ArrayLike<number>;
  readonly kept: ArrayLike<number>;
  readonly rest: ArrayLike<number>;
  readonly maskMean: number;
}

/** Per-window values; a table shows their means. */
export interface Faithfulness {
  /** Average increase, 0 or 100, higher is better. */
  ai: number;
  /** Average drop, 0 to 100, lower is better. */
  ad: number;
  /** The same after a second softmax on both sides, as published tables have it; tops out far below 100. */
  adPublished: number;
  /** Average gain, 0 to 100, higher is better. */
  ag: number;
  /** Faithfulness p_c − r_c, −1 to 1, higher is better. */
  ff: number;
  /** Input fidelity, 0 or 1, higher is better. */
  fidIn: number;
  /** Mean of the mask, 0 to 1: context for all the others. */
  mm: number;
}

export const FAITHFULNESS_COLUMNS = ["ai", "ad", "adPublished", "ag", "ff", "fidIn", "mm"] as const;

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

export function faithfulness({ whole, kept, rest, maskMean }: MaskedOutputs): Faithfulness {
  const c = argMax(whole);
  const p = whole[c];
  const o = kept[c];
  const pTwice = softmax(whole)[c];
  const oTwice = softmax(kept)[c];
  return {
    ai: p < o ? 100 : 0,
    ad: (100 * Math.max(0, p - o)) / Math.max(p, 1e-12),
    adPublished: (100 * Math.max(0, pTwice - oTwice)) / Math.max(pTwice, 1e-12),
    // A window of certainty one cannot gain; the guard keeps 0 / 0 out.
    ag: (100 * Math.max(0, o - p)) / Math.max(1 - p, 1e-12),
    ff: p - rest[c],
    fidIn: argMax(kept) === c ? 1 : 0,
    mm: maskMean,
  };
}

export function meanFaithfulness(rows: readonly Faithfulness[]): Faithfulness {
  const mean = (key: keyof Faithfulness) =>
    rows.reduce((sum, row) => sum + row[key], 0) / Math.max(1, rows.length);
  return Object.fromEntries(FAITHFULNESS_COLUMNS.map((key) => [key, mean(key)])) as unknown as Faithfulness;
}

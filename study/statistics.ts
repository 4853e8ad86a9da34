/** What the report computes: means with bootstrap intervals, the paired signed-rank test, Holm's correction. */
import type { Random } from "../lab/data/random.ts";

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Draws of the bootstrap: two more decimals of the 2.5 % point would take a hundred times as many. */
const RESAMPLES = 4_000;
/** Up to so many differences the test counts all signs; beyond, its normal approximation is as good. */
const MOST_EXACT = 300;

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Mean over participants and its 95 % interval: percentiles of the means of participants drawn with replacement. Ratings of
 * one participant are not independent of each other, so it takes one value, their mean, of each.
 *
 * @param values one of each participant, at least one; of a single one the interval is that value.
 */
export function bootstrapMean(values: readonly number[], random: Random): Interval {
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let k = 0; k < values.length; k++) sum += values[random.integer(values.length)];
    return sum / values.length;
  }).sort();
  return { mean: mean(values), low: quantile(means, 0.025), high: quantile(means, 0.975) };
}

/** Linear between the sorted values. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/**
 * Two-sided p of Wilcoxon's signed-rank test that paired differences lie around 0. Zeros are left out (Wilcoxon's way),
 * ties share their mean rank, and p is exact over all signs for up to `mostExact` differences.
 *
 * @returns 1 when no difference is left.
 */
export function wilcoxonSignedRank(differences: readonly number[], mostExact = MOST_EXACT): number {
  const kept = differences.filter((value) => value !== 0);
  if (kept.length === 0) return 1;
  const ranks = midRanks(kept.map(Math.abs));
  const positive = ranks.reduce((sum, rank, k) => sum + (kept[k] > 0 ? rank : 0), 0);
  return kept.length <= mostExact ? exactP(ranks, positive) : approximateP(ranks, positive);
}

/** Ranks from 1 on; equal values share the mean of theirs. */
function midRanks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a] - values[b]);
  const ranks = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let k = start; k < end; k++) ranks[order[k]] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** Shares of all signs by their sum of positive ranks, built rank by rank. Doubled ranks are whole even where tied. */
function exactP(ranks: readonly number[], positive: number): number {
  const total = ranks.reduce((sum, rank) => sum + 2 * rank, 0);
  const shares = new Float64Array(total + 1);
  shares[0] = 1;
  let reached = 0;
  for (const rank of ranks) {
    const step = 2 * rank;
    reached += step;
    for (let sum = reached; sum >= 0; sum--) {
      shares[sum] = 0.5 * (shares[sum] + (sum >= step ? shares[sum - step] : 0));
    }
  }
  // The distribution is symmetric about total / 2.
  const tail = Math.min(2 * positive, total - 2 * positive);
  let p = 0;
  for (let sum = 0; sum <= tail; sum++) p += shares[sum];
  return Math.min(1, 2 * p);
}

/** Normal, with continuity correction; the sum of squared ranks has the ties in it. */
function approximateP(ranks: readonly number[], positive: number): number {
  const centre = ranks.reduce((sum, rank) => sum + rank, 0) / 2;
  const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0)) / 2;
  const distance = Math.max(0, Math.abs(positive - centre) - 0.5);
  return Math.min(1, erfc(distance / deviation / Math.SQRT2));
}

/** Complementary error function for x ≥ 0, to 1.2e-7 of its value (Chebyshev fit of Numerical Recipes). */
function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
    1.00002368, -1.26551223,
  ];
  return t * Math.exp(-x * x + coefficients.reduce((sum, coefficient) => sum * t + coefficient, 0));
}

/** Holm's adjustment of p values for their number, in their order. */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a] - values[b]);
  const adjusted = new Array<number>(values.length);
  let most = 0;
  order.forEach((index, rank) => {
    most = Math.max(most, Math.min(1, (values.length - rank) * values[index]));
    adjusted[index] = most;
  });
  return adjusted;
}

/** The nearest-rank percentiles of some values; `shares` lie in [0, 1]. NaN when there are no values. */
export function percentiles(values: readonly number[], shares: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return shares.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN);
}

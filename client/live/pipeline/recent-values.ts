/** The newest `capacity` values, for percentiles of what was measured lately. */
export class RecentValues {
  readonly #values: number[] = [];
  #next = 0;

  constructor(readonly capacity: number) {}

  get count(): number {
    return this.#values.length;
  }

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.capacity;
  }

  clear(): void {
    this.#values.length = 0;
    this.#next = 0;
  }

  /** The smallest value that at least `share` (0 to 1) of the values do not exceed; NaN when there are none. */
  percentile(share: number): number {
    const sorted = Float64Array.from(this.#values).sort();
    if (sorted.length === 0) return Number.NaN;
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  }
}

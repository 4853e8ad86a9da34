/** A token bucket: `rate` a second on average, `burst` at once. */
export class RateLimit {
  #tokens: number;
  #at: number;

  /** @param now a clock in milliseconds. */
  constructor(
    private readonly rate: number,
    private readonly burst: number,
    private readonly now: () => number,
  ) {
    this.#tokens = burst;
    this.#at = now();
  }

  /** False, and nothing is taken, when so many are not to be had now. */
  take(amount: number): boolean {
    const at = this.now();
    this.#tokens = Math.min(this.burst, this.#tokens + ((at - this.#at) / 1000) * this.rate);
    this.#at = at;
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }
}

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

/** The same for each of many; memory is bounded. */
export class RateLimits {
  /** Whoever was heard of last comes last. */
  readonly #limits = new Map<string, RateLimit>();

  /** @param most that are remembered; beyond that whoever was heard of longest ago begins anew. */
  constructor(
    private readonly rate: number,
    private readonly burst: number,
    private readonly now: () => number,
    private readonly most = 10_000,
  ) {}

  take(key: string, amount = 1): boolean {
    const limit = this.#limits.get(key) ?? new RateLimit(this.rate, this.burst, this.now);
    this.#limits.delete(key);
    this.#limits.set(key, limit);
    if (this.#limits.size > this.most) {
      const [oldest] = this.#limits.keys();
      this.#limits.delete(oldest);
    }
    return limit.take(amount);
  }
}

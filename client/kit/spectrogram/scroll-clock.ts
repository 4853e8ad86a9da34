/** The picture stays so far behind the newest column, as columns come a few at a time. */
const BEHIND_MS = 40;
/** Further behind than this, it jumps. */
const MOST_BEHIND_MS = 250;

/**
 * Moves the picture evenly from animation frame to animation frame although columns come in bursts: it runs at the
 * stream's own pace, a little faster or slower by how far behind it is, and stops at the newest column.
 */
export class ScrollClock {
  #shown = 0;
  #at = Number.NaN;

  constructor(readonly hopMs: number) {}

  /** Which column is the last one shown at `now` (milliseconds), of a stream that has come to `newest`. */
  advance(newest: number, now: number): number {
    const elapsed = Math.max(0, now - this.#at);
    this.#at = now;
    const target = BEHIND_MS / this.hopMs;
    const behind = newest - this.#shown;
    if (!(behind >= 0 && behind * this.hopMs <= MOST_BEHIND_MS)) {
      this.#shown = Math.max(0, newest - target);
    } else if (elapsed > 0) {
      const pace = 1 + 0.2 * Math.min(2, behind / target - 1);
      this.#shown = Math.min(newest, this.#shown + (pace * elapsed) / this.hopMs);
    }
    return Math.floor(this.#shown);
  }

  /** Time stands still until the next call of `advance`: nothing was drawn meanwhile. */
  pause(): void {
    this.#at = Number.NaN;
  }
}

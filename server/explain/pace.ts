/** Overload made explicit: how far apart windows have to be, the same for every session. */
import type { Load } from "./scheduler.ts";

/** Above this share of busy lanes, waiting times grow without end: the rest is what lies around the model. */
const TOO_BUSY = 0.85;
/** Below this one there is room for more windows. */
const ROOMY = 0.65;
/** What the lanes are filled to when the rate is lowered. */
const FILLED_TO = 0.8;
const STEP = 1.25;
/** A window less often than this is no live explanation any more. */
export const LONGEST_PACE_MS = 1_000;
/** Nobody asks faster than that. */
const SHORTEST_PACE_MS = 16;
/** Updates without overload before the rate is raised. */
const CALM_UPDATES = 3;

/**
 * Lowers the rate of all sessions when the lanes have more to do than they can, before anybody is turned away, and raises
 * it step by step when there is room again. To be asked once a second.
 */
export class Pace {
  #leastMs = 0;
  #calm = 0;
  #full = false;

  /** Milliseconds that should lie between two windows of a session; 0 is no limit. */
  get leastMs(): number {
    return Math.round(this.#leastMs);
  }

  /** Whether even the lowest rate is too much for those who are here. */
  get full(): boolean {
    return this.#full;
  }

  /** @returns whether the pace is another one now. */
  update({ busy, windowMs, active, late }: Load, lanes: number): boolean {
    const before = this.leastMs;
    if (busy > TOO_BUSY || late > 0) {
      this.#calm = 0;
      this.#full = this.#leastMs >= LONGEST_PACE_MS;
      const fair = (active * windowMs) / (lanes * FILLED_TO);
      const wanted = Math.max(fair, STEP * this.#leastMs, SHORTEST_PACE_MS);
      this.#leastMs = Math.min(LONGEST_PACE_MS, wanted);
    } else {
      this.#full = false;
      this.#calm = busy < ROOMY ? this.#calm + 1 : 0;
      if (this.#leastMs > 0 && this.#calm >= CALM_UPDATES) {
        this.#leastMs /= STEP;
        if (this.#leastMs < SHORTEST_PACE_MS) this.#leastMs = 0;
      }
    }
    return this.leastMs !== before;
  }
}

/**
 * Overload made explicit: how far apart windows have to be, the same for every session. Sessions of streaming packs cost by the
 * frame, and asking less often would save them nothing: when theirs wait, no more are let in.
 */
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
/**
 * Blocks that wait for so long, in the mean, have no time left for those of one session more. (How busy the lanes are tells
 * nothing here: with more to do they do more at once.)
 */
const CROWDED_MS = 40;
const UNCROWDED_MS = 20;
/** Updates without overload before the rate is raised, or somebody let in. */
const CALM_UPDATES = 3;

/**
 * Lowers the rate of all sessions when the lanes have more to do than they can, before anybody is turned away, and raises
 * it step by step when there is room again. To be asked once a second.
 */
export class Pace {
  #leastMs = 0;
  #calm = 0;
  #full = false;
  #crowded = false;
  #uncrowded = 0;

  /** Milliseconds that should lie between two windows of a session; 0 is no limit. */
  get leastMs(): number {
    return Math.round(this.#leastMs);
  }

  /** Whether even the lowest rate is too much for those who are here. */
  get full(): boolean {
    return this.#full || this.#crowded;
  }

  /** @returns whether the pace is another one now. */
  update(load: Load, lanes: number): boolean {
    const { busy, windowMs, active, late } = load;
    this.#watchCrowd(load);
    const before = this.leastMs;
    if (active > 0 && (busy > TOO_BUSY || late > 0)) {
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

  #watchCrowd({ steady, steadyWaitMs, late }: Load): void {
    if (steady > 0 && (late > 0 || steadyWaitMs > CROWDED_MS)) {
      this.#crowded = true;
      this.#uncrowded = 0;
    } else if (steady === 0 || steadyWaitMs < UNCROWDED_MS) {
      this.#uncrowded++;
      if (this.#uncrowded >= CALM_UPDATES) this.#crowded = false;
    } else this.#uncrowded = 0;
  }
}

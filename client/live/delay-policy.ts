import { RecentValues } from "./recent-values.ts";

export interface DelaySettings {
  readonly hopMs: number;
  readonly lookAheadFrames: number;
  readonly strideFrames: number;
  readonly minDelayFrames: number;
  readonly maxDelayFrames: number;
}

/** What each part of D is for, in frames; they add up to D. */
export interface DelayParts {
  readonly lookAhead: number;
  readonly stride: number;
  readonly engine: number;
}

/** Windows whose times count: about 16 seconds at 16 windows a second. */
const REMEMBERED = 256;
/** D shrinks only when this much shorter would do, so that it doesn't swing to and fro. */
const SLACK_FRAMES = 2;
const SHRINK_AFTER_MS = 15_000;
/** After each growth it waits twice as long before it shrinks, up to this: a busy machine stays busy now and then. */
const LONGEST_SHRINK_AFTER_MS = 240_000;
const GROW_AFTER_MS = 500;

/**
 * Decides the delay D. A frame should be masked by a window that also heard `lookAhead` frames after it. Windows
 * end `step` frames apart, and the masks of a window are there `age` after its newest frame was played to us. So
 *
 *   D = look-ahead + step + ceil(age / hop)
 *
 * with the 99th percentiles of what was measured: `step` is the stride, or more when the engine can't keep it, and
 * `age` holds the way from the audio thread, waiting, the engine and the way back. D stays within its limits; where
 * the upper limit cuts it, look-ahead goes first, and only then are deadlines missed.
 * It grows within half a second, and shrinks after 15 seconds in which a clearly shorter one would have done; twice as
 * many after each growth, up to 4 minutes.
 */
export class DelayPolicy {
  readonly #settings: DelaySettings;
  readonly #ages = new RecentValues(REMEMBERED);
  readonly #steps = new RecentValues(REMEMBERED);
  #delay: number;
  #changedAt = Number.NEGATIVE_INFINITY;
  /** Since when a clearly shorter D would have done; NaN before the first window. */
  #longSince = Number.NaN;
  #shrinkAfterMs = SHRINK_AFTER_MS;

  /** `expectedMs`: the age to expect before anything was measured, e.g. from warm-up windows. */
  constructor(settings: DelaySettings, expectedMs: number) {
    this.#settings = settings;
    this.#delay = this.#limited(this.#wanted(settings.strideFrames, expectedMs));
  }

  get delayFrames(): number {
    return this.#delay;
  }

  get parts(): DelayParts {
    const { lookAheadFrames, strideFrames } = this.#settings;
    const stride = Math.min(this.#delay, this.#steps.count > 0 ? this.#step() : strideFrames);
    const needed = this.#ages.count > 0 ? Math.ceil(this.#ages.percentile(0.99) / this.#settings.hopMs) : 0;
    const lookAhead = Math.max(0, Math.min(lookAheadFrames, this.#delay - stride - needed));
    return { lookAhead, stride, engine: this.#delay - stride - lookAhead };
  }

  /** Starts measuring anew, as after a change of engine; D itself stays. */
  forget(): void {
    this.#ages.clear();
    this.#steps.clear();
    this.#longSince = Number.NaN;
  }

  /** A window's masks were delivered at `now`, `ageMs` after its newest frame, which came `step` after the last's. */
  delivered(now: number, ageMs: number, step: number): void {
    this.#ages.add(ageMs);
    this.#steps.add(step);
    const wanted = this.#limited(this.#wanted(this.#step(), this.#ages.percentile(0.99)));
    if (wanted > this.#delay - SLACK_FRAMES || Number.isNaN(this.#longSince)) this.#longSince = now;
    const grows = wanted > this.#delay && now - this.#changedAt >= GROW_AFTER_MS;
    const shrinks = now - this.#longSince >= this.#shrinkAfterMs;
    if (grows) this.#shrinkAfterMs = Math.min(LONGEST_SHRINK_AFTER_MS, 2 * this.#shrinkAfterMs);
    if (grows || shrinks) {
      this.#delay = wanted;
      this.#changedAt = now;
      this.#longSince = now;
    }
  }

  #step(): number {
    return Math.max(this.#settings.strideFrames, this.#steps.percentile(0.99));
  }

  #wanted(step: number, ageMs: number): number {
    return this.#settings.lookAheadFrames + step + Math.ceil(ageMs / this.#settings.hopMs);
  }

  #limited(frames: number): number {
    const { minDelayFrames, maxDelayFrames } = this.#settings;
    return Math.max(minDelayFrames, Math.min(maxDelayFrames, frames));
  }
}

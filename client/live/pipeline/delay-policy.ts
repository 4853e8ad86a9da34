import { RecentValues } from "./recent-values.ts";

export interface DelaySettings {
  readonly hopMs: number;
  readonly lookAheadFrames: number;
  readonly strideFrames: number;
  readonly minDelayFrames: number;
  readonly maxDelayFrames: number;
}

/** What each part of D is for, in frames; they add up to D. */
interface DelayParts {
  readonly lookAhead: number;
  readonly stride: number;
  readonly engine: number;
}

/** Windows whose reaches count: half a minute at 16 windows a second. */
const REMEMBERED = 512;
/** Windows that leave every frame its look-ahead. */
const USUAL = 0.95;
/** Windows that at least are there before a frame has to go without one. */
const NEARLY_ALL = 0.995;
/** D shrinks only when this much shorter would do, so that it doesn't swing to and fro. */
const SLACK_FRAMES = 2;
const SHRINK_AFTER_MS = 15_000;
/** After each growth it waits twice as long before it shrinks, up to this: a busy machine stays busy now and then. */
const LONGEST_SHRINK_AFTER_MS = 240_000;
const GROW_AFTER_MS = 500;

/**
 * Decides the delay D from one measure of each window, its _reach_: the frames that the audio thread had made, when
 * the window's masks were there, since the newest frame of the window before. It holds the stride, the burst in which
 * frames come, waiting, the engine and the way back, in the frames in which deadlines are. With
 *
 *   D ≥ reach                no frame is without a mask, though the newest ones were heard with little after them
 *   D ≥ look-ahead + reach   every frame is masked by a window that also heard `look-ahead` frames after it
 *
 *   D = max(look-ahead + usual reach, reach of nearly all)
 *
 * so the look-ahead is also the reserve: a window that comes late now and then costs some frames a part of their
 * look-ahead, not their mask. One window alone is never nearly all's: it takes two to make D grow for them. D stays
 * within its limits; where the upper one cuts it, look-ahead goes first, and only then are frames without a mask.
 * It grows within half a second, and shrinks after 15 seconds in which a clearly shorter one would have done; twice as
 * many after each growth, up to 4 minutes.
 */
export class DelayPolicy {
  #settings: DelaySettings;
  readonly #reaches = new RecentValues(REMEMBERED);
  #delay: number;
  #changedAt = Number.NEGATIVE_INFINITY;
  /** Since when a clearly shorter D would have done; NaN before the first window. */
  #longSince = Number.NaN;
  #shrinkAfterMs = SHRINK_AFTER_MS;
  /** Beyond the stride, in frames, until it is measured. */
  #expected: number;

  /** `expectedMs`: from a frame to its mask, to expect before anything was measured, e.g. from warm-up windows. */
  constructor(settings: DelaySettings, expectedMs: number) {
    this.#settings = settings;
    this.#expected = Math.ceil(expectedMs / settings.hopMs);
    this.#delay = this.#wanted();
  }

  get delayFrames(): number {
    return this.#delay;
  }

  get parts(): DelayParts {
    const { lookAheadFrames, strideFrames } = this.#settings;
    const lookAhead = Math.max(0, Math.min(lookAheadFrames, this.#delay - this.#usual()));
    const stride = Math.min(strideFrames, this.#delay - lookAhead);
    return { lookAhead, stride, engine: this.#delay - lookAhead - stride };
  }

  /** Other wishes of the listener: D follows at once, and measuring starts anew. */
  change(settings: DelaySettings): void {
    if (this.#reaches.count > 0) {
      this.#expected = Math.max(0, this.#usual() - this.#settings.strideFrames);
    }
    this.#settings = settings;
    this.forget();
    this.#shrinkAfterMs = SHRINK_AFTER_MS;
    this.#delay = this.#wanted();
  }

  /** Starts measuring anew, as after a change of engine; D itself stays. */
  forget(): void {
    this.#reaches.clear();
    this.#longSince = Number.NaN;
  }

  /** A window's masks were delivered at `now`, with this reach in frames. */
  delivered(now: number, reach: number): void {
    this.#reaches.add(reach);
    const wanted = this.#wanted();
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

  #usual(): number {
    const { strideFrames } = this.#settings;
    return this.#reaches.count > 0 ? this.#reaches.percentile(USUAL) : strideFrames + this.#expected;
  }

  #nearlyAll(): number {
    const { count } = this.#reaches;
    return count > 1 ? this.#reaches.percentile(Math.min(NEARLY_ALL, 1 - 1 / count)) : 0;
  }

  #wanted(): number {
    const { lookAheadFrames, minDelayFrames, maxDelayFrames } = this.#settings;
    const wanted = Math.max(lookAheadFrames + this.#usual(), this.#nearlyAll());
    return Math.max(minDelayFrames, Math.min(maxDelayFrames, wanted));
  }
}

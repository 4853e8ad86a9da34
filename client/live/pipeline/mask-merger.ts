import type { Explanation } from "../../../protocol/engine.ts";

/** What a window has heard after a frame tells it more of that frame up to here, in milliseconds. */
export const HEARD_AFTER_MS = 128;

/**
 * Windows overlap; a frame's mask is the weighted mean of what all windows so far said about it. A window knows
 * least about its newest frames, because nothing after them was heard yet, so a frame's weight rises with the square of
 * how much was heard from it on, from (1 / (risingFrames + 1))² for the newest frame to 1 for the frame `risingFrames`
 * frames older, and stays there. (Against a short and linear rise that keeps correlation with offline masks and AI, and
 * raises FF by 0.02 to 0.06 where the delay is short; more than a square brings little, and masks are less steady.)
 */
export class MaskMerger {
  /** [capacity, bins] sums of weight times mask, and [capacity] sums of weights. */
  readonly #sums: Float32Array;
  readonly #weights: Float32Array;
  readonly #frames: Float64Array;

  /** `capacity`: frames that are remembered; at least the longest delay and the longest window. */
  constructor(
    readonly capacity: number,
    readonly bins: number,
    readonly risingFrames: number,
  ) {
    this.#sums = new Float32Array(capacity * bins);
    this.#weights = new Float32Array(capacity);
    this.#frames = new Float64Array(capacity).fill(-1);
  }

  /**
   * Adds a mask, row-major [frames, bins] from `firstFrame` to its window's newest frame, for the frames from `fromFrame` on (older ones are past their deadline) and returns the
   * means for these frames, row-major [frames, bins]. Values that are no number count as 0, others are clipped to
   * [0, 1].
   */
  merge(
    { firstFrame, mask }: Pick<Explanation, "firstFrame" | "mask">,
    fromFrame: number,
  ): { firstFrame: number; rows: Float32Array } {
    const { bins, capacity } = this;
    const frames = mask.length / bins;
    const last = firstFrame + frames - 1;
    const first = Math.max(0, firstFrame, fromFrame, last - capacity + 1);
    const rows = new Float32Array(Math.max(0, last - first + 1) * bins);
    for (let frame = first; frame <= last; frame++) {
      const weight = Math.min(1, (last - frame + 1) / (this.risingFrames + 1)) ** 2;
      const slot = this.#slotOf(frame);
      this.#weights[slot] += weight;
      const total = this.#weights[slot];
      const source = (frame - firstFrame) * bins;
      const target = (frame - first) * bins;
      for (let bin = 0; bin < bins; bin++) {
        const value = mask[source + bin];
        this.#sums[slot * bins + bin] += weight * (value > 0 ? Math.min(1, value) : 0);
        rows[target + bin] = this.#sums[slot * bins + bin] / total;
      }
    }
    return { firstFrame: first, rows };
  }

  /** Forgets all masks: what comes next speaks of another method or class. */
  clear(): void {
    this.#frames.fill(-1);
  }

  #slotOf(frame: number): number {
    const slot = frame % this.capacity;
    if (this.#frames[slot] !== frame) {
      this.#frames[slot] = frame;
      this.#weights[slot] = 0;
      this.#sums.fill(0, slot * this.bins, (slot + 1) * this.bins);
    }
    return slot;
  }
}

import { MaskState } from "../../../protocol/mask-state.ts";
import type { SpectrogramColumns } from "../../live/live-explainer.ts";

/**
 * The newest columns as numbers, so that a picture can be painted anew: after a change of view, scale or size, and
 * when the browser has lost its pixels. A ring; frame f lies in slot `f % capacity`. `push` allocates nothing.
 */
export class ColumnStore {
  /** Row-major [capacity, bins]. */
  readonly magnitudes: Float32Array;
  readonly mask: Float32Array;
  /** How each column came by its mask, a `MaskState`. */
  readonly states: Uint8Array;
  /** Level shown brightest when the column came, in decibels. */
  readonly tops: Float32Array;
  #oldest = 0;
  #newest = 0;
  #stream = 0;

  constructor(
    readonly bins: number,
    readonly capacity: number,
  ) {
    this.magnitudes = new Float32Array(capacity * bins);
    this.mask = new Float32Array(capacity * bins);
    this.states = new Uint8Array(capacity);
    this.tops = new Float32Array(capacity);
  }

  /** The first frame kept. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The frame after the last one kept. */
  get newest(): number {
    return this.#newest;
  }

  /** Counts how often the columns began anew. */
  get stream(): number {
    return this.#stream;
  }

  slot(frame: number): number {
    return frame % this.capacity;
  }

  /**
   * Takes in new columns; `top` is asked for each column's. Frames that don't continue the last ones begin anew.
   * Columns with another number of bins belong to another stream and are left out.
   */
  push(
    { firstFrame, frames, bins, magnitudes, mask, states }: SpectrogramColumns,
    top: (magnitudes: Float32Array, offset: number) => number,
  ): void {
    if (bins !== this.bins) return;
    if (firstFrame !== this.#newest) {
      this.#oldest = firstFrame;
      this.#newest = firstFrame;
      this.#stream++;
    }
    for (let k = 0; k < frames; k++) {
      const slot = this.slot(this.#newest);
      const at = slot * bins;
      for (let bin = 0; bin < bins; bin++) {
        this.magnitudes[at + bin] = magnitudes[k * bins + bin];
        this.mask[at + bin] = mask[k * bins + bin];
      }
      this.states[slot] = states?.[k] ?? MaskState.own;
      this.tops[slot] = top(magnitudes, k * bins);
      this.#newest++;
    }
    this.#oldest = Math.max(this.#oldest, this.#newest - this.capacity);
  }
}

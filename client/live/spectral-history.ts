import type { SpectralWindow } from "../../protocol/engine.ts";

/**
 * The magnitudes of the newest frames, from which windows for the engine and columns for the picture are cut.
 * Frames before the first one and frames that were lost count as silence.
 */
export class SpectralHistory {
  /** Index of the newest frame; -1 before the first. */
  newest = -1;
  readonly #rows: Float32Array;

  constructor(
    readonly capacity: number,
    readonly bins: number,
  ) {
    this.#rows = new Float32Array(capacity * bins);
  }

  /** Frames come in order; `magnitudes` [bins] is copied. */
  add(frame: number, magnitudes: Float32Array): void {
    const lost = Math.min(this.capacity, frame - this.newest - 1);
    for (let n = 1; n <= lost; n++) this.#row(frame - n).fill(0);
    this.#row(frame).set(magnitudes);
    this.newest = frame;
  }

  /** Copies the frame's magnitudes to `target` from `offset` on; silence when it is no longer, or not yet, here. */
  copy(frame: number, target: Float32Array, offset = 0): void {
    if (frame < 0 || frame > this.newest || frame <= this.newest - this.capacity) {
      target.fill(0, offset, offset + this.bins);
    } else {
      target.set(this.#row(frame), offset);
    }
  }

  /** The newest `frames` frames; the first of them may lie before the start and so have a negative index. */
  window(frames: number): SpectralWindow {
    const firstFrame = this.newest - frames + 1;
    const magnitudes = new Float32Array(frames * this.bins);
    for (let n = 0; n < frames; n++) this.copy(firstFrame + n, magnitudes, n * this.bins);
    return { firstFrame, magnitudes };
  }

  #row(frame: number): Float32Array {
    const slot = ((frame % this.capacity) + this.capacity) % this.capacity;
    return this.#rows.subarray(slot * this.bins, (slot + 1) * this.bins);
  }
}

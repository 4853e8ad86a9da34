import type { SpectralWindow } from "../../../protocol/engine.ts";

/**
 * The magnitudes of the newest frames, and their phases where the model wants them, from which windows for the engine and columns for the picture are cut.
 * Frames before the first one and frames that were lost count as silence.
 */
export class SpectralHistory {
  /** Index of the newest frame; -1 before the first. */
  newest = -1;
  readonly #magnitudes: Float32Array;
  readonly #phases: Float32Array | null;

  constructor(
    readonly capacity: number,
    readonly bins: number,
    withPhases = false,
  ) {
    this.#magnitudes = new Float32Array(capacity * bins);
    this.#phases = withPhases ? new Float32Array(capacity * bins) : null;
  }

  /** Frames come in order; `magnitudes` and `phases`, [bins] each, are copied. */
  add(frame: number, magnitudes: Float32Array, phases?: Float32Array): void {
    const lost = Math.min(this.capacity, frame - this.newest - 1);
    for (let n = 1; n <= lost; n++) this.#row(this.#magnitudes, frame - n).fill(0);
    this.#row(this.#magnitudes, frame).set(magnitudes);
    if (this.#phases && phases) this.#row(this.#phases, frame).set(phases);
    this.newest = frame;
  }

  /** Copies the frame's magnitudes to `target` from `offset` on; silence when it is no longer, or not yet, here. */
  copy(frame: number, target: Float32Array, offset = 0): void {
    this.#copy(this.#magnitudes, frame, target, offset);
  }

  #copy(rows: Float32Array, frame: number, target: Float32Array, offset: number): void {
    if (frame < 0 || frame > this.newest || frame <= this.newest - this.capacity) {
      target.fill(0, offset, offset + this.bins);
    } else {
      target.set(this.#row(rows, frame), offset);
    }
  }

  /** So many frames; the first of them may lie before the start and so have a negative index. By default the newest ones. */
  window(frames: number, firstFrame = this.newest - frames + 1): SpectralWindow {
    const cut = (rows: Float32Array) => {
      const window = new Float32Array(frames * this.bins);
      for (let n = 0; n < frames; n++) this.#copy(rows, firstFrame + n, window, n * this.bins);
      return window;
    };
    const magnitudes = cut(this.#magnitudes);
    return this.#phases ? { firstFrame, magnitudes, phases: cut(this.#phases) } : { firstFrame, magnitudes };
  }

  #row(rows: Float32Array, frame: number): Float32Array {
    const slot = ((frame % this.capacity) + this.capacity) % this.capacity;
    return rows.subarray(slot * this.bins, (slot + 1) * this.bins);
  }
}

/**
 * The mask of a frame is the weighted mean over all windows that covered it. Frames are finished in order, and
 * only those between the first unfinished one and the newest window's end are held.
 */
export class MaskAverage {
  readonly #bins: number;
  readonly #weights: Float32Array;
  /** Sums of weight * mask, [capacity, bins], for the frames from `#first` on. */
  readonly #sums: Float32Array;
  readonly #totals: Float32Array;
  #first = 0;

  /** `weights` [frames of a window]: how much a window says of each of its frames. */
  constructor(bins: number, weights: Float32Array) {
    this.#bins = bins;
    this.#weights = weights;
    this.#sums = new Float32Array(2 * weights.length * bins);
    this.#totals = new Float32Array(2 * weights.length);
  }

  /** Adds a window's mask, row-major [frames, bins]; windows come in order of `firstFrame`. */
  add(firstFrame: number, mask: Float32Array): void {
    const bins = this.#bins;
    const offset = firstFrame - this.#first;
    if (offset < 0 || offset + this.#weights.length > this.#totals.length) {
      throw new RangeError(`window at frame ${firstFrame} does not follow on frame ${this.#first}`);
    }
    for (let t = 0; t < this.#weights.length; t++) {
      const weight = this.#weights[t];
      const to = (offset + t) * bins;
      this.#totals[offset + t] += weight;
      for (let bin = 0; bin < bins; bin++) this.#sums[to + bin] += weight * mask[t * bins + bin];
    }
  }

  /** The finished masks of the frames up to `end`, row-major; 0 where no window said anything. */
  take(end: number): Float32Array {
    const bins = this.#bins;
    const count = end - this.#first;
    const masks = this.#sums.slice(0, count * bins);
    for (let frame = 0; frame < count; frame++) {
      const scale = this.#totals[frame] > 0 ? 1 / this.#totals[frame] : 0;
      for (let i = frame * bins; i < (frame + 1) * bins; i++) masks[i] *= scale;
    }
    this.#sums.copyWithin(0, count * bins);
    this.#sums.fill(0, this.#sums.length - count * bins);
    this.#totals.copyWithin(0, count);
    this.#totals.fill(0, this.#totals.length - count);
    this.#first = end;
    return masks;
  }
}

/** Samples that wait in order: pushed in pieces of any size, taken in pieces of any other. */
export class SampleQueue {
  readonly #pieces: Float32Array[] = [];
  /** Samples of the first piece that are gone. */
  #taken = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Keeps a copy, so the caller may reuse its array. */
  push(samples: Float32Array): void {
    if (samples.length === 0) return;
    this.#pieces.push(samples.slice());
    this.#length += samples.length;
  }

  /** The oldest `count` samples; throws a RangeError when there are fewer. */
  take(count: number): Float32Array {
    if (count > this.#length) throw new RangeError(`${count} samples wanted, ${this.#length} are waiting`);
    const out = new Float32Array(count);
    let filled = 0;
    while (filled < count) {
      const piece = this.#pieces[0].subarray(this.#taken, this.#taken + count - filled);
      out.set(piece, filled);
      filled += piece.length;
      this.#taken += piece.length;
      if (this.#taken === this.#pieces[0].length) {
        this.#pieces.shift();
        this.#taken = 0;
      }
    }
    this.#length -= count;
    return out;
  }
}

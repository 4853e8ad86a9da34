/** The newest samples of endless sound, found by their number since the beginning. */
export class SampleHistory {
  readonly #ring: Float32Array;
  #end = 0;

  /** @param capacity samples kept. */
  constructor(capacity: number) {
    this.#ring = new Float32Array(capacity);
  }

  /** Samples pushed so far. */
  get end(): number {
    return this.#end;
  }

  /** Number of the oldest sample that is kept. */
  get start(): number {
    return Math.max(0, this.#end - this.#ring.length);
  }

  push(samples: Float32Array): void {
    const size = this.#ring.length;
    const kept = samples.subarray(Math.max(0, samples.length - size));
    const at = (this.#end + samples.length - kept.length) % size;
    const first = Math.min(kept.length, size - at);
    this.#ring.set(kept.subarray(0, first), at);
    this.#ring.set(kept.subarray(first), 0);
    this.#end += samples.length;
  }

  /** A copy of the samples [from, to), as far as they are kept. */
  slice(from: number, to: number): { readonly from: number; readonly samples: Float32Array } {
    const begin = Math.max(this.start, from);
    const end = Math.max(begin, Math.min(this.#end, to));
    const size = this.#ring.length;
    const samples = new Float32Array(end - begin);
    const at = begin % size;
    const first = Math.min(samples.length, size - at);
    samples.set(this.#ring.subarray(at, at + first));
    samples.set(this.#ring.subarray(0, samples.length - first), first);
    return { from: begin, samples };
  }
}

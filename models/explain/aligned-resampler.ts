import { StreamingResampler } from "../../dsp/resample.ts";

/** A streaming resampler whose output lies at the same time as its input: the delay is taken out. */
export class AlignedResampler {
  readonly #resampler: StreamingResampler;
  #toSkip: number;
  #given = 0;

  constructor(from: number, to: number) {
    this.#resampler = new StreamingResampler(from, to);
    this.#toSkip = this.#resampler.delay;
  }

  /** The outputs that these samples complete; a new array. */
  push(samples: Float32Array): Float32Array {
    const out = new Float32Array(this.#resampler.maxOutput(samples.length));
    const count = this.#resampler.push(samples, out);
    const skipped = Math.min(count, this.#toSkip);
    this.#toSkip -= skipped;
    this.#given += count - skipped;
    return out.subarray(skipped, count);
  }

  /** What is missing to `total` outputs since the start; the input counts as followed by silence. */
  finish(total: number): Float32Array {
    const missing = Math.max(0, total - this.#given);
    const out = new Float32Array(missing);
    const silence = new Float32Array(1024);
    for (let at = 0; at < missing; ) {
      const piece = this.push(silence).subarray(0, missing - at);
      out.set(piece, at);
      at += piece.length;
    }
    return out;
  }
}

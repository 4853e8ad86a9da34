import { magnitudes, phases } from "../../dsp/spectrum.ts";
import type { Pack } from "../pack/pack.ts";

/** Frames that memory is taken for at a time: one by one they cost more than their transform. */
const AT_A_TIME = 64;

/** Consecutive frames of a sound that still wait for something: for the model to hear them, or for their masks. */
export class FrameBuffer {
  /** From the frame `first` on, each [bins, 2]. */
  #spectra: Float32Array[] = [];
  #first = 0;
  /** Memory of the newest frames, and how much of it is in use. */
  #memory = new Float32Array(0);
  #used = 0;

  constructor(private readonly pack: Pick<Pack, "stft" | "phases">) {}

  /** The frame after the newest. */
  get end(): number {
    return this.#first + this.#spectra.length;
  }

  get first(): number {
    return this.#first;
  }

  /** Keeps a copy. */
  push(spectrum: Float32Array): void {
    const { length } = spectrum;
    if (this.#used + length > this.#memory.length) {
      this.#memory = new Float32Array(AT_A_TIME * length);
      this.#used = 0;
    }
    const own = this.#memory.subarray(this.#used, this.#used + length);
    this.#used += length;
    own.set(spectrum);
    this.#spectra.push(own);
  }

  /** What a model is given of the frames, row-major [count, bins]: what lies behind the newest counts as zeros. */
  heard(firstFrame: number, count: number): { magnitudes: Float32Array; phases: Float32Array | undefined } {
    const { stft, phases: wanted } = this.pack;
    const input = new Float32Array(count * stft.bins);
    const angles = wanted ? new Float32Array(input.length) : undefined;
    for (let t = 0; t < count; t++) {
      const spectrum = this.#spectra[firstFrame + t - this.#first];
      if (spectrum) magnitudes(spectrum, input, t * stft.bins);
      if (spectrum && angles) phases(spectrum, angles, t * stft.bins);
    }
    return { magnitudes: input, phases: angles };
  }

  /** The frames before `end`, which are forgotten. */
  take(end: number): Float32Array[] {
    const taken = this.#spectra.splice(0, end - this.#first);
    this.#first += taken.length;
    return taken;
  }
}

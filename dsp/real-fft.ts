import FFT from "fft.js";

/** fft.js hands its buffers back and forth untyped; this is the part of it that we use. */
interface ComplexTransform {
  realTransform(out: Float64Array, data: Float64Array): void;
  inverseTransform(out: Float64Array, data: Float64Array): void;
}

/**
 * Fourier transform of real samples, unnormalised forwards and 1/N backwards (as numpy's rfft and irfft).
 * Allocates at construction only.
 */
export class RealFft {
  readonly bins: number;
  readonly #transform: ComplexTransform;
  /** Interleaved re, im of all N frequencies; only the first `bins` of them are filled by `forward`. */
  readonly #spectrum: Float64Array;
  readonly #complexSamples: Float64Array;

  constructor(readonly size: number) {
    this.bins = size / 2 + 1;
    this.#transform = new FFT(size) as ComplexTransform;
    this.#spectrum = new Float64Array(2 * size);
    this.#complexSamples = new Float64Array(2 * size);
  }

  /** `samples` [size] to `spectrum` [bins, 2], interleaved re and im. */
  forward(samples: Float64Array, spectrum: Float32Array): void {
    const all = this.#spectrum;
    this.#transform.realTransform(all, samples);
    for (let i = 0; i < 2 * this.bins; i++) spectrum[i] = all[i];
  }

  /** `spectrum` [bins, 2] to `samples` [size]. The imaginary parts of the first and last bin count as 0. */
  inverse(spectrum: Float32Array, samples: Float64Array): void {
    const { size } = this;
    const all = this.#spectrum;
    all[0] = spectrum[0];
    all[1] = 0;
    all[size] = spectrum[size];
    all[size + 1] = 0;
    for (let i = 2; i < size; i += 2) {
      const re = spectrum[i];
      const im = spectrum[i + 1];
      all[i] = re;
      all[i + 1] = im;
      all[2 * size - i] = re;
      all[2 * size - i + 1] = -im;
    }
    const complex = this.#complexSamples;
    this.#transform.inverseTransform(complex, all);
    for (let n = 0; n < size; n++) samples[n] = complex[2 * n];
  }
}

import FFT from "fft.js";

/** fft.js hands its buffers back and forth untyped; this is the part of it that we use. */
interface ComplexTransform {
  transform(out: Float64Array, data: Float64Array): void;
}

/**
 * Fourier transform of real samples, unnormalised forwards and 1/N backwards (as numpy's rfft and irfft), by a complex one of
 * half the size over even samples + i · odd samples: half the time of one over all samples, and less than fft.js's own of
 * real samples. Allocates at construction only.
 */
export class RealFft {
  readonly bins: number;
  readonly #half: ComplexTransform;
  /** Of the half-size transform, interleaved re and im. */
  readonly #pairs: Float64Array;
  readonly #transformed: Float64Array;
  /** e^(-2πi k / size), interleaved, for k up to half the size. */
  readonly #twiddles: Float64Array;

  constructor(readonly size: number) {
    const half = size / 2;
    this.bins = half + 1;
    this.#half = new FFT(half) as ComplexTransform;
    this.#pairs = new Float64Array(size);
    this.#transformed = new Float64Array(size);
    this.#twiddles = new Float64Array(size);
    for (let k = 0; k < half; k++) {
      this.#twiddles[2 * k] = Math.cos((2 * Math.PI * k) / size);
      this.#twiddles[2 * k + 1] = -Math.sin((2 * Math.PI * k) / size);
    }
  }

  /** `samples` [size] to `spectrum` [bins, 2], interleaved re and im. */
  forward(samples: Float64Array, spectrum: Float32Array): void {
    const { size } = this;
    const all = this.#transformed;
    const twiddles = this.#twiddles;
    this.#half.transform(all, samples);
    // Frequency 0 is also that of the half: the last bin needs it.
    spectrum[0] = all[0] + all[1];
    spectrum[1] = 0;
    spectrum[size] = all[0] - all[1];
    spectrum[size + 1] = 0;
    for (let i = 2; i < size; i += 2) {
      const re = all[i];
      const im = all[i + 1];
      const otherRe = all[size - i];
      const otherIm = -all[size - i + 1];
      const oddRe = im - otherIm;
      const oddIm = otherRe - re;
      const cos = twiddles[i];
      const sin = twiddles[i + 1];
      spectrum[i] = 0.5 * (re + otherRe + cos * oddRe - sin * oddIm);
      spectrum[i + 1] = 0.5 * (im + otherIm + cos * oddIm + sin * oddRe);
    }
  }

  /** `spectrum` [bins, 2] to `samples` [size]. The imaginary parts of the first and last bin count as 0. */
  inverse(spectrum: Float32Array, samples: Float64Array): void {
    const { size } = this;
    const pairs = this.#pairs;
    const twiddles = this.#twiddles;
    // The inverse is the conjugate of the conjugate's transform. fft.js's own divides by the size behind it, which takes a
    // seventh of its time; here the size, a power of two, is in the factor.
    const factor = 1 / size;
    pairs[0] = factor * (spectrum[0] + spectrum[size]);
    pairs[1] = -factor * (spectrum[0] - spectrum[size]);
    for (let i = 2; i < size; i += 2) {
      const re = spectrum[i];
      const im = spectrum[i + 1];
      const otherRe = spectrum[size - i];
      const otherIm = -spectrum[size - i + 1];
      const differenceRe = re - otherRe;
      const differenceIm = im - otherIm;
      const cos = twiddles[i];
      const sin = -twiddles[i + 1];
      const oddRe = cos * differenceRe - sin * differenceIm;
      const oddIm = cos * differenceIm + sin * differenceRe;
      pairs[i] = factor * (re + otherRe - oddIm);
      pairs[i + 1] = -factor * (im + otherIm + oddRe);
    }
    this.#half.transform(samples, pairs);
    for (let n = 1; n < size; n += 2) samples[n] = -samples[n];
  }
}

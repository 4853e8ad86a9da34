import { checkedShape, type FrameShape, hann } from "./frames.ts";
import { RealFft } from "./real-fft.ts";

/**
 * Weighted overlap-add: one frame's spectrum in, one finished hop of samples out. Each frame is windowed once
 * more with the same Hann window, and the sum is divided by the overlapped squares of the window, so unchanged
 * spectra give back the input of `StreamingStft` delayed by `delay` = window - hop samples, and changed ones the
 * signal nearest to them in the least-squares sense (Griffin and Lim, 1984).
 * Allocates at construction only.
 */
export class StreamingIstft {
  readonly window: number;
  readonly hop: number;
  readonly bins: number;
  /** Samples from a sound's way into `StreamingStft` to its way out of here. */
  readonly delay: number;
  readonly #fft: RealFft;
  /** The window divided by the overlapped squares. */
  readonly #shape: Float64Array;
  readonly #samples: Float64Array;
  /** Sums under way: the first hop is finished by the next frame. */
  readonly #sum: Float64Array;

  constructor(shape: FrameShape) {
    const { window, hop } = checkedShape(shape);
    this.window = window;
    this.hop = hop;
    this.delay = window - hop;
    this.#fft = new RealFft(window);
    this.bins = this.#fft.bins;
    this.#samples = new Float64Array(window);
    this.#sum = new Float64Array(window);

    const analysis = hann(window);
    const squares = new Float64Array(hop);
    for (let n = 0; n < window; n++) squares[n % hop] += analysis[n] ** 2;
    if (squares.some((square) => square < 1e-6)) {
      throw new RangeError(
        `hop is ${hop}; Hann windows of ${window} samples must overlap, so at most ${window / 2}`,
      );
    }
    this.#shape = analysis.map((value, n) => value / squares[n % hop]);
  }

  /** `spectrum` [bins, 2], interleaved re and im; writes `hop` samples to `out` from `offset` on. */
  add(spectrum: Float32Array, out: Float32Array, offset = 0): void {
    const { window, hop } = this;
    const sum = this.#sum;
    const samples = this.#samples;
    this.#fft.inverse(spectrum, samples);
    for (let n = 0; n < window; n++) sum[n] += samples[n] * this.#shape[n];
    for (let n = 0; n < hop; n++) out[offset + n] = sum[n];
    sum.copyWithin(0, hop);
    sum.fill(0, window - hop);
  }

  /** Back to the state after construction. */
  reset(): void {
    this.#sum.fill(0);
  }
}

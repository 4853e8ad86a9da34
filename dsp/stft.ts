import { checkedShape, type FrameShape, hann } from "./frames.ts";
import { RealFft } from "./real-fft.ts";

/**
 * Receives one complete frame: `spectrum` [bins, 2], interleaved re and im, unnormalised. The array is reused
 * for the next frame: copy what is to be kept. `frame` counts from 0 since the start of the stream.
 */
export type FrameSink = (spectrum: Float32Array, frame: number) => void;

/**
 * Short-time Fourier transform of a stream that arrives in pieces of any size. Equals torch.stft and
 * librosa.stft with center=False and a periodic Hann window, of the stream with window - hop zeros before it.
 * Allocates at construction only, so that it may run on the audio thread.
 */
export class StreamingStft {
  readonly window: number;
  readonly hop: number;
  readonly bins: number;
  readonly #fft: RealFft;
  readonly #shape: Float64Array;
  /** The newest `window` samples; the last `hop` of them are being filled. */
  readonly #history: Float32Array;
  readonly #windowed: Float64Array;
  readonly #spectrum: Float32Array;
  #filled = 0;
  #frame = 0;

  constructor(shape: FrameShape) {
    const { window, hop } = checkedShape(shape);
    this.window = window;
    this.hop = hop;
    this.#fft = new RealFft(window);
    this.bins = this.#fft.bins;
    this.#shape = hann(window);
    this.#history = new Float32Array(window);
    this.#windowed = new Float64Array(window);
    this.#spectrum = new Float32Array(2 * this.bins);
  }

  /** Index of the frame that comes next; equally the number of frames so far. */
  get nextFrame(): number {
    return this.#frame;
  }

  /** Takes samples [from, to) and calls `onFrame` for every frame they complete, in order. */
  push(samples: Float32Array, onFrame: FrameSink, from = 0, to = samples.length): void {
    const { window, hop } = this;
    const history = this.#history;
    let at = from;
    while (at < to) {
      const count = Math.min(hop - this.#filled, to - at);
      const start = window - hop + this.#filled;
      for (let n = 0; n < count; n++) history[start + n] = samples[at + n];
      at += count;
      this.#filled += count;
      if (this.#filled === hop) this.#emit(onFrame);
    }
  }

  /** Back to the state after construction: silence before sample 0, frame 0 next. */
  reset(): void {
    this.#history.fill(0);
    this.#filled = 0;
    this.#frame = 0;
  }

  #emit(onFrame: FrameSink): void {
    const history = this.#history;
    const windowed = this.#windowed;
    for (let n = 0; n < windowed.length; n++) windowed[n] = history[n] * this.#shape[n];
    this.#fft.forward(windowed, this.#spectrum);
    history.copyWithin(0, this.hop);
    this.#filled = 0;
    onFrame(this.#spectrum, this.#frame++);
  }
}

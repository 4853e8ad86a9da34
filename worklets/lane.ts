import { applyMask, type Masking, StreamingIstft } from "../dsp/index.ts";
import type { AudioShape } from "../protocol/audio-shape.ts";
import type { FrameHistory } from "./frame-history.ts";

/**
 * One read position in the past, `delayFrames` behind the newest frame: what is heard there, as the untouched sound
 * and as its explanation, hop by hop. Two lanes at different positions are cross-faded when the delay changes.
 * Allocates at construction only.
 */
export class Lane {
  /** One hop of the input, late by delayFrames hops and the window less one hop. */
  readonly original: Float32Array;
  /** The same hop masked. */
  readonly explanation: Float32Array;
  /** The frames that overlap-add swallows before it gives complete sums. */
  readonly warmUpFrames: number;
  delayFrames = 0;
  /** Frames since the start of the lane. */
  frames = 0;
  readonly #istft: StreamingIstft;
  readonly #spectrum: Float32Array;
  readonly #masked: Float32Array;

  constructor(
    readonly masking: Masking,
    shape: AudioShape,
  ) {
    const { hop, bins } = shape;
    this.#istft = new StreamingIstft(shape);
    this.original = new Float32Array(hop);
    this.explanation = new Float32Array(hop);
    this.warmUpFrames = this.#istft.delay / hop;
    this.#spectrum = new Float32Array(2 * bins);
    this.#masked = new Float32Array(2 * bins);
  }

  start(delayFrames: number): void {
    this.delayFrames = delayFrames;
    this.frames = 0;
    this.#istft.reset();
  }

  /** Makes the next hop from `frame` and its mask, which lies in `masks` from `offset` on. */
  next(frame: number, history: FrameHistory, masks: Float32Array, offset: number): void {
    history.readSpectrum(frame, this.#spectrum);
    applyMask(this.#spectrum, masks, this.masking, this.#masked, offset);
    this.#istft.add(this.#masked, this.explanation);
    history.readHop(frame - this.warmUpFrames, this.original);
    this.frames++;
  }
}

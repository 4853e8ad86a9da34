import { applyMask, BINS, HOP, type Masking, OUTPUT_DELAY, StreamingIstft } from "../dsp/index.ts";
import type { FrameHistory } from "./frame-history.ts";

/** The frames of a lane that overlap-add swallows before it gives complete sums. */
export const WARM_UP_FRAMES = OUTPUT_DELAY / HOP;

/**
 * One read position in the past, `delayFrames` behind the newest frame: what is heard there, as the untouched sound
 * and as its explanation, hop by hop. Two lanes at different positions are cross-faded when the delay changes.
 * Allocates at construction only.
 */
export class Lane {
  /** One hop of the input, late by delayFrames * HOP + OUTPUT_DELAY samples. */
  readonly original = new Float32Array(HOP);
  /** The same hop masked. */
  readonly explanation = new Float32Array(HOP);
  delayFrames = 0;
  /** Frames since the start of the lane. */
  frames = 0;
  readonly #istft = new StreamingIstft();
  readonly #spectrum = new Float32Array(2 * BINS);
  readonly #masked = new Float32Array(2 * BINS);

  constructor(readonly masking: Masking) {}

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
    history.readHop(frame - WARM_UP_FRAMES, this.original);
    this.frames++;
  }
}

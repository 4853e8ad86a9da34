import type { Pack } from "../pack/pack.ts";
import type { WindowDecision } from "./clip-decision.ts";
import type { FrameBuffer } from "./frame-buffer.ts";
import { type ExplainWindow, type HeardFrames, isSilent, type Listener, loudnessOf } from "./listener.ts";
import { MaskAverage } from "./mask-average.ts";

/** Frames at a window's end whose weight rises; later windows have heard enough after each frame to agree. */
const LOOK_AHEAD = 4;

/** Hears overlapping windows, `stride` frames apart: a frame's mask is the weighted mean over all that covered it. */
export class WindowListener implements Listener {
  readonly #masks: MaskAverage;
  #next = 0;

  constructor(
    private readonly pack: Pack,
    private readonly explainWindow: ExplainWindow,
    private readonly stride: number,
  ) {
    this.#masks = new MaskAverage(pack.stft.bins, windowWeights(pack.windowFrames));
  }

  async *hear(frames: FrameBuffer): AsyncGenerator<HeardFrames> {
    while (this.#next + this.pack.windowFrames <= frames.end) {
      const windows = [await this.#explain(frames, this.#next)];
      // Should the recording end before the next window is full, the last one begins here or later.
      yield { windows, end: this.#next, mask: this.#masks.take(this.#next) };
      this.#next += this.stride;
    }
  }

  async *finish(frames: FrameBuffer): AsyncGenerator<HeardFrames> {
    const { end } = frames;
    // The last window ends with the recording, so that its last frames are seen in full context too.
    const last = Math.max(0, end - this.pack.windowFrames);
    const missing = this.#next === 0 || last > frames.first;
    const windows = missing ? [await this.#explain(frames, last)] : [];
    yield { windows, end, mask: this.#masks.take(end) };
  }

  /** Runs the window that begins at the frame; what lies behind the last frame counts as zeros. */
  async #explain(frames: FrameBuffer, firstFrame: number): Promise<WindowDecision> {
    const { windowFrames, stft, labels } = this.pack;
    const { magnitudes, phases } = frames.heard(firstFrame, windowFrames);
    const loudness = loudnessOf(magnitudes);
    const heard = { firstFrame, silent: isSilent(loudness, stft.window), power: loudness.power };
    // Nothing to mask, and nothing a model could be asked about.
    if (loudness.peak === 0) return { ...heard, probabilities: new Float32Array(labels.length) };
    const { probabilities, mask } = await this.explainWindow(magnitudes, phases);
    this.#masks.add(firstFrame, mask);
    return { ...heard, probabilities: probabilities.slice() };
  }
}

/**
 * How much a window's word counts for each of its frames: a window knows least about its newest frames, because it has
 * not heard what follows.
 */
function windowWeights(frames: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, t) => Math.min(1, (frames - t) / (LOOK_AHEAD + 1)));
}

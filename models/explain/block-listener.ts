import type { Pack } from "../pack/pack.ts";
import type { WindowDecision } from "./clip-decision.ts";
import type { FrameBuffer } from "./frame-buffer.ts";
import { type ExplainWindow, type HeardFrames, isSilent, type Listener, loudnessOf } from "./listener.ts";
import { framesAnswered } from "./window-times.ts";

/** What is left at the end is filled up with zeros to as many blocks as are given at once, if it is more than such a part. */
const WORTH_FILLING = 1 / 4;

/**
 * Hears a streaming pack's blocks, each once and in order: a frame's mask is that of its block.
 *
 * What the pack says at the end of a block is about what it remembers, some last second, and not about the 32 ms of a block. So how
 * loud a decision's sound was, and whether there was any, is measured over the last second too: a click's own block would be so much
 * louder than all that is known of it that nothing else counted, and with the pause after it, in which it is still believed,
 * nothing would.
 */
export class BlockListener implements Listener {
  /** Loudness of each block of the last second, the newest last. */
  readonly #recent: { readonly peak: number; readonly power: number }[] = [];
  #next = 0;

  constructor(
    private readonly pack: Pack,
    private readonly explainWindow: ExplainWindow,
  ) {}

  async *hear(frames: FrameBuffer): AsyncGenerator<HeardFrames> {
    const atOnce = this.#atOnce;
    while (this.#next + atOnce <= frames.end) yield await this.#explain(frames, atOnce);
  }

  async *finish(frames: FrameBuffer): AsyncGenerator<HeardFrames> {
    const left = frames.end - this.#next;
    if (left === 0) return;
    const { windowFrames } = this.pack;
    const few = left <= this.#atOnce * WORTH_FILLING;
    yield await this.#explain(frames, few ? Math.ceil(left / windowFrames) * windowFrames : this.#atOnce);
  }

  get #atOnce(): number {
    return this.explainWindow.frames ?? this.pack.windowFrames;
  }

  /** Hears so many frames from the next on; blocks that lie behind the newest frame as a whole are filling, and say nothing. */
  async #explain(frames: FrameBuffer, count: number): Promise<HeardFrames> {
    const { windowFrames, stft, labels } = this.pack;
    const firstFrame = this.#next;
    const end = Math.min(firstFrame + count, frames.end);
    const { magnitudes, phases } = frames.heard(firstFrame, count);
    // Before the model gets them: they are the caller's then.
    const blocks = Math.ceil((end - firstFrame) / windowFrames);
    const size = windowFrames * stft.bins;
    const loudness = Array.from({ length: blocks }, (_, block) =>
      loudnessOf(magnitudes.subarray(block * size, (block + 1) * size)),
    );
    const { probabilities, mask } = await this.explainWindow(magnitudes, phases);
    const windows = loudness.map((own, block): WindowDecision => {
      const from = block * labels.length;
      return {
        ...this.#lastSecond(own, firstFrame + (block + 1) * windowFrames),
        firstFrame: firstFrame + block * windowFrames,
        probabilities: probabilities.slice(from, from + labels.length),
      };
    });
    this.#next = end;
    return { windows, end, mask: mask.subarray(0, (end - firstFrame) * stft.bins) };
  }

  /** Of what lies before the beginning of the sound nothing was heard: it counts as silence, and the decision for less. */
  #lastSecond(own: { readonly peak: number; readonly power: number }, heard: number) {
    const { pack } = this;
    const most = framesAnswered(pack) / pack.windowFrames;
    this.#recent.push(own);
    if (this.#recent.length > most) this.#recent.shift();
    const peak = this.#recent.reduce((highest, each) => Math.max(highest, each.peak), 0);
    const power = this.#recent.reduce((sum, each) => sum + each.power, 0) / most;
    return {
      silent: isSilent({ peak, power }, pack.stft.window),
      power,
      weight: Math.min(1, heard / framesAnswered(pack)),
    };
  }
}

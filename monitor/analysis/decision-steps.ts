/** What is said of a channel's sound, as the detector takes it: of each window, or of a streaming pack's blocks once a stride. */
import type { WindowDecision } from "../../models/explain/clip-decision.ts";
import { windowCentre } from "../../models/explain/window-times.ts";
import type { Pack } from "../../models/pack/pack.ts";
import type { AnalysedWindow } from "./messages.ts";

/**
 * Blocks come every 32 ms, and each says almost what the one before it said: two of three of them would confirm nothing. So the mean of
 * a stride's blocks is one decision, as windows a stride apart are.
 */
export class DecisionSteps {
  readonly #atOnce: number;
  #waiting: WindowDecision[] = [];

  /** @param stride frames from one decision to the next: of a streaming pack whole blocks. */
  constructor(
    private readonly pack: Pack,
    stride: number,
  ) {
    this.#atOnce = pack.streaming ? Math.max(1, Math.round(stride / pack.windowFrames)) : 1;
  }

  push(windows: readonly WindowDecision[]): AnalysedWindow[] {
    const steps: AnalysedWindow[] = [];
    for (const window of windows) {
      this.#waiting.push(window);
      if (this.#waiting.length === this.#atOnce) steps.push(...this.finish());
    }
    return steps;
  }

  /** What is left at the end of the sound. */
  finish(): AnalysedWindow[] {
    const blocks = this.#waiting;
    this.#waiting = [];
    if (blocks.length === 0) return [];
    const mean = (of: (block: WindowDecision) => number) =>
      blocks.reduce((sum, block) => sum + of(block), 0) / blocks.length;
    // By Parseval: the squares of a periodic Hann window sum to 3/8 of its length.
    const power = mean((block) => block.power) / (0.375 * this.pack.stft.window);
    return [
      {
        centre: mean(({ firstFrame }) => windowCentre(firstFrame, this.pack)),
        probabilities: blocks[0].probabilities.map((_, k) => mean(({ probabilities }) => probabilities[k])),
        silent: blocks.every(({ silent }) => silent),
        level: 10 * Math.log10(power + 1e-10),
      },
    ];
  }
}

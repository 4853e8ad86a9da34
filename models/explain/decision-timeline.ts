import type { WindowDecision } from "./clip-decision.ts";
import { middleFrame } from "./window-times.ts";

interface Heard {
  /** Of a window, or a streaming pack's block. */
  readonly windowFrames: number;
  /** That an answer is about, as `framesAnswered` has them. */
  readonly answered: number;
}

/**
 * The classes' probabilities over the time of a recording of any length: when the steps are full, neighbours are
 * merged. A window counts at its middle, a streaming pack's block at the middle of what its answer is about.
 */
export class DecisionTimeline {
  #framesPerStep: number;
  readonly #sums: Float64Array;
  readonly #counts: Uint32Array;

  /** @param heard frames; @param limit the most steps kept, an even number. */
  constructor(
    private readonly classes: number,
    private readonly heard: Heard,
    private readonly limit = 2048,
    framesPerStep = 8,
  ) {
    this.#framesPerStep = framesPerStep;
    this.#sums = new Float64Array(limit * classes);
    this.#counts = new Uint32Array(limit);
  }

  add({ firstFrame, probabilities, silent }: WindowDecision): void {
    const middle = middleFrame(firstFrame, this.heard.windowFrames, this.heard.answered);
    while (middle >= this.limit * this.#framesPerStep) this.#mergePairs();
    const step = Math.floor(middle / this.#framesPerStep);
    if (silent) return;
    this.#counts[step]++;
    for (let k = 0; k < this.classes; k++) this.#sums[step * this.classes + k] += probabilities[k];
  }

  /**
   * Mean probability of a class at `points` equally spaced moments over `frames` frames: that of the nearest
   * windows, at most half of what they are about away; NaN where all of those were silent.
   */
  sample(k: number, frames: number, points: number): Float32Array {
    const reach = Math.ceil(this.heard.answered / 2 / this.#framesPerStep);
    return Float32Array.from({ length: points }, (_, point) => {
      const at = Math.floor(((point + 0.5) / points) * (frames / this.#framesPerStep));
      for (let distance = 0; distance <= reach; distance++) {
        for (const step of [at - distance, at + distance]) {
          if (this.#counts[step] > 0) return this.#sums[step * this.classes + k] / this.#counts[step];
        }
      }
      return Number.NaN;
    });
  }

  #mergePairs(): void {
    for (let step = 0; step < this.limit; step++) {
      const source = 2 * step;
      const inside = source < this.limit;
      this.#counts[step] = inside ? this.#counts[source] + this.#counts[source + 1] : 0;
      for (let k = 0; k < this.classes; k++) {
        this.#sums[step * this.classes + k] = inside
          ? this.#sums[source * this.classes + k] + this.#sums[(source + 1) * this.classes + k]
          : 0;
      }
    }
    this.#framesPerStep *= 2;
  }
}

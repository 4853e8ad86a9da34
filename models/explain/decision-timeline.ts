import type { WindowDecision } from "./clip-decision.ts";

/**
 * The classes' probabilities over the time of a recording of any length: when the steps are full, neighbours are
 * merged. A window counts at its middle.
 */
export class DecisionTimeline {
  #framesPerStep: number;
  readonly #sums: Float64Array;
  readonly #counts: Uint32Array;

  /** @param windowFrames frames of one window; @param limit the most steps kept, an even number. */
  constructor(
    private readonly classes: number,
    private readonly windowFrames: number,
    private readonly limit = 2048,
    framesPerStep = 8,
  ) {
    this.#framesPerStep = framesPerStep;
    this.#sums = new Float64Array(limit * classes);
    this.#counts = new Uint32Array(limit);
  }

  add({ firstFrame, probabilities, silent }: WindowDecision): void {
    const middle = firstFrame + this.windowFrames / 2;
    while (middle >= this.limit * this.#framesPerStep) this.#mergePairs();
    const step = Math.floor(middle / this.#framesPerStep);
    if (silent) return;
    this.#counts[step]++;
    for (let k = 0; k < this.classes; k++) this.#sums[step * this.classes + k] += probabilities[k];
  }

  /**
   * Mean probability of a class at `points` equally spaced moments over `frames` frames: that of the nearest
   * windows, at most half a window away; NaN where all of those were silent.
   */
  sample(k: number, frames: number, points: number): Float32Array {
    const reach = Math.ceil(this.windowFrames / 2 / this.#framesPerStep);
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

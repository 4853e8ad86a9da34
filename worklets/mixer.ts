import type { OutputChoice } from "../protocol/port.ts";
import { Fade } from "./fade.ts";

/**
 * Mixes original and explanation into what was chosen: every choice is `a * original + b * explanation`, so a
 * change of mind is a fade of a and b.
 * Allocates at construction only.
 */
export class Mixer {
  /** The weights for the sample that `step` moved to. */
  original: number;
  explanation: number;
  readonly #fade: Fade;
  #fromOriginal: number;
  #fromExplanation: number;
  #toOriginal: number;
  #toExplanation: number;

  constructor(choice: OutputChoice, fadeSamples: number) {
    this.#fade = new Fade(fadeSamples);
    this.original = this.#fromOriginal = this.#toOriginal = originalWeight(choice);
    this.explanation = this.#fromExplanation = this.#toExplanation = explanationWeight(choice);
  }

  choose(choice: OutputChoice): void {
    this.#fromOriginal = this.original;
    this.#fromExplanation = this.explanation;
    this.#toOriginal = originalWeight(choice);
    this.#toExplanation = explanationWeight(choice);
    this.#fade.start();
  }

  /** Moves on by one sample. */
  step(): void {
    if (this.#fade.done) return;
    this.#fade.step();
    const { share } = this.#fade;
    this.original = this.#fromOriginal + share * (this.#toOriginal - this.#fromOriginal);
    this.explanation = this.#fromExplanation + share * (this.#toExplanation - this.#fromExplanation);
  }
}

function originalWeight(choice: OutputChoice): number {
  return choice === "explanation" ? 0 : 1;
}

/** The rest is the original minus the explanation. */
function explanationWeight(choice: OutputChoice): number {
  return choice === "original" ? 0 : choice === "explanation" ? 1 : -1;
}

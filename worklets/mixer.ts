import type { OutputChoice } from "../protocol/port.ts";
import { Fade } from "./fade.ts";
import type { LoudnessMatch } from "./loudness-match.ts";

/**
 * Mixes original and explanation into what was chosen. How much of each choice is heard are shares that add up to 1, so
 * that a change of mind is a fade of two of them.
 * Allocates at construction only.
 */
export class Mixer {
  readonly #match: LoudnessMatch;
  readonly #fade: Fade;
  private explanationShare: number;
  private restShare: number;
  private fromExplanation: number;
  private fromRest: number;
  #toExplanation: number;
  #toRest: number;

  constructor(choice: OutputChoice, match: LoudnessMatch, fadeSamples: number) {
    this.#match = match;
    this.#fade = new Fade(fadeSamples);
    this.explanationShare = this.fromExplanation = this.#toExplanation = choice === "explanation" ? 1 : 0;
    this.restShare = this.fromRest = this.#toRest = choice === "rest" ? 1 : 0;
  }

  choose(choice: OutputChoice): void {
    this.fromExplanation = this.explanationShare;
    this.fromRest = this.restShare;
    this.#toExplanation = choice === "explanation" ? 1 : 0;
    this.#toRest = choice === "rest" ? 1 : 0;
    this.#fade.start();
  }

  /** One hop [hop] of both sounds into what is heard of them. */
  mix(original: Float32Array, explanation: Float32Array, output: Float32Array): void {
    const match = this.#match;
    match.push(original, explanation);
    const hop = output.length;
    const explanationSlope = (match.explanation.to - match.explanation.from) / hop;
    const restSlope = (match.rest.to - match.rest.from) / hop;
    for (let n = 0; n < hop; n++) {
      if (!this.#fade.done) this.#step();
      const explained = this.explanationShare * (match.explanation.from + (n + 1) * explanationSlope);
      const rest = this.restShare * (match.rest.from + (n + 1) * restSlope);
      const untouched = 1 - this.explanationShare - this.restShare;
      // The rest is the original minus the explanation.
      output[n] = (untouched + rest) * original[n] + (explained - rest) * explanation[n];
    }
  }

  #step(): void {
    this.#fade.step();
    const { share } = this.#fade;
    this.explanationShare = this.fromExplanation + share * (this.#toExplanation - this.fromExplanation);
    this.restShare = this.fromRest + share * (this.#toRest - this.fromRest);
  }
}

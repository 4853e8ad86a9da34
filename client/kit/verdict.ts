/** From the probabilities of many windows to what the page says it hears. */

import { capitalised, className, percent } from "./format.ts";
import { words } from "./words/words.ts";

export interface Classes {
  readonly labels: readonly string[];
  /** The label that means "none of the known classes". */
  readonly other?: string | undefined;
  readonly threshold: number;
}

export interface Ranked {
  readonly label: string;
  readonly probability: number;
}

export type Verdict =
  | ({ readonly kind: "class" } & Ranked)
  | ({ readonly kind: "other" } & Ranked)
  /** The best class stays below the pack's threshold. */
  | ({ readonly kind: "unsure" } & Ranked);

/** The `count` most probable classes, best first; equal ones in the pack's order. */
export function topClasses(
  labels: readonly string[],
  probabilities: ArrayLike<number>,
  count: number,
): Ranked[] {
  return labels
    .map((label, k) => ({ label, probability: probabilities[k] ?? 0 }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}

export function verdictOf(classes: Classes, best: Ranked): Verdict {
  if (best.label === classes.other) return { kind: "other", ...best };
  return { kind: best.probability >= classes.threshold ? "class" : "unsure", ...best };
}

/** The verdict as a headline and the sentence under it. */
export function verdictText(verdict: Verdict, threshold: number): { headline: string; sentence: string } {
  const name = className(verdict.label);
  const share = percent(verdict.probability);
  const said = words.page.verdict;
  switch (verdict.kind) {
    case "class":
      return { headline: capitalised(name), sentence: said.sure(share) };
    case "other":
      return { headline: said.other, sentence: said.otherSentence(share) };
    case "unsure":
      return { headline: said.unsure, sentence: said.unsureSentence(name, share, percent(threshold)) };
    default:
      return verdict satisfies never;
  }
}

/**
 * Mean of the probabilities with exponentially fading weights, so that the bars can be read. Time is counted in
 * frames, so the result does not depend on how often decisions come.
 */
export class FadingMean {
  readonly #mean: Float32Array;
  #lastFrame: number | undefined;

  /** `frames`: after so many frames an old decision weighs 1/e of a new one. */
  constructor(
    classes: number,
    readonly frames: number,
  ) {
    this.#mean = new Float32Array(classes);
  }

  /** Probabilities [classes]; the array returned is reused by the next call. */
  push(firstFrame: number, probabilities: ArrayLike<number>): Float32Array {
    const elapsed = this.#lastFrame === undefined ? Infinity : firstFrame - this.#lastFrame;
    // Frames that run backwards are a new stream: what was heard before does not count.
    const keep = elapsed < 0 ? 0 : Math.exp(-elapsed / this.frames);
    this.#lastFrame = firstFrame;
    for (let k = 0; k < this.#mean.length; k++) {
      this.#mean[k] = keep * this.#mean[k] + (1 - keep) * (probabilities[k] ?? 0);
    }
    return this.#mean;
  }
}

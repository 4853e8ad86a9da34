/** From the probabilities of many windows to what the page says it hears. */

import {
  answersAlone,
  type DecisionClasses,
  decide,
  type RankedClass,
} from "../../models/explain/class-decision.ts";
import { capitalised, className, percent } from "./format.ts";
import { words } from "./words/words.ts";

/** Classes that are named besides the one in the headline. */
const MOST_NAMED = 3;

/** What is heard, in one word or some: a class that is believed, something else, or a guess. */
export interface Verdict extends RankedClass {
  /**
   * "other" is none of the known classes. Where nothing is believed, exclusive classes make it "unsure", as one of them
   * should be there, and independent ones "none".
   */
  readonly kind: "class" | "other" | "unsure" | "none";
  /** Of independent classes those that are believed as well, the one most above its threshold first. */
  readonly also: readonly RankedClass[];
}

/** @param probabilities [classes] of the pack. */
export function verdictOf(classes: DecisionClasses, probabilities: ArrayLike<number>): Verdict {
  const { best, accepted, believed } = decide(classes, probabilities);
  const verdict = { ...best, also: believed.slice(1) };
  if (accepted) return { ...verdict, kind: "class" };
  if (best.label === classes.other) return { ...verdict, kind: "other" };
  return { ...verdict, kind: answersAlone(classes) ? "none" : "unsure" };
}

/** The verdict as a headline and the sentence under it. */
export function verdictText(verdict: Verdict): { headline: string; sentence: string } {
  const name = className(verdict.label);
  const share = percent(verdict.probability);
  const said = words.page.verdict;
  switch (verdict.kind) {
    case "class": {
      const also = alsoNames(verdict);
      return { headline: capitalised(name), sentence: `${said.sure(share)}${also && ` ${said.also(also)}`}` };
    }
    case "other":
      return { headline: said.other, sentence: said.otherSentence(share) };
    case "unsure":
    case "none":
      return {
        headline: said[verdict.kind],
        sentence: said.unsureSentence(name, share, percent(verdict.threshold)),
      };
    default:
      return verdict.kind satisfies never;
  }
}

/** Names of what is heard besides, as many as there is room for; empty where there is nothing. */
export function alsoNames({ also }: Verdict): string {
  return also
    .slice(0, MOST_NAMED)
    .map(({ label }) => className(label))
    .join(", ");
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

/** What a moment was taken for while it was heard, as stretches of one class each. */
import { decide } from "../../../../models/explain/class-decision.ts";
import { middleFrame } from "../../../../models/explain/window-times.ts";
import type { Moment } from "../../../live/live-explainer.ts";

interface HeardStretch {
  /** Index of the class most above its threshold. */
  readonly target: number;
  /** Whether it was believed: its threshold reached, and not the pack's "other". */
  readonly sure: boolean;
  /** Its highest probability. */
  readonly probability: number;
  /** Samples of the moment, the end not included. */
  readonly from: number;
  readonly to: number;
}

/** A decision holds around the middle of what it is about, until the next one's; after a longer gap nothing was explained. */
const LONGEST_SECONDS = 0.5;
/** Shorter stretches flicker. */
const SHORTEST_SECONDS = 0.2;

export function heardStretches(moment: Moment): HeardStretch[] {
  const { pack, sampleRate, hop, window, original } = moment;
  const middle = (firstFrame: number) =>
    (middleFrame(firstFrame, pack.windowFrames, pack.answeredFrames) + 0.5) * hop - window / 2;
  const stretches: HeardStretch[] = [];
  moment.decisions.forEach(({ firstFrame, probabilities }, k) => {
    const { best, accepted: sure } = decide(pack, probabilities);
    const { probability, index: target } = best;
    const from = middle(firstFrame);
    const next = moment.decisions[k + 1];
    const to = Math.min(
      next ? middle(next.firstFrame) : Number.POSITIVE_INFINITY,
      from + LONGEST_SECONDS * sampleRate,
      original.length,
    );
    const before = stretches.at(-1);
    if (before && before.target === target && before.sure === sure && from <= before.to + 1) {
      stretches[stretches.length - 1] = {
        ...before,
        to,
        probability: Math.max(before.probability, probability),
      };
    } else stretches.push({ target, sure, probability, from, to });
  });
  return stretches.filter(({ from, to }) => to - from >= SHORTEST_SECONDS * sampleRate);
}

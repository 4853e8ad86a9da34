/**
 * Thresholds of independent classes from as few held-out sounds as there are. `chooseThresholds` finds what is best on the windows
 * that it is given, and of a class with eight clips that is what suits those eight: on others it is worse than one threshold
 * for all. So each class stands between the two, nearer to its own the more of its sounds were held out, and all are moved
 * together to where the unknown are taken as often as they may. A class's own threshold is at most as high as it was ever heard: a class
 * that is taken for others more often than it is right would else never be named again.
 */
import { logOdds } from "../../../models/explain/class-decision.ts";
import {
  type ChosenThresholds,
  chooseThresholds,
  type HeldOutWindow,
  outcome,
  type ThresholdRule,
} from "./choose-thresholds.ts";
import { shiftForShare } from "./recognition.ts";

/**
 * Held-out sounds of a class that count as much as all that is known of the others. Chosen on halves of a fold, thresholds of one half
 * held against the other at equal shares of the unknown taken: 36.1 and 26.9 % of known windows are accepted rightly with one
 * threshold for all, 25.2 and 21.9 % with each class's own, 37.0 and 27.4 % with 32; 8 and 100 are worse than that.
 */
const SOUNDS_FOR_HALF = 32;

/**
 * @param windows known and unknown.
 * @param sounds how many sounds of each class they are of.
 * @throws RangeError without unknown windows, and as `chooseThresholds` does.
 */
export function steadyThresholds(
  windows: readonly HeldOutWindow[],
  sounds: readonly number[],
  rule: ThresholdRule = {},
): ChosenThresholds {
  const { unknownShare = 0.1, least = 0.05 } = rule;
  const unknown = windows
    .filter(({ label }) => label < 0)
    .map(({ probabilities }) => Float32Array.from(probabilities));
  const levelOf = (thresholds: readonly number[]) =>
    shiftForShare(
      { labels: thresholds.map(String), answers: "independent", threshold: 1, thresholds },
      unknown,
      unknownShare,
    );
  // Half is 0 in log-odds.
  const level = levelOf(sounds.map(() => 0.5));
  if (level === undefined) throw new RangeError("no unknown window says how often they are taken");
  const { thresholds: own } = chooseThresholds(windows, sounds.length, rule);
  const between = own.map((threshold, k) => {
    const weight = sounds[k] / (sounds[k] + SOUNDS_FOR_HALF);
    // A class that is best never believed (1) says no more than that its surest window was wrong.
    const best = Math.min(logOdds(threshold), surest(windows, k));
    return level + weight * (best - level);
  });
  const moved = levelOf(between.map(probabilityOf)) ?? 0;
  const thresholds = between.map((each) => Math.max(least, probabilityOf(each + moved)));
  return { thresholds, ...outcome(windows, thresholds) };
}

/** Log-odds of the window in which a class is most probable. */
function surest(windows: readonly HeldOutWindow[], k: number): number {
  return logOdds(windows.reduce((most, { probabilities }) => Math.max(most, probabilities[k]), 0));
}

function probabilityOf(odds: number): number {
  return 1 / (1 + Math.exp(-odds));
}

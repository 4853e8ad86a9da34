/**
 * What the classifier says of a whole recording: the mean of its audible windows' probabilities. Audible is what is
 * not silent and within 30 dB of the loudest window, as in the evaluation: a bark and ten seconds of hum are a dog.
 *
 * The mean it is for classes that answer each by itself, too: it says what the recording as a whole is of. The highest of
 * the windows would believe the more the longer a recording is, as each window is one more chance to be wrong. When a class
 * was heard is for `DecisionTimeline` to say.
 *
 * Of a streaming pack each block is a decision about the last second, as a window is about its own: silence and loudness are of
 * that second (block-listener.ts), and the first blocks, which know little, count by how much of it there was.
 */
import { type DecisionClasses, decide } from "./class-decision.ts";

/** Windows fainter than this beside the loudest of their sound say nothing of it. */
export const AUDIBLE_RANGE_DB = 30;

/** One window's probabilities. */
export interface WindowDecision {
  readonly firstFrame: number;
  /** [classes]. */
  readonly probabilities: Float32Array;
  /** Nothing was to be heard in it; its probabilities mean nothing and do not count. */
  readonly silent: boolean;
  /** Mean squared magnitude: how loud the window is beside the others of its recording. */
  readonly power: number;
  /**
   * How much it counts beside others, above 0 to 1; 1 without. What a streaming pack says early in a sound it says of little:
   * it counts by the share of a second that was heard.
   */
  readonly weight?: number | undefined;
}

/** Mean of what windows say, each by its weight; 0 of none. */
export function weightedMean<W extends Pick<WindowDecision, "weight">>(
  windows: readonly W[],
  of: (window: W) => number,
): number {
  let sum = 0;
  let weights = 0;
  for (const window of windows) {
    const { weight = 1 } = window;
    sum += weight * of(window);
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0;
}

/** The windows that say something of their sound: not silent, and within 30 dB of the loudest of them. */
export function audible<W extends Pick<WindowDecision, "silent" | "power">>(windows: readonly W[]): W[] {
  const loudest = windows.reduce((most, { silent, power }) => (silent ? most : Math.max(most, power)), 0);
  const least = loudest / 10 ** (AUDIBLE_RANGE_DB / 10);
  return windows.filter(({ silent, power }) => !silent && power >= least);
}

export interface BelievedClass {
  readonly label: string;
  /** Mean probability, 0 to 1. */
  readonly probability: number;
}

export interface ClipDecision {
  /** The class that is most above its threshold: the most probable one where all have the same. Null when every window was silent. */
  readonly label: string | null;
  /** Mean probability of that class, 0 to 1; null when every window was silent. */
  readonly probability: number | null;
  /** The label is one of the known classes and reaches its threshold. */
  readonly accepted: boolean;
  /** All classes that are believed, the one most above its threshold first: several only where each answers by itself. */
  readonly believed: readonly BelievedClass[];
  /** Mean over the windows that count, [classes]; zeros when every window was silent. */
  readonly probabilities: readonly number[];
  readonly windows: number;
  readonly silentWindows: number;
  /** Windows that are not silent but too faint beside the loudest to count. */
  readonly faintWindows: number;
}

/** What its windows say of a recording with these classes: those of a pack. */
export function clipDecision(classes: DecisionClasses, windows: readonly WindowDecision[]): ClipDecision {
  const heard = windows.filter(({ silent }) => !silent);
  const counted = audible(heard);
  const probabilities = classes.labels.map((_, k) =>
    weightedMean(counted, (window) => window.probabilities[k]),
  );
  const counts = {
    probabilities,
    windows: windows.length,
    silentWindows: windows.length - heard.length,
    faintWindows: heard.length - counted.length,
  };
  if (counted.length === 0)
    return { label: null, probability: null, accepted: false, believed: [], ...counts };
  const { best, accepted, believed } = decide(classes, probabilities);
  return {
    label: best.label,
    probability: best.probability,
    accepted,
    believed: believed.map(({ label, probability }) => ({ label, probability })),
    ...counts,
  };
}

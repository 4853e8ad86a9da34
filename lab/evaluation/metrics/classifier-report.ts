/** How well a classifier knows its classes, how honest its probabilities are, and what it makes of the unknown. */
import { type DecisionClasses, decide, rankedClasses } from "../../../models/explain/class-decision.ts";

/** The classifier's answers to one clip. */
interface ClipAnswers {
  /** The true label; a label that the classifier does not have counts as unknown. */
  readonly label: string;
  readonly name: string;
  /** One row of probabilities a window, audible windows only. */
  readonly windows: readonly Float32Array[];
  /** What is said of the clip as a whole; the mean of its windows without. */
  readonly whole?: Float32Array | undefined;
}

export interface Share {
  readonly right: number;
  readonly of: number;
}

export interface ClassifierReport {
  /** Share of clips that are decided rightly as a whole, by group. */
  readonly clips: Readonly<Record<string, Share>>;
  /** The same window by window. */
  readonly windows: Readonly<Record<string, Share>>;
  readonly threshold: number;
  /** Windows of each group that the classifier believes to be some known class (its threshold reached, not "other"). */
  readonly accepted: Readonly<Record<string, Share>>;
  /** Windows of unknown classes taken for a class of the main group, at the threshold. */
  readonly unknownTaken: Share;
  /** What each class is worth at its threshold, window by window, in the order of `labels`. */
  readonly byClass: readonly ClassShares[];
  /** Expected calibration error of the winning class over the known windows, 0 to 1, 15 bins of equal width. */
  readonly calibrationError: number;
  readonly calibration: readonly CalibrationBin[];
  /** Clips by true label (rows) and answer (columns), in the order of `labels`; unknown labels in the last row. */
  readonly confusion: readonly (readonly number[])[];
  readonly labels: readonly string[];
}

export interface ClassShares {
  readonly label: string;
  /** Probability from which it is believed. */
  readonly threshold: number;
  /** Of the windows in which it is believed, unknown ones too, those that are of it. */
  readonly precision: Share;
  /** Of the windows that are of it, those in which it is believed. */
  readonly recall: Share;
}

interface CalibrationBin {
  readonly confidence: number;
  readonly accuracy: number;
  readonly windows: number;
}

const CALIBRATION_BINS = 15;

/**
 * @param groups labels that are counted together, e.g. the ten of ESC-10 and "speech". The first is the main one:
 *   unknown sounds must not be taken for its classes.
 */
export function classifierReport(
  answers: readonly ClipAnswers[],
  classes: DecisionClasses,
  groups: Readonly<Record<string, readonly string[]>>,
): ClassifierReport {
  const { labels, threshold } = classes;
  const groupNames = Object.keys(groups);
  const mainLabels = groups[groupNames[0]];
  const groupOf = (label: string) => groupNames.find((name) => groups[name].includes(label));
  const count = () => Object.fromEntries(groupNames.map((name) => [name, { right: 0, of: 0 }]));
  const clips = count();
  const windows = count();
  const accepted = count();
  const unknownTaken = { right: 0, of: 0 };
  const bins = Array.from({ length: CALIBRATION_BINS }, () => ({ confidence: 0, right: 0, windows: 0 }));
  const byClass = rankedClasses(classes, [])
    .toSorted((a, b) => a.index - b.index)
    .map(({ label, threshold }) => ({
      ...{ label, threshold },
      ...{ precision: { right: 0, of: 0 }, recall: { right: 0, of: 0 } },
    }));
  const confusion = Array.from({ length: labels.length + 1 }, () => new Array<number>(labels.length).fill(0));

  for (const { label, windows: rows, whole } of answers) {
    if (rows.length === 0) continue;
    const group = groupOf(label);
    const answer = decide(classes, whole ?? meanRow(rows)).best.label;
    const row = group === undefined ? labels.length : labels.indexOf(label);
    confusion[row][labels.indexOf(answer)]++;
    if (group !== undefined) tally(clips[group], answer === label);
    for (const probabilities of rows) {
      const { best, believed } = decide(classes, probabilities);
      for (const each of believed) tally(byClass[each.index].precision, each.label === label);
      if (labels.includes(label)) {
        tally(
          byClass[labels.indexOf(label)].recall,
          believed.some((each) => each.label === label),
        );
      }
      if (group === undefined) {
        tally(
          unknownTaken,
          believed.some((each) => mainLabels.includes(each.label)),
        );
        continue;
      }
      const right = best.label === label;
      tally(windows[group], right);
      tally(accepted[group], believed.length > 0);
      const bin = bins[Math.min(CALIBRATION_BINS - 1, Math.floor(best.probability * CALIBRATION_BINS))];
      bin.confidence += best.probability;
      bin.right += right ? 1 : 0;
      bin.windows++;
    }
  }
  const calibration = bins
    .filter((bin) => bin.windows > 0)
    .map((bin) => ({
      confidence: bin.confidence / bin.windows,
      accuracy: bin.right / bin.windows,
      windows: bin.windows,
    }));
  const total = calibration.reduce((sum, bin) => sum + bin.windows, 0);
  const calibrationError = calibration.reduce(
    (sum, bin) => sum + (bin.windows / total) * Math.abs(bin.confidence - bin.accuracy),
    0,
  );
  return {
    clips,
    windows,
    threshold,
    accepted,
    unknownTaken,
    byClass,
    calibrationError,
    calibration,
    confusion,
    labels,
  };
}

export function meanRow(rows: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(rows[0].length);
  for (const row of rows) {
    for (let i = 0; i < mean.length; i++) mean[i] += row[i] / rows.length;
  }
  return mean;
}

export function percent({ right, of }: Share): number {
  return of === 0 ? Number.NaN : (100 * right) / of;
}

function tally(share: { right: number; of: number }, right: boolean): void {
  share.of++;
  if (right) share.right++;
}

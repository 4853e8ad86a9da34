/** How well a classifier knows its classes, how honest its probabilities are, and what it makes of the unknown. */
import { argMax } from "./metrics.ts";

/** The classifier's answers to one clip. */
interface ClipAnswers {
  /** The true label; a label that the classifier does not have counts as unknown. */
  readonly label: string;
  readonly name: string;
  /** One row of probabilities a window, audible windows only. */
  readonly windows: readonly Float32Array[];
}

export interface Share {
  readonly right: number;
  readonly of: number;
}

export interface ClassifierReport {
  /** Share of clips whose mean probabilities name the right class, by group. */
  readonly clips: Readonly<Record<string, Share>>;
  /** The same window by window. */
  readonly windows: Readonly<Record<string, Share>>;
  readonly threshold: number;
  /** Windows of each group that the classifier believes to be some known class (threshold reached, not "other"). */
  readonly accepted: Readonly<Record<string, Share>>;
  /** Windows of unknown classes taken for a class of the main group, at the threshold. */
  readonly unknownTaken: Share;
  /** Expected calibration error of the winning class over the known windows, 0 to 1, 15 bins of equal width. */
  readonly calibrationError: number;
  readonly calibration: readonly CalibrationBin[];
  /** Clips by true label (rows) and answer (columns), in the order of `labels`; unknown labels in the last row. */
  readonly confusion: readonly (readonly number[])[];
  readonly labels: readonly string[];
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
  labels: readonly string[],
  other: string | undefined,
  threshold: number,
  groups: Readonly<Record<string, readonly string[]>>,
): ClassifierReport {
  const groupNames = Object.keys(groups);
  const mainLabels = groups[groupNames[0]];
  const groupOf = (label: string) => groupNames.find((name) => groups[name].includes(label));
  const count = () => Object.fromEntries(groupNames.map((name) => [name, { right: 0, of: 0 }]));
  const clips = count();
  const windows = count();
  const accepted = count();
  const unknownTaken = { right: 0, of: 0 };
  const bins = Array.from({ length: CALIBRATION_BINS }, () => ({ confidence: 0, right: 0, windows: 0 }));
  const confusion = Array.from({ length: labels.length + 1 }, () => new Array<number>(labels.length).fill(0));

  for (const { label, windows: rows } of answers) {
    if (rows.length === 0) continue;
    const group = groupOf(label);
    const answer = labels[argMax(meanRow(rows))];
    const row = group === undefined ? labels.length : labels.indexOf(label);
    confusion[row][labels.indexOf(answer)]++;
    if (group !== undefined) tally(clips[group], answer === label);
    for (const probabilities of rows) {
      const winner = argMax(probabilities);
      const believed = labels[winner] !== other && probabilities[winner] >= threshold;
      if (group === undefined) {
        tally(unknownTaken, believed && mainLabels.includes(labels[winner]));
        continue;
      }
      const right = labels[winner] === label;
      tally(windows[group], right);
      tally(accepted[group], believed);
      const bin = bins[Math.min(CALIBRATION_BINS - 1, Math.floor(probabilities[winner] * CALIBRATION_BINS))];
      bin.confidence += probabilities[winner];
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

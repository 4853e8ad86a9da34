/**
 * Chooses the threshold of each of a pack's independent classes on windows that the classifier has not heard in training,
 * sounds of unknown classes among them.
 *
 * The rule: at most a given share of the unknown windows is taken for anything, whatever for; under that, as many known
 * windows as possible are believed to be what they are, where each belief in another known class costs as much as a right
 * one gains. So a threshold ends where the next windows below it would be wrong more often than right, or where the
 * unknown that it lets in is worth more to another class.
 *
 * All classes start where they are never believed, and the threshold is lowered, of any class and as far, that gains most
 * for each further unknown window that is taken; those taken already cost nothing. So on, until nothing gains. That is
 * greedy and not always the best, as sets that overlap can't be chosen from exactly in reasonable time. A probability of
 * exactly 1 is believed at any threshold.
 */
import { decide, logOdds } from "../../../models/explain/class-decision.ts";
import type { Share } from "./classifier-report.ts";

/** One window that is held out. */
export interface HeldOutWindow {
  /** Of each class by itself, [classes]. */
  readonly probabilities: ArrayLike<number>;
  /** Index of its class; −1 where it is none of them. */
  readonly label: number;
}

export interface ThresholdRule {
  /** Share of unknown windows that may be taken for some class, 0 to 1. Default 0.1. */
  readonly unknownShare?: number | undefined;
  /** Right beliefs that a belief in another known class has to be worth. Default 1. */
  readonly wrongCost?: number | undefined;
  /** No threshold is lower: what held-out windows are far from being taken for, other sounds may be nearer to. Default 0.05. */
  readonly least?: number | undefined;
}

export interface ChosenThresholds {
  /** By class, each from `least` to 1, midway in log-odds between the windows that it parts. */
  readonly thresholds: readonly number[];
  /** Known windows believed to be what they are. */
  readonly accepted: Share;
  /** Known windows believed to be something that they are not, besides or instead. */
  readonly mistaken: Share;
  /** Unknown windows taken for some class. */
  readonly unknownTaken: Share;
}

/** @throws RangeError for labels or probabilities that are not those of `classes` classes. */
export function chooseThresholds(
  windows: readonly HeldOutWindow[],
  classes: number,
  { unknownShare = 0.1, wrongCost = 1, least = 0.05 }: ThresholdRule = {},
): ChosenThresholds {
  for (const { label, probabilities } of windows) {
    if (!Number.isInteger(label) || label < -1 || label >= classes || probabilities.length !== classes) {
      throw new RangeError(
        `a window of class ${label} with ${probabilities.length} probabilities; there are ${classes}`,
      );
    }
  }
  const unknown = windows.filter(({ label }) => label < 0).length;
  let allowed = Math.floor(unknownShare * unknown);
  const taken = new Set<HeldOutWindow>();
  const cuts = Array.from({ length: classes }, (_, k) => new Cut(windows, k, wrongCost, least));
  for (;;) {
    const steps = cuts.flatMap((cut) => cut.bestStep(taken, allowed) ?? []);
    if (steps.length === 0) break;
    const best = steps.reduce((most, step) => (isBetter(step, most) ? step : most));
    allowed -= best.unknown;
    best.cut.take(best.to, taken);
  }
  const thresholds = cuts.map(({ threshold }) => threshold);
  return { thresholds, ...outcome(windows, thresholds) };
}

/** Lowers one class's threshold below further windows. */
interface Step {
  readonly cut: Cut;
  /** Windows above the threshold then. */
  readonly to: number;
  readonly gain: number;
  /** Unknown windows that no class had taken. */
  readonly unknown: number;
}

/** More gained for each unknown window; of such that cost none, and of equals, more gained. */
function isBetter(a: Step, b: Step): boolean {
  const difference = a.gain * b.unknown - b.gain * a.unknown;
  return difference === 0 ? a.gain > b.gain : difference > 0;
}

/** One class's threshold, as the number of windows above it. */
class Cut {
  readonly #windows: readonly HeldOutWindow[];
  #above = 0;

  constructor(
    windows: readonly HeldOutWindow[],
    private readonly k: number,
    private readonly wrongCost: number,
    private readonly least: number,
  ) {
    this.#windows = windows.toSorted((a, b) => b.probabilities[k] - a.probabilities[k]);
  }

  /** Undefined where no threshold below gains anything within what is allowed. */
  bestStep(taken: ReadonlySet<HeldOutWindow>, allowed: number): Step | undefined {
    let best: Step | undefined;
    let gain = 0;
    let unknown = 0;
    for (let to = this.#above; to < this.#windows.length && this.#at(to) >= this.least; ) {
      const window = this.#windows[to++];
      if (window.label === this.k) gain++;
      else if (window.label >= 0) gain -= this.wrongCost;
      else if (!taken.has(window)) unknown++;
      if (unknown > allowed) break;
      // Windows that are alike cannot be parted.
      if (to < this.#windows.length && this.#at(to) === this.#at(to - 1)) continue;
      const step = { cut: this, to, gain, unknown };
      if (gain > 0 && (best === undefined || isBetter(step, best))) best = step;
    }
    return best;
  }

  take(to: number, taken: Set<HeldOutWindow>): void {
    for (const window of this.#windows.slice(this.#above, to)) if (window.label < 0) taken.add(window);
    this.#above = to;
  }

  get threshold(): number {
    const lowest = this.#above === 0 ? 1 : this.#at(this.#above - 1);
    const next = this.#above === this.#windows.length ? 0 : this.#at(this.#above);
    const odds = Math.exp((logOdds(lowest) + logOdds(next)) / 2);
    const between = odds / (1 + odds);
    // Float32 neighbours have nothing between them in a file of few digits.
    return Math.max(this.least, between > next && between <= lowest ? between : lowest);
  }

  #at(index: number): number {
    return this.#windows[index].probabilities[this.k];
  }
}

/** What comes of thresholds on these windows. */
export function outcome(
  windows: readonly HeldOutWindow[],
  thresholds: readonly number[],
): Omit<ChosenThresholds, "thresholds"> {
  const accepted = { right: 0, of: 0 };
  const mistaken = { right: 0, of: 0 };
  const unknownTaken = { right: 0, of: 0 };
  const labels = thresholds.map(String);
  for (const { label, probabilities } of windows) {
    const { believed } = decide({ labels, answers: "independent", threshold: 1, thresholds }, probabilities);
    const count = (share: { right: number; of: number }, right: boolean) => {
      share.of++;
      if (right) share.right++;
    };
    if (label < 0) {
      count(unknownTaken, believed.length > 0);
      continue;
    }
    count(
      accepted,
      believed.some(({ index }) => index === label),
    );
    count(
      mistaken,
      believed.some(({ index }) => index !== label),
    );
  }
  return { accepted, mistaken, unknownTaken };
}

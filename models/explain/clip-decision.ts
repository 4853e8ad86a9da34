/** What the classifier says of a whole recording: the mean of its windows' probabilities. */

/** One window's probabilities. */
export interface WindowDecision {
  readonly firstFrame: number;
  /** [classes]. */
  readonly probabilities: Float32Array;
  /** Nothing was to be heard in it; its probabilities mean nothing and do not count. */
  readonly silent: boolean;
}

export interface ClipDecision {
  /** The most probable class; null when every window was silent. */
  readonly label: string | null;
  /** Mean probability of that class, 0 to 1; null when every window was silent. */
  readonly probability: number | null;
  /** The label is one of the known classes and reaches the pack's threshold. */
  readonly accepted: boolean;
  /** Mean over the windows that count, [classes]; zeros when every window was silent. */
  readonly probabilities: readonly number[];
  readonly windows: number;
  readonly silentWindows: number;
}

export class ClipDecisionMean {
  readonly #sums: Float64Array;
  #windows = 0;
  #silent = 0;

  constructor(
    private readonly classes: {
      readonly labels: readonly string[];
      readonly other?: string;
      readonly threshold: number;
    },
  ) {
    this.#sums = new Float64Array(classes.labels.length);
  }

  add(window: WindowDecision): void {
    this.#windows++;
    if (window.silent) this.#silent++;
    else for (let k = 0; k < this.#sums.length; k++) this.#sums[k] += window.probabilities[k];
  }

  result(): ClipDecision {
    const counted = this.#windows - this.#silent;
    const probabilities = Array.from(this.#sums, (sum) => (counted > 0 ? sum / counted : 0));
    const counts = { probabilities, windows: this.#windows, silentWindows: this.#silent };
    if (counted === 0) return { label: null, probability: null, accepted: false, ...counts };
    const best = probabilities.indexOf(Math.max(...probabilities));
    const label = this.classes.labels[best];
    const probability = probabilities[best];
    const accepted = label !== this.classes.other && probability >= this.classes.threshold;
    return { label, probability, accepted, ...counts };
  }
}

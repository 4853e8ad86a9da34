/** What a stream sounds like to the classifier, from its decisions and columns as they come. */
import { type RankedClass, rankedClasses } from "../../models/explain/class-decision.ts";
import { framesIn, hopMs } from "../../protocol/audio-shape.ts";
import type { Decision, PackSummary, SpectrogramColumns } from "../live/live-explainer.ts";
import { Minute, type Stretch } from "./minute.ts";
import { SilenceWatch } from "./spectrogram/silence.ts";
import { FadingMean, type Verdict, verdictOf } from "./verdict.ts";

const MEAN_MS = 500;
const SILENT_MS = 1_500;
const MINUTE_MS = 60_000;
const CLASSES = 5;
/** Shortest time between two changes of the last minute, which moves slowly. */
const STRIP_MS = 250;

/** One stream's; the next one begins with another. */
export class Hearing {
  /** The classes most above their thresholds in the last half second, best first. */
  ranked: readonly RankedClass[] = [];
  /** Undefined before the first decision, while nothing is explained and after the end. */
  verdict: Verdict | undefined;
  /** The last minute, and the first frame of the newest window in it. */
  stretches: readonly Stretch[] = [];
  newest = 0;
  silent = false;
  #unexplained = false;
  readonly #mean: FadingMean;
  readonly #minute: Minute;
  readonly #silence: SilenceWatch;
  #shownAt = Number.NEGATIVE_INFINITY;
  #stripAt = Number.NEGATIVE_INFINITY;

  /** `readableMs`: shortest time between two changes, so that they can be read. */
  constructor(
    readonly pack: PackSummary,
    private readonly readableMs: number,
  ) {
    this.#mean = new FadingMean(pack.labels.length, MEAN_MS / hopMs(pack));
    this.#minute = new Minute(minuteFrames(pack), hopMs(pack));
    this.#silence = new SilenceWatch(framesIn(pack, SILENT_MS));
  }

  /** Whether what is heard has no masks, yet or any more: then decisions come too late to be said of it, and nothing is. */
  get unexplained(): boolean {
    return this.#unexplained;
  }

  set unexplained(unexplained: boolean) {
    this.#unexplained = unexplained;
    if (unexplained) this.verdict = undefined;
  }

  /** Takes in a decision at `now` milliseconds; returns whether there is something new to show. */
  decided({ firstFrame, probabilities }: Decision, now: number): boolean {
    if (this.#unexplained) return false;
    const mean = this.#mean.push(firstFrame, probabilities);
    if (now - this.#shownAt < this.readableMs) return false;
    this.#shownAt = now;
    this.ranked = rankedClasses(this.pack, mean, CLASSES);
    this.verdict = verdictOf(this.pack, mean);
    this.#minute.push(firstFrame, this.verdict);
    if (now - this.#stripAt >= STRIP_MS) {
      this.#stripAt = now;
      this.newest = firstFrame;
      this.stretches = this.#minute.stretches;
    }
    return true;
  }

  /** Takes in columns; returns whether silence began or ended with them, or the last minute moved on without decisions. */
  heard(columns: SpectrogramColumns): boolean {
    const before = this.silent;
    this.silent = this.#silence.push(columns);
    return this.#passes(columns) || this.silent !== before;
  }

  #passes({ firstFrame, frames }: SpectrogramColumns): boolean {
    const newest = firstFrame + frames - this.pack.windowFrames;
    if (!this.#unexplained || newest - this.newest < framesIn(this.pack, STRIP_MS)) return false;
    this.newest = newest;
    return true;
  }
}

export function minuteFrames(pack: PackSummary): number {
  return framesIn(pack, MINUTE_MS);
}

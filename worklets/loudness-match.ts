import { ABSOLUTE_GATE, KWeighting, LOWEST_RATE, powerOf, RELATIVE_GATE } from "../dsp/k-weighting.ts";
import type { AudioShape } from "../protocol/audio-shape.ts";

/** A sound fainter than this beside the others is nothing but a remainder; making it loud would tell a lie. */
export const MOST_BOOST_DB = 24;
/** What is raised stays below full scale by this, as resampling at the loudspeaker raises peaks a little. */
export const HEADROOM_DB = 1;
/** Of the mean that stands for the loudness of a moment: about the recommendation's 400 ms. */
const MOMENT_SECONDS = 0.2;
/** How slowly a level is forgotten, while its sound goes on and in a pause. */
const FORGET_SECONDS = 3;
const FORGET_PAUSED_SECONDS = 30;
const FORGET_PEAK_SECONDS = 1;

const SILENT_POWER = powerOf(ABSOLUTE_GATE);
/** What is this much fainter than it was is a pause. */
const PAUSE_RATIO = 10 ** (RELATIVE_GATE / 10);
const MOST_BOOST = 10 ** (MOST_BOOST_DB / 20);
const HIGHEST_PEAK = 10 ** (-HEADROOM_DB / 20);

/**
 * Makes explanation and rest as loud as the original while they go out, so that listeners compare what is in them and
 * not how loud they are. It knows the past alone: client/page/moment/match-loudness.ts, which has the whole sound, does it
 * better.
 *
 * Allocates at construction only. Fractions travel in plain fields: see worklets/README.md.
 */
export class LoudnessMatch {
  readonly explanation: MatchedSound;
  readonly rest: MatchedSound;
  readonly #original: Level;
  /** Null where the rate is below 8 kHz: then every gain is 1. */
  readonly #weightings: readonly [KWeighting, KWeighting] | null;
  readonly #weightedOriginal: Float64Array;
  readonly #weightedExplanation: Float64Array;

  /** `on`: whether it matches; it measures all the time, so that it knows the levels when it is turned on. */
  constructor(
    { sampleRate, hop }: Pick<AudioShape, "sampleRate" | "hop">,
    public on: boolean,
  ) {
    const hopSeconds = hop / sampleRate;
    this.#original = new Level(hopSeconds);
    this.explanation = new MatchedSound(hopSeconds);
    this.rest = new MatchedSound(hopSeconds);
    this.#weightings =
      sampleRate < LOWEST_RATE ? null : [new KWeighting(sampleRate), new KWeighting(sampleRate)];
    this.#weightedOriginal = new Float64Array(hop);
    this.#weightedExplanation = new Float64Array(hop);
  }

  /** Takes in a hop of both sounds [hop] that is about to go out, and gives it its gains. */
  push(original: Float32Array, explanation: Float32Array): void {
    if (this.#weightings === null) return;
    this.#weightedOriginal.set(original);
    this.#weightedExplanation.set(explanation);
    this.#weightings[0].apply(this.#weightedOriginal);
    this.#weightings[1].apply(this.#weightedExplanation);
    this.#measurePowers();
    this.#measurePeaks(original, explanation);
    // Before the first sound there is nothing to be matched to.
    const on = this.on && this.#original.power > SILENT_POWER;
    this.explanation.follow(this.#original, on);
    this.rest.follow(this.#original, on);
  }

  #measurePowers(): void {
    const { length } = this.#weightedOriginal;
    let original = 0;
    let explanation = 0;
    let rest = 0;
    for (let n = 0; n < length; n++) {
      const o = this.#weightedOriginal[n];
      const e = this.#weightedExplanation[n];
      original += o * o;
      explanation += e * e;
      // The weighting is linear, so the rest's is the difference too.
      rest += (o - e) * (o - e);
    }
    this.#original.newest = original / length;
    this.explanation.level.newest = explanation / length;
    this.rest.level.newest = rest / length;
    this.#original.push();
    this.explanation.level.push();
    this.rest.level.push();
  }

  #measurePeaks(original: Float32Array, explanation: Float32Array): void {
    let explanationPeak = 0;
    let restPeak = 0;
    for (let n = 0; n < original.length; n++) {
      explanationPeak = Math.max(explanationPeak, Math.abs(explanation[n]));
      restPeak = Math.max(restPeak, Math.abs(original[n] - explanation[n]));
    }
    this.explanation.newestPeak = explanationPeak;
    this.rest.newestPeak = restPeak;
    this.explanation.pushPeak();
    this.rest.pushPeak();
  }
}

/** How loud a sound is, or was before it paused. */
class Level {
  /** Mean square, weighted: of the loudest moment, forgotten slowly. */
  power = 0;
  /** Mean square of the newest hop; `push` takes it in. */
  newest = 0;
  private moment = 0;
  readonly #momentShare: number;
  readonly #forgotten: number;
  readonly #forgottenPaused: number;

  constructor(hopSeconds: number) {
    this.#momentShare = shareOf(MOMENT_SECONDS, hopSeconds);
    this.#forgotten = shareOf(FORGET_SECONDS, hopSeconds);
    this.#forgottenPaused = shareOf(FORGET_PAUSED_SECONDS, hopSeconds);
  }

  push(): void {
    this.moment += this.#momentShare * (this.newest - this.moment);
    const forgotten = this.moment < PAUSE_RATIO * this.power ? this.#forgottenPaused : this.#forgotten;
    this.power = Math.max(this.moment, this.power - forgotten * (this.power - this.moment));
  }
}

/** A sound that is brought to the original's level. */
class MatchedSound {
  readonly level: Level;
  /** The newest hop begins with this gain and ends with that one. */
  from = 1;
  to = 1;
  /** The highest sample of the newest hop; `pushPeak` takes it in. */
  newestPeak = 0;
  /** The highest sample, forgotten slowly. */
  private peak = 0;
  readonly #forgottenPeak: number;

  constructor(hopSeconds: number) {
    this.level = new Level(hopSeconds);
    this.#forgottenPeak = shareOf(FORGET_PEAK_SECONDS, hopSeconds);
  }

  pushPeak(): void {
    this.peak = Math.max(this.newestPeak, this.peak - this.#forgottenPeak * this.peak);
  }

  /** Moves the gain on by a hop: to the reference's level, as far as boost and peak allow. */
  follow(reference: Level, on: boolean): void {
    const wanted = on ? Math.sqrt(reference.power / Math.max(this.level.power, SILENT_POWER)) : 1;
    // What is not raised may be as high as it was.
    const most = Math.min(MOST_BOOST, Math.max(1, HIGHEST_PEAK / this.peak));
    // A peak in this hop must not be met by the gain of the one before.
    this.from = Math.min(this.to, most);
    this.to = Math.min(wanted, most);
  }
}

/** Of a mean that forgets with this time constant: how much of it a hop replaces. */
function shareOf(seconds: number, hopSeconds: number): number {
  return 1 - Math.exp(-hopSeconds / seconds);
}

import type { AudioShape } from "../protocol/audio-shape.ts";
import { framesIn } from "../protocol/audio-shape.ts";

/** A howl is a peak this much above the bins around it and those of its harmonics, as a power ratio (15 dB). */
const ABOVE_OTHERS = 31.6;
/** Neighbours are this many bins away: nearer ones belong to the window's main lobe. */
const NEIGHBOURS = [4, 5, 6];
/** The lowest bin looked at; hum lies below. */
const LOWEST_BIN = 5;
const LEAST_DB = -55;
/** How much of a peak's level each frame replaces. */
const SMOOTHING = 0.3;
/** A peak that is away for longer is another one. */
const AWAY_MS = 48;
/**
 * A howl grows all the time: by so much over one of the spans, in each of its halves, and never falls by much meanwhile, as
 * notes do that are struck again and again.
 */
const SPANS = [
  { ms: 512, db: 3 },
  { ms: 2_048, db: 4 },
  { ms: 8_192, db: 5 },
] as const;
const HALF_DB = 1;
const FALLS_DB = 2;
/** A howl that can grow no more, as it fills what the microphone can tell. Clipped, it has harmonics too. */
const FULL_DB = -3;
const FULL_MS = 500;

/** Steps of the test, and how long one lasts: longer than sound takes from the loudspeaker back into the frames. */
const TEST_DB = -10;
const TEST_STEPS = 4;
const TEST_MS = 640;
/** After a step, what fell by so much was our own sound; what grew still may be, unless it grew as fast as before. */
const FELL_DB = 5;
const GREW_DB = 1;
const AS_BEFORE = 0.7;
/** What falls by more than the step, and at once, has ended by itself. */
const ENDED_DB = -14;
const ENDED_MS = 40;
/** How long a peak that was not our own is left alone at first; each time twice as long, up to the longest. */
const INNOCENT_MS = 8_000;
const LONGEST_INNOCENT_MS = 120_000;
/** The limit stays below the level that howled, and rises slowly, as people and microphones move. */
const BELOW_HOWL_DB = -9;
const RETURN_DB_PER_S = 3;
const LIMIT_RISE_DB_PER_S = 0.05;
const RELEASE_DB_PER_S = 60;
const ATTACK_DB_PER_S = 600;
const LEAST_GAIN_DB = -50;

type Phase = "watching" | "testing";

/**
 * Keeps loudspeakers and microphone in one room from howling. A narrow peak without harmonics whose level grows steadily is
 * suspected, and the suspicion tried: the output is turned down, and if the peak falls it was our own sound. Then the
 * output comes back slowly and stays below the level that howled. If the peak stays, as a whistle or an alarm does, the
 * output comes back at once and that peak is left alone for a while.
 *
 * Peaks against neighbours, harmonics and time after the usual criteria (PNPR, PHPR, IMSD) of T. van Waterschoot and
 * M. Moonen, "Fifty years of acoustic feedback control", Proceedings of the IEEE 99 (2011).
 * Allocates at construction only.
 */
export class FeedbackGuard {
  /** For the output, 0 to 1; moves by at most 5 dB a frame. */
  gain = 1;
  /** Howls that were found. */
  howls = 0;
  readonly #bins: number;
  readonly #fullPower: number;
  /** Of a bin of a sine of `FULL_DB`, halfway between two bins. */
  readonly #clipPower: number;
  readonly #frameSeconds: number;
  /** The times above in frames. */
  readonly #spans: Int32Array;
  readonly #awayFrames: number;
  readonly #fullFrames: number;
  readonly #testFrames: number;
  readonly #innocentFrames: number;
  readonly #longestInnocent: number;
  /** Levels of the tracked peak, one a frame, frame k at k mod length; the longest span and one. */
  readonly #levels: Float32Array;
  /** Frames for which a bin is left alone yet, and how long the next time. */
  readonly #innocent: Int32Array;
  readonly #innocentNext: Int32Array;
  #phase: Phase = "watching";
  #bin = -1;
  #age = 0;
  #away = 0;
  #full = 0;
  private level = 0;
  /** What `#hear` found. */
  private heard = 0;
  private change = 0;
  /** What no bin around the peak may exceed. */
  private rivalPower = 0;
  /** Of the gain, in dB. */
  private now = 0;
  private wanted = 0;
  private limit = 0;
  private speed = RETURN_DB_PER_S;
  /** The test: gain before it, level before its step, frames gone, steps done. */
  private before = 0;
  private levelBefore = 0;
  /** What the peak had grown by in as much time as a test takes. */
  private growth = 0;
  /** Unsmoothed levels of the last frames, the newest last. */
  readonly #recent: Float32Array;
  #gone = 0;
  #steps = 0;

  constructor(shape: AudioShape) {
    this.#bins = shape.bins;
    this.#fullPower = ((shape.bins - 1) / 2) ** 2;
    this.#clipPower = this.#fullPower * 10 ** ((FULL_DB - 3) / 10);
    this.#frameSeconds = shape.hop / shape.sampleRate;
    this.#spans = Int32Array.from(SPANS, ({ ms }) => framesIn(shape, ms));
    this.#awayFrames = framesIn(shape, AWAY_MS);
    this.#fullFrames = framesIn(shape, FULL_MS);
    this.#testFrames = framesIn(shape, TEST_MS);
    this.#innocentFrames = framesIn(shape, INNOCENT_MS);
    this.#longestInnocent = framesIn(shape, LONGEST_INNOCENT_MS);
    this.#levels = new Float32Array(this.#spans[SPANS.length - 1] + 1);
    this.#recent = new Float32Array(framesIn(shape, ENDED_MS) + 1);
    this.#innocent = new Int32Array(shape.bins);
    this.#innocentNext = new Int32Array(shape.bins).fill(this.#innocentFrames);
  }

  /** Looks at the frame's magnitudes, which lie in `from` from `offset` on, and moves `gain`. */
  push(from: Float32Array, offset: number): void {
    for (let bin = 0; bin < this.#bins; bin++) if (this.#innocent[bin] > 0) this.#innocent[bin]--;
    if (this.#phase === "testing") this.#test(from, offset);
    else this.#watch(from, offset);
    this.#move();
  }

  #watch(from: Float32Array, offset: number): void {
    const peak = this.#peak(from, offset);
    if (peak < 0) {
      this.#away++;
      if (this.#away > this.#awayFrames) this.#age = 0;
      if (this.#age > 0) this.#remember();
      return;
    }
    if (this.#age > 0 && Math.abs(peak - this.#bin) <= 1 && this.#away <= this.#awayFrames) {
      this.#hear(from, offset, peak);
      this.level += SMOOTHING * (this.heard - this.level);
    } else {
      this.#age = this.#full = 0;
      this.#hear(from, offset, peak);
      this.level = this.heard;
    }
    this.#bin = peak;
    this.#away = 0;
    this.#remember();
    this.#full = this.level > FULL_DB ? this.#full + 1 : 0;
    if (this.level < LEAST_DB) return;
    if (this.#grows() || this.#full > this.#fullFrames) this.#suspect();
  }

  #remember(): void {
    this.#levels[this.#age % this.#levels.length] = this.level;
    this.#age++;
  }

  #grows(): boolean {
    for (let n = 0; n < SPANS.length; n++) {
      if (this.#grew(this.#spans[n], SPANS[n].db)) return true;
    }
    return false;
  }

  #grew(frames: number, db: number): boolean {
    if (this.#age <= frames) return false;
    const half = frames >> 1;
    if (this.level - this.#levels[this.#ago(frames)] < db) return false;
    if (
      this.level - this.#levels[this.#ago(half)] < HALF_DB ||
      this.#levels[this.#ago(half)] - this.#levels[this.#ago(frames)] < HALF_DB
    )
      return false;
    let highest = Number.NEGATIVE_INFINITY;
    for (let ago = frames; ago >= 0; ago--) {
      const level = this.#levels[this.#ago(ago)];
      if (level < highest - FALLS_DB) return false;
      highest = Math.max(highest, level);
    }
    return true;
  }

  /** Where the level of so many frames ago lies; that of the oldest one when there was none yet. */
  #ago(frames: number): number {
    return Math.max(0, this.#age - 1 - frames) % this.#levels.length;
  }

  #suspect(): void {
    this.#phase = "testing";
    this.before = this.now;
    this.#steps = 0;
    this.growth = ((this.level - this.#levels[this.#ago(this.#spans[0])]) * TEST_MS) / SPANS[0].ms;
    this.#recent.fill(this.level);
    this.#step();
  }

  #step(): void {
    this.#steps++;
    this.#gone = 0;
    this.levelBefore = this.level;
    this.wanted = Math.max(LEAST_GAIN_DB, this.now + TEST_DB);
    this.speed = ATTACK_DB_PER_S;
  }

  #test(from: Float32Array, offset: number): void {
    this.#hear(from, offset, this.#bin);
    this.level += SMOOTHING * (this.heard - this.level);
    this.#gone++;
    this.#recent.copyWithin(0, 1);
    this.#recent[this.#recent.length - 1] = this.heard;
    this.change = this.level - this.levelBefore;
    if (this.heard - this.#recent[0] < ENDED_DB) this.#goBack();
    else if (this.change <= -FELL_DB) this.#howled();
    else if (this.#gone >= this.#testFrames) this.#judge();
  }

  /** By the change of the level over a whole step. */
  #judge(): void {
    const change = this.change;
    const asBefore = this.#steps === 1 && this.growth > GREW_DB && change > AS_BEFORE * this.growth;
    // A loop may happen to be just as strong as the first step.
    const mayBe = change > GREW_DB ? this.#steps < TEST_STEPS : this.#steps === 1;
    if (change < -GREW_DB) this.#howled();
    else if (mayBe && !asBefore) this.#step();
    else this.#acquit();
  }

  #howled(): void {
    this.howls++;
    this.#phase = "watching";
    this.#age = this.#full = 0;
    this.#innocentNext[this.#bin] = this.#innocentFrames;
    this.limit = Math.min(this.limit, this.before + BELOW_HOWL_DB);
    this.limit = Math.max(LEAST_GAIN_DB, this.limit);
    this.wanted = this.limit;
    this.speed = RETURN_DB_PER_S;
  }

  #acquit(): void {
    const frames = this.#innocentNext[this.#bin];
    for (let bin = Math.max(0, this.#bin - 2); bin <= Math.min(this.#bins - 1, this.#bin + 2); bin++) {
      this.#innocent[bin] = frames;
      this.#innocentNext[bin] = Math.min(2 * frames, this.#longestInnocent);
    }
    this.#goBack();
  }

  #goBack(): void {
    this.#phase = "watching";
    this.#age = this.#full = 0;
    this.wanted = this.before;
    this.speed = RELEASE_DB_PER_S;
  }

  #move(): void {
    const seconds = this.#frameSeconds;
    if (this.#phase === "watching") {
      this.limit = Math.min(0, this.limit + LIMIT_RISE_DB_PER_S * seconds);
      // Once released, it goes on at the slow pace.
      if (this.now >= this.wanted) {
        this.wanted = this.limit;
        this.speed = RETURN_DB_PER_S;
      }
    }
    if (this.now < this.wanted) this.now = Math.min(this.wanted, this.now + this.speed * seconds);
    else this.now = Math.max(this.wanted, this.now - ATTACK_DB_PER_S * seconds);
    this.gain = this.now === 0 ? 1 : 10 ** (this.now / 20);
  }

  /** The strongest bin, if it stands out as a howl does and may be one; else -1. */
  #peak(from: Float32Array, offset: number): number {
    let peak = -1;
    let most = 0;
    for (let bin = LOWEST_BIN; bin < this.#bins - LOWEST_BIN; bin++) {
      const magnitude = from[offset + bin];
      if (magnitude <= most || this.#innocent[bin] > 0) continue;
      most = magnitude;
      peak = bin;
    }
    if (peak < 0) return -1;
    const power = most * most;
    this.rivalPower = power / ABOVE_OTHERS;
    for (let n = 0; n < NEIGHBOURS.length; n++) {
      const away = NEIGHBOURS[n];
      if (this.#rivals(from, offset, peak - away) || this.#rivals(from, offset, peak + away)) return -1;
    }
    if (power > this.#clipPower) return peak;
    for (let harmonic = 2; harmonic <= 3; harmonic++) {
      const centre = harmonic * peak;
      for (let bin = centre - 1; bin <= centre + 1; bin++) if (this.#rivals(from, offset, bin)) return -1;
    }
    return peak;
  }

  /** Whether a bin is too strong beside the peak; there is none beyond the spectrum. */
  #rivals(from: Float32Array, offset: number, bin: number): boolean {
    if (bin < 0 || bin >= this.#bins) return false;
    return from[offset + bin] * from[offset + bin] > this.rivalPower;
  }

  /** The level of the bin and those beside it, in dB of a full-scale sine. */
  #hear(from: Float32Array, offset: number, bin: number): void {
    let power = 0;
    for (let each = bin - 1; each <= bin + 1; each++) power += from[offset + each] * from[offset + each];
    // A sine between two bins and one on a bin have the same sum: 1 + 2/4 of the peak under the Hann window.
    this.heard = 10 * Math.log10(power / (1.5 * this.#fullPower) + 1e-12);
  }
}

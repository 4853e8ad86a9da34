/**
 * Training sequences of the streaming classifier: sounds that begin somewhere, one or two at once, behind rooms and
 * microphones; and at some moments, for each class, whether it is heard, is not, or whether that can't be told.
 */
import type { Random } from "../data/random.ts";
import { samplesOf, windowMagnitudes } from "../data/windows.ts";
import { BINS, HOP, WINDOW } from "../networks/own-shape.ts";
import { STEP_FRAMES } from "../networks/streaming/stream-shape.ts";
import { labelScores, MAY_BE_THERE } from "./audioset-names.ts";
import { begin, end, randomRoom, scale, tiltBins, toUnitPower, zeroStripes } from "./augment.ts";
import type { TrainingSounds } from "./classifier-batches.ts";
import { addRumble, dullBins, jumpLevel, MeasuredRoom, overdrive } from "./microphone.ts";
import { NoiseTable } from "./noise-table.ts";
import { otherSound } from "./other-sounds.ts";
import { SoundPool } from "./sound-pool.ts";
import type { Lesson } from "./teacher.ts";
import { PATCH_SAMPLES } from "./teacher-front.ts";

export interface StreamSounds extends TrainingSounds {
  /** Measured rooms' responses. */
  readonly rooms: readonly Float32Array[];
}

/** Who is asked about each sequence beside its labels. */
export interface BatchTeacher {
  lesson(windows: readonly Float32Array[], ends?: readonly number[]): Promise<Lesson>;
  /** What its classes are called, in the order of its scores. */
  readonly classNames: readonly string[];
}

export interface StreamMix {
  readonly labels: readonly string[];
  readonly frames: number;
  /** Steps of `STEP_FRAMES` frames at which classes are asked; the teacher is asked at those it can hear enough for. */
  readonly moments: readonly number[];
  /** Relative frequency of a known label; 1 where not named. */
  readonly labelWeight: Readonly<Record<string, number>>;
  /** Share of sequences whose first sound is of no known class. */
  readonly otherShare: number;
  /** The label of what is of no known class, of classifiers whose classes exclude each other. */
  readonly otherLabel?: string | undefined;
}

export interface StreamBatch {
  /** [batch, frames, BINS] */
  readonly magnitudes: Float32Array;
  /** [batch, moments, labels]: 0 to 1, and how much that counts. */
  readonly targets: Float32Array;
  readonly weights: Float32Array;
  /** [batch, moments, labels]: which of the classes it is, as shares; zeros where none is known. */
  readonly choice: Float32Array;
  /** [batch · taught moments, the teacher's classes]: its scores; absent without one. */
  readonly taught?: Float32Array;
  /** [batch · taught moments, 1024]: what the teacher's last layer reads. */
  readonly taught_embedding?: Float32Array;
}

/** One sound as it lies in a sequence. */
interface Part {
  readonly samples: Float32Array;
  /** Index of its label; −1 of no known class. */
  readonly label: number;
  /** Whether it may hold known classes that nobody wrote down: a recording of a street, say. */
  readonly unsorted: boolean;
  /** Decibels below the loudest part. */
  readonly below: number;
}

/** A class is heard when a moment of it, at most so many frames ago, was near its loudest. */
const REMEMBERED = 100;
const NEAR_LOUDEST = 10 ** (-12 / 10);
/** Parts so far below the loudest are wholly heard, and those so far are no longer. */
const [HEARD_BELOW, LOST_BELOW] = [8, 20];

export class StreamBatches {
  private readonly known: { readonly label: number; readonly pool: SoundPool; readonly upTo: number }[] = [];
  private readonly other: SoundPool;
  private readonly rooms: readonly MeasuredRoom[];
  private readonly length: number;
  private readonly noise = new NoiseTable();
  private readonly taughtMoments: readonly number[];

  constructor(
    sounds: StreamSounds,
    private readonly mix: StreamMix,
    private readonly teacher?: BatchTeacher,
  ) {
    this.length = samplesOf(mix.frames);
    let upTo = 0;
    for (const [name, list] of sounds.known) {
      const label = mix.labels.indexOf(name);
      if (label < 0) throw new Error(`training sounds of "${name}", which is not among the labels`);
      const pool = new SoundPool(list, this.length);
      if (pool.size === 0) throw new Error(`no audible training sound of the class "${name}"`);
      upTo += mix.labelWeight[name] ?? 1;
      this.known.push({ label, pool, upTo });
    }
    this.other = new SoundPool(sounds.other, this.length);
    this.rooms = sounds.rooms.map((room) => new MeasuredRoom(room, this.length));
    this.taughtMoments = taughtMoments(mix.moments);
  }

  /** The same generator state gives the same batch. */
  async next(random: Random, batch: number): Promise<StreamBatch> {
    const { frames, moments, labels } = this.mix;
    const size = frames * BINS;
    const perItem = moments.length * labels.length;
    const magnitudes = new Float32Array(batch * size);
    const [targets, weights, choice] = [1, 2, 3].map(() => new Float32Array(batch * perItem));
    const clean: Float32Array[] = [];
    const unsorted: number[] = [];
    for (let item = 0; item < batch; item++) {
      const parts = this.parts(random);
      if (parts.some((part) => part.unsorted)) unsorted.push(item);
      const from = item * perItem;
      this.answer(parts, targets, weights, choice, from);
      const samples = this.mixture(random, parts);
      clean.push(samples.slice());
      this.record(random, samples);
      const picture = magnitudes.subarray(item * size, (item + 1) * size);
      windowMagnitudes(samples, 0, picture, frames);
      tiltBins(random, picture, frames, BINS);
      dullBins(random, picture, BINS);
      if (random.chance(0.5)) zeroStripes(random, picture, frames, BINS);
    }
    const { teacher } = this;
    if (!teacher) return { magnitudes, targets, weights, choice };
    const ends = this.taughtMoments.map(endOf);
    const asked = clean.flatMap((samples) => ends.map((end) => ({ samples, end })));
    const { scores: taught, embedding } = await teacher.lesson(
      asked.map(({ samples }) => samples),
      asked.map(({ end }) => end),
    );
    const heard = labelScores(taught, teacher.classNames, labels);
    for (const item of unsorted) this.excuse(item, heard, targets, weights, choice);
    return { magnitudes, targets, weights, choice, taught, taught_embedding: embedding };
  }

  /** Asks nothing about classes that the teacher hears in a sequence, where its labels don't have them but may be wrong. */
  private excuse(
    item: number,
    heard: Float32Array,
    targets: Float32Array,
    weights: Float32Array,
    choice: Float32Array,
  ): void {
    const { moments, labels, otherLabel } = this.mix;
    const taught = this.taughtMoments.length;
    const other = otherLabel === undefined ? -1 : labels.indexOf(otherLabel);
    for (let label = 0; label < labels.length; label++) {
      let score = 0;
      for (let k = 0; k < taught; k++) {
        score = Math.max(score, heard[(item * taught + k) * labels.length + label]);
      }
      if (score < MAY_BE_THERE) continue;
      for (let k = 0; k < moments.length; k++) {
        const at = (item * moments.length + k) * labels.length;
        if (targets[at + label] > 0) continue;
        weights[at + label] = 0;
        if (other >= 0) choice[at + other] = 0;
      }
    }
  }

  private parts(random: Random): Part[] {
    const { length } = this;
    if (random.chance(0.02)) return [];
    const first = random.chance(this.mix.otherShare) ? this.unknown(random) : this.familiar(random);
    if (random.chance(0.35)) begin(random, first.samples, 0.6);
    const parts = [first];
    const known = first.label >= 0;
    if (random.chance(known ? 0.5 : 0.3)) {
      const second = random.chance(0.6) ? this.familiar(random) : this.unknown(random);
      if (second.label !== first.label || second.label < 0) {
        const when = random.uniform();
        if (when < 0.3) begin(random, second.samples, 0.7);
        else if (when < 0.5) end(random, second.samples);
        const below = random.chance(0.8) ? random.uniform(0, 20) : random.uniform(-8, 0);
        scale(second.samples, 10 ** (-below / 20));
        parts.push({ ...second, below });
      }
    }
    if (random.chance(0.4)) {
      const noise = toUnitPower(this.noise.coloured(random, length));
      const below = random.chance(0.25) ? random.uniform(-3, 8) : random.uniform(8, 35);
      parts.push({ samples: scale(noise, 10 ** (-below / 20)), label: -1, unsorted: false, below });
    }
    return parts;
  }

  private familiar(random: Random): Part {
    const draw = random.uniform(0, this.known[this.known.length - 1].upTo);
    const { label, pool } = this.known.find(({ upTo }) => draw < upTo)!;
    const speed = random.chance(0.7) ? Math.exp(random.uniform(-0.22, 0.22)) : 1;
    return { samples: toUnitPower(pool.window(random, speed)), label, unsorted: false, below: 0 };
  }

  private unknown(random: Random): Part {
    const real = this.other.size > 0 && random.chance(0.6);
    const samples = real
      ? this.other.window(random, Math.exp(random.uniform(-0.25, 0.25)))
      : otherSound(random, this.length);
    return { samples: toUnitPower(samples), label: -1, unsorted: real, below: 0 };
  }

  private mixture(random: Random, parts: readonly Part[]): Float32Array {
    const samples = new Float32Array(this.length);
    for (const part of parts) for (let i = 0; i < samples.length; i++) samples[i] += part.samples[i];
    if (this.rooms.length > 0 && random.chance(0.15)) random.pick(this.rooms).fill(samples);
    else if (random.chance(0.25)) randomRoom(random, samples);
    return scale(toUnitPower(samples), 0.1);
  }

  /** By a microphone: its level, its faults. In place. */
  private record(random: Random, samples: Float32Array): void {
    if (random.chance(0.06)) overdrive(random, samples);
    if (random.chance(0.1)) jumpLevel(random, samples);
    toUnitPower(samples);
    if (random.chance(0.2)) addRumble(random, samples);
    // The level alone must say nothing: recordings and microphones differ by tens of decibels.
    scale(samples, 10 ** (random.uniform(-60, -6) / 20));
    // What a microphone gives by itself.
    if (random.chance(0.5)) {
      const floor = toUnitPower(this.noise.coloured(random, samples.length));
      const level = 10 ** (random.uniform(-110, -75) / 20);
      for (let i = 0; i < samples.length; i++) samples[i] += level * floor[i];
    }
  }

  private answer(
    parts: readonly Part[],
    targets: Float32Array,
    weights: Float32Array,
    choice: Float32Array,
    from: number,
  ): void {
    const { moments, labels, otherLabel } = this.mix;
    const other = otherLabel === undefined ? -1 : labels.indexOf(otherLabel);
    const loudest = Math.min(...parts.map(({ below }) => below), 0);
    const known = parts
      .filter(({ label }) => label >= 0)
      .map(({ samples, label, below }) => ({
        ...{ label, course: new LevelCourse(samples), amplitude: 10 ** (-below / 20) },
        strength: clamped((LOST_BELOW - (below - loudest)) / (LOST_BELOW - HEARD_BELOW)),
      }));
    for (const [k, moment] of moments.entries()) {
      const at = from + k * labels.length;
      weights.fill(1, at, at + labels.length);
      let sum = 0;
      let unsure = false;
      for (const { label, course, amplitude, strength } of known) {
        const heard = course.heardBy(endOf(moment));
        if (heard === "before") continue;
        if (heard === "unsure") {
          weights[at + label] = 0;
          unsure = true;
          continue;
        }
        if (strength > 0 && strength < 1) weights[at + label] = 0.5;
        targets[at + label] = strength;
        choice[at + label] = amplitude;
        sum += amplitude;
      }
      if (sum === 0 && !unsure && other >= 0) choice[at + other] = 1;
      if (sum > 0) for (let c = 0; c < labels.length; c++) choice[at + c] /= sum;
    }
  }
}

/** Moments at which the teacher is asked: the last, if it has heard enough by then. */
export function taughtMoments(moments: readonly number[]): number[] {
  return moments.slice(-1).filter((moment) => endOf(moment) >= PATCH_SAMPLES);
}

/** First sample that is not heard at the end of a step. */
function endOf(moment: number): number {
  return ((moment + 1) * STEP_FRAMES - 1) * HOP + WINDOW;
}

function clamped(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** How loud a part is from one frame to the next. */
class LevelCourse {
  private readonly energies: Float32Array;
  private readonly loudest: number;

  constructor(samples: Float32Array) {
    this.energies = new Float32Array(Math.floor(samples.length / HOP));
    let loudest = 0;
    for (let block = 0; block < this.energies.length; block++) {
      let energy = 0;
      for (let i = block * HOP; i < (block + 1) * HOP; i++) energy += samples[i] * samples[i];
      this.energies[block] = energy;
      loudest = Math.max(loudest, energy);
    }
    this.loudest = loudest;
  }

  /** Whether the part has been heard by a sample: not yet begun, begun but not in earnest, or heard. */
  heardBy(end: number): "before" | "unsure" | "heard" {
    const { energies, loudest } = this;
    const now = Math.min(energies.length, Math.floor(end / HOP));
    let begun = false;
    for (let block = Math.max(0, now - REMEMBERED); block < now; block++) {
      if (energies[block] >= NEAR_LOUDEST * loudest) return "heard";
      if (energies[block] > 1e-5 * loudest) begun = true;
    }
    return begun ? "unsure" : "before";
  }
}

/** Training windows whose parts are known, each with the class that the decoder is asked about. */

import type { Random } from "../data/random.ts";
import { samplesOf, WINDOW_FRAMES, windowMagnitudes } from "../data/windows.ts";
import { BINS } from "../networks/own-shape.ts";
import {
  begin,
  colouredNoise,
  gainToRandomLevel,
  randomSpeed,
  scale,
  tiltBins,
  toUnitPower,
} from "./augment.ts";
import type { SoundPool } from "./sound-pool.ts";

interface AskedBatch {
  /** Of the mixture and of its two parts as they lie in it: [batch, T, F]. The second part may be noise, or silence. */
  readonly magnitudes: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
  /** One-hot [batch, classes]; zeros where the second part is noise or silence. */
  readonly first_class: Float32Array;
  readonly second_class: Float32Array;
  /** 1 for the classes [batch, classes] of which the most probable one is asked about; for all of them it is the winner. */
  readonly asked: Float32Array;
}

/** Decibels of the first part over the second. */
const RATIO = [-3, 15] as const;
/** Shares of windows with a second sound, and with a second sound or noise; the others are one sound alone. */
const SECOND_SOUND = 0.6;
const SECOND_SOUND_OR_NOISE = 0.85;
/** Shares of windows that ask for the second sound, and for that or for a class that is not there. */
const ASK_SECOND = 0.12;
const ASK_SECOND_OR_ABSENT = 0.37;
/** Share of the absent that are the most probable of them, which a mask is most easily talked into. */
const MOST_PROBABLE = 0.5;

/** What differs with the classifier. */
interface MixtureOptions {
  /** Index of the class that means "none of these": it is never asked about. */
  readonly other?: number | undefined;
  /** Sounds of no class at all, which may be the second part. */
  readonly beside?: SoundPool | undefined;
  /** Frames of a window. */
  readonly frames?: number;
  /** Share of the parts that begin somewhere in the window; all others last throughout. */
  readonly onsets?: number;
}

/** Share of second sounds that are of no class. */
const BESIDE = 0.25;

export class AskedMixtures {
  private readonly pools: readonly { readonly index: number; readonly pool: SoundPool }[];
  private readonly classes: number;
  private readonly other: number;
  private readonly beside: SoundPool | undefined;
  private readonly frames: number;
  private readonly onsets: number;
  private readonly length: number;

  /** @param pools sounds of each class, in the order of the classifier's labels; classes without sounds are not drawn. */
  constructor(
    pools: readonly SoundPool[],
    { other = -1, beside, frames = WINDOW_FRAMES, onsets = 0 }: MixtureOptions,
  ) {
    this.other = other;
    this.beside = beside && beside.size > 0 ? beside : undefined;
    this.frames = frames;
    this.onsets = onsets;
    this.length = samplesOf(frames);
    this.pools = pools.map((pool, index) => ({ index, pool })).filter(({ pool }) => pool.size > 0);
    this.classes = pools.length;
    if (this.pools.length < 2) throw new Error("mixtures need sounds of two classes at least");
  }

  next(random: Random, batch: number): AskedBatch {
    const { classes, frames } = this;
    const size = frames * BINS;
    const [magnitudes, first, second] = [1, 2, 3].map(() => new Float32Array(batch * size));
    const [firstClass, secondClass, asked] = [1, 2, 3].map(() => new Float32Array(batch * classes));
    const window = new Float32Array(3 * size);
    for (let item = 0; item < batch; item++) {
      const parts = this.parts(random);
      const heard = [parts.mixture, parts.first, parts.second];
      for (const [k, samples] of heard.entries()) {
        windowMagnitudes(samples, 0, window.subarray(k * size, (k + 1) * size), frames);
      }
      // One below the other: all three are heard through the same microphone.
      if (random.chance(0.5)) tiltBins(random, window, 3 * frames, BINS);
      for (const [k, all] of [magnitudes, first, second].entries()) {
        all.set(window.subarray(k * size, (k + 1) * size), item * size);
      }
      firstClass[item * classes + parts.firstClass] = 1;
      if (parts.secondClass >= 0) secondClass[item * classes + parts.secondClass] = 1;
      for (const index of this.question(random, parts.firstClass, parts.secondClass)) {
        asked[item * classes + index] = 1;
      }
    }
    return { magnitudes, first, second, first_class: firstClass, second_class: secondClass, asked };
  }

  private parts(random: Random) {
    const one = random.pick(this.pools);
    const first = toUnitPower(one.pool.window(random, randomSpeed(random)));
    this.mayBegin(random, first);
    const draw = random.uniform();
    let second: Float32Array = new Float32Array(this.length);
    let secondClass = -1;
    if (draw < SECOND_SOUND) {
      const unknown = this.beside !== undefined && random.chance(BESIDE);
      const two = unknown
        ? { index: -1, pool: this.beside! }
        : random.pick(this.pools.filter(({ index }) => index !== one.index));
      secondClass = two.index;
      second = toUnitPower(two.pool.window(random, randomSpeed(random)));
      this.mayBegin(random, second);
    } else if (draw < SECOND_SOUND_OR_NOISE) {
      second = toUnitPower(
        random.chance(0.5) ? whiteNoise(random, this.length) : colouredNoise(random, this.length),
      );
    }
    scale(second, 10 ** (-random.uniform(...RATIO) / 20));
    const mixture = first.map((sample, i) => sample + second[i]);
    const gain = gainToRandomLevel(random, mixture);
    for (const samples of [first, second, mixture]) scale(samples, gain);
    return { first, second, mixture, firstClass: one.index, secondClass };
  }

  private mayBegin(random: Random, samples: Float32Array): void {
    if (this.onsets > 0 && random.chance(this.onsets)) begin(random, samples, 0.6);
  }

  /** The classes of which the most probable one is asked about. */
  private question(random: Random, first: number, second: number): number[] {
    const all = Array.from({ length: this.classes }, (_, index) => index);
    const draw = random.uniform();
    if (draw < ASK_SECOND) return second < 0 || second === this.other ? all : [second];
    if (draw >= ASK_SECOND_OR_ABSENT) return all;
    const absent = all.filter((index) => index !== first && index !== second && index !== this.other);
    return random.chance(MOST_PROBABLE) ? absent : [random.pick(absent)];
  }
}

function whiteNoise(random: Random, length: number): Float32Array {
  return Float32Array.from({ length }, () => random.normal());
}

/** Training windows whose parts are known, each with the class that the decoder is asked about. */

import type { Random } from "../data/random.ts";
import { WINDOW_FRAMES, WINDOW_SAMPLES, windowMagnitudes } from "../data/windows.ts";
import { BINS } from "../networks/own-shape.ts";
import { colouredNoise, gainToRandomLevel, randomSpeed, scale, tiltBins, toUnitPower } from "./augment.ts";
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

const SIZE = WINDOW_FRAMES * BINS;

export class AskedMixtures {
  private readonly pools: readonly { readonly index: number; readonly pool: SoundPool }[];
  private readonly classes: number;

  /**
   * @param pools sounds of each class, in the order of the classifier's labels; classes without sounds are not drawn.
   * @param other index of the class that means "none of these": it is never asked about.
   */
  constructor(
    pools: readonly SoundPool[],
    private readonly other: number,
  ) {
    this.pools = pools.map((pool, index) => ({ index, pool })).filter(({ pool }) => pool.size > 0);
    this.classes = pools.length;
    if (this.pools.length < 2) throw new Error("mixtures need sounds of two classes at least");
  }

  next(random: Random, batch: number): AskedBatch {
    const { classes } = this;
    const [magnitudes, first, second] = [1, 2, 3].map(() => new Float32Array(batch * SIZE));
    const [firstClass, secondClass, asked] = [1, 2, 3].map(() => new Float32Array(batch * classes));
    const window = new Float32Array(3 * SIZE);
    for (let item = 0; item < batch; item++) {
      const parts = this.parts(random);
      const heard = [parts.mixture, parts.first, parts.second];
      for (const [k, samples] of heard.entries()) {
        windowMagnitudes(samples, 0, window.subarray(k * SIZE, (k + 1) * SIZE));
      }
      // One below the other: all three are heard through the same microphone.
      if (random.chance(0.5)) tiltBins(random, window, 3 * WINDOW_FRAMES, BINS);
      for (const [k, all] of [magnitudes, first, second].entries()) {
        all.set(window.subarray(k * SIZE, (k + 1) * SIZE), item * SIZE);
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
    const draw = random.uniform();
    let second: Float32Array = new Float32Array(WINDOW_SAMPLES);
    let secondClass = -1;
    if (draw < SECOND_SOUND) {
      const two = random.pick(this.pools.filter(({ index }) => index !== one.index));
      secondClass = two.index;
      second = toUnitPower(two.pool.window(random, randomSpeed(random)));
    } else if (draw < SECOND_SOUND_OR_NOISE) {
      second = toUnitPower(random.chance(0.5) ? whiteNoise(random) : colouredNoise(random, WINDOW_SAMPLES));
    }
    scale(second, 10 ** (-random.uniform(...RATIO) / 20));
    const mixture = first.map((sample, i) => sample + second[i]);
    const gain = gainToRandomLevel(random, mixture);
    for (const samples of [first, second, mixture]) scale(samples, gain);
    return { first, second, mixture, firstClass: one.index, secondClass };
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

function whiteNoise(random: Random): Float32Array {
  return Float32Array.from({ length: WINDOW_SAMPLES }, () => random.normal());
}

/** Makes the decoder's training windows: sounds alone, two sounds together, sounds in noise. No labels. */

import type { Random } from "../data/random.ts";
import { samplesOf, WINDOW_FRAMES, windowMagnitudes } from "../data/windows.ts";
import { BINS } from "../networks/own-shape.ts";
import {
  colouredNoise,
  gainToRandomLevel,
  mixAtRatio,
  randomLevel,
  randomSpeed,
  scale,
  tiltBins,
  toUnitPower,
} from "./augment.ts";
import type { SoundPool } from "./sound-pool.ts";

/** One step's windows; every array is [batch, T, F]. */
export interface TrainingBatch {
  readonly magnitudes: Float32Array;
  /** In radians, where the classifier hears the waveform. */
  readonly phases?: Float32Array;
  /** Magnitudes of the target alone, where the parts of the windows are known. */
  readonly clean?: Float32Array;
}

/** Where the windows of a step come from. */
export interface TrainingBatches {
  next(random: Random, batch: number): TrainingBatch;
}

export class LmacBatches implements TrainingBatches {
  private readonly pools: readonly SoundPool[];

  /**
   * Each pool that is not empty is drawn from equally often.
   *
   * @param frames of a window, as long as the pools' windows.
   */
  constructor(
    pools: readonly SoundPool[],
    private readonly frames = WINDOW_FRAMES,
  ) {
    this.pools = withSounds(pools);
  }

  next(random: Random, batch: number): TrainingBatch {
    const { frames } = this;
    const size = frames * BINS;
    const magnitudes = new Float32Array(batch * size);
    for (let item = 0; item < batch; item++) {
      const window = windowMagnitudes(
        this.samples(random),
        0,
        magnitudes.subarray(item * size, (item + 1) * size),
        frames,
      );
      if (random.chance(0.5)) tiltBins(random, window, frames, BINS);
    }
    return { magnitudes };
  }

  private samples(random: Random): Float32Array {
    const samples = randomSound(random, this.pools);
    const draw = random.uniform();
    if (draw < 0.5) mixAtRatio(samples, randomSound(random, this.pools), random.uniform(0, 20));
    else if (draw < 0.65)
      mixAtRatio(samples, colouredNoise(random, samplesOf(this.frames)), random.uniform(0, 20));
    return scale(toUnitPower(samples), randomLevel(random));
  }
}

/**
 * Windows of two sounds whose first is known: half of them at 0 dB, the sum of both at the same energy as the published
 * recipe mixes them, the others at −5 to 15 dB. One in five second sounds is coloured noise.
 */
export class MixtureBatches implements TrainingBatches {
  private readonly pools: readonly SoundPool[];

  /** Each pool that is not empty is drawn from equally often, for either part. */
  constructor(
    pools: readonly SoundPool[],
    private readonly frames = WINDOW_FRAMES,
  ) {
    this.pools = withSounds(pools);
  }

  next(random: Random, batch: number): TrainingBatch {
    const { frames } = this;
    const size = frames * BINS;
    const magnitudes = new Float32Array(batch * size);
    const clean = new Float32Array(batch * size);
    // Mixture and target one below the other: both are heard through the same microphone.
    const both = new Float32Array(2 * size);
    for (let item = 0; item < batch; item++) {
      const { mixture, target } = this.parts(random);
      windowMagnitudes(mixture, 0, both.subarray(0, size), frames);
      windowMagnitudes(target, 0, both.subarray(size), frames);
      if (random.chance(0.5)) tiltBins(random, both, 2 * frames, BINS);
      magnitudes.set(both.subarray(0, size), item * size);
      clean.set(both.subarray(size), item * size);
    }
    return { magnitudes, clean };
  }

  private parts(random: Random): { mixture: Float32Array; target: Float32Array } {
    const target = toUnitPower(randomSound(random, this.pools));
    const second = random.chance(0.2)
      ? colouredNoise(random, samplesOf(this.frames))
      : randomSound(random, this.pools);
    const ratio = random.chance(0.5) ? 0 : random.uniform(-5, 15);
    const mixture = mixAtRatio(target.slice(), second, ratio);
    const gain = gainToRandomLevel(random, mixture);
    return { mixture: scale(mixture, gain), target: scale(target, gain) };
  }
}

function withSounds(pools: readonly SoundPool[]): readonly SoundPool[] {
  const some = pools.filter(({ size }) => size > 0);
  if (some.length === 0) throw new Error("there is nothing to hear in any of the training sounds");
  return some;
}

function randomSound(random: Random, pools: readonly SoundPool[]): Float32Array {
  const speed = randomSpeed(random);
  return random.pick(pools).window(random, speed);
}

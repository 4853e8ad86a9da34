/** Makes the decoder's training windows: sounds alone, two sounds together, sounds in noise. No labels. */
import { BINS } from "../../dsp/index.ts";
import type { Random } from "../data/random.ts";
import { WINDOW_FRAMES, WINDOW_SAMPLES, windowMagnitudes } from "../data/windows.ts";
import { colouredNoise, mixAtRatio, scale, tiltBins, toUnitPower } from "./augment.ts";
import type { SoundPool } from "./sound-pool.ts";

/** One step's windows; every array is [batch, T, F]. */
export interface TrainingBatch {
  readonly magnitudes: Float32Array;
  /** In radians, where the classifier hears the waveform. */
  readonly phases?: Float32Array;
}

/** Where the windows of a step come from. */
export interface TrainingBatches {
  next(random: Random, batch: number): TrainingBatch;
}

export class LmacBatches implements TrainingBatches {
  /** Each pool is drawn from equally often. */
  constructor(private readonly pools: readonly SoundPool[]) {}

  next(random: Random, batch: number): TrainingBatch {
    const size = WINDOW_FRAMES * BINS;
    const magnitudes = new Float32Array(batch * size);
    for (let item = 0; item < batch; item++) {
      const window = windowMagnitudes(
        this.samples(random),
        0,
        magnitudes.subarray(item * size, (item + 1) * size),
      );
      if (random.chance(0.5)) tiltBins(random, window, WINDOW_FRAMES, BINS);
    }
    return { magnitudes };
  }

  private samples(random: Random): Float32Array {
    const samples = this.sound(random);
    const draw = random.uniform();
    if (draw < 0.5) mixAtRatio(samples, this.sound(random), random.uniform(0, 20));
    else if (draw < 0.65) mixAtRatio(samples, colouredNoise(random, WINDOW_SAMPLES), random.uniform(0, 20));
    return scale(toUnitPower(samples), 10 ** (random.uniform(-45, -8) / 20));
  }

  private sound(random: Random): Float32Array {
    const speed = random.chance(0.5) ? Math.exp(random.uniform(-0.1, 0.1)) : 1;
    return random.pick(this.pools).window(random, speed);
  }
}

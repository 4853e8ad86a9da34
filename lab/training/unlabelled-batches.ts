/** Training windows for any classifier, from sounds that nobody has labelled. */
import type { Random } from "../data/random.ts";
import { audibleStarts } from "../data/waves.ts";
import { WindowCutter } from "../data/window-cutter.ts";
import type { ExplainedClassifier } from "../networks/explained-classifier.ts";
import { colouredNoise, mixAtRatio, scale } from "./augment.ts";
import type { TrainingBatch, TrainingBatches } from "./lmac-batches.ts";

/** Training windows are cut where the sound is within this of its loudest window. */
const AUDIBLE_RANGE_DB = 20;

/** Windows of sounds alone, of two sounds together and of sounds in noise, at about the sounds' own level. No labels. */
export class UnlabelledBatches implements TrainingBatches {
  readonly #cutter: WindowCutter;
  readonly #sounds: { readonly samples: Float32Array; readonly starts: readonly number[] }[];

  /** @param sounds at the classifier's rate; silent ones are left out. */
  constructor(
    private readonly classifier: ExplainedClassifier,
    sounds: readonly Float32Array[],
  ) {
    this.#cutter = new WindowCutter(classifier);
    const { length } = this.#cutter;
    this.#sounds = sounds
      .map((samples) => ({
        samples,
        starts: audibleStarts(samples, length, Math.ceil(length / 8), AUDIBLE_RANGE_DB),
      }))
      .filter(({ starts }) => starts.length > 0);
    if (this.#sounds.length === 0) throw new Error("there is nothing to hear in any of the training sounds");
  }

  /** `magnitudes`, and `phases` where they are wanted: [batch, frames, bins]. */
  next(random: Random, batch: number): TrainingBatch {
    const { frames, bins, needsPhases } = this.classifier;
    const size = frames * bins;
    const magnitudes = new Float32Array(batch * size);
    const phases = new Float32Array(needsPhases ? batch * size : 0);
    for (let item = 0; item < batch; item++) {
      const window = this.#cutter.cut(this.#samples(random));
      magnitudes.set(window.magnitudes, item * size);
      if (window.phases) phases.set(window.phases, item * size);
    }
    return needsPhases ? { magnitudes, phases } : { magnitudes };
  }

  #samples(random: Random): Float32Array {
    const samples = this.#sound(random);
    const draw = random.uniform();
    if (draw < 0.4) mixAtRatio(samples, this.#sound(random), random.uniform(0, 20));
    else if (draw < 0.55) mixAtRatio(samples, colouredNoise(random, samples.length), random.uniform(5, 25));
    return scale(samples, 10 ** (random.uniform(-6, 6) / 20));
  }

  #sound(random: Random): Float32Array {
    const { samples, starts } = random.pick(this.#sounds);
    const { length } = this.#cutter;
    const step = Math.ceil(length / 8);
    const near = random.pick(starts) + random.integer(step) - Math.floor(step / 2);
    const start = Math.max(0, Math.min(samples.length - length, near));
    const out = new Float32Array(length);
    out.set(samples.subarray(start, start + length));
    return out;
  }
}

/**
 * Trains a decoder for a user's classifier with the loss of `training/train-lmac.ts`. What a classifier does with the
 * level of a sound is its own affair: the masked sounds reach it as they are, not at the level of the whole.
 */
import type { Random } from "../data/random.ts";
import { audibleStarts } from "../data/waves.ts";
import { WindowCutter } from "../data/window-cutter.ts";
import type { GraphBuilder, Tensor } from "../graph/index.ts";
import type { Layers } from "../layers.ts";
import { colouredNoise, mixAtRatio, scale } from "../training/augment.ts";
import { type LmacWeights, lmacLoss } from "../training/train-lmac.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { planWeights } from "../training-layers.ts";
import { decodeForeignMask, type ForeignDecoderShape } from "./decoder.ts";
import type { ForeignClassifier } from "./foreign-classifier.ts";

export interface SoundInputs {
  readonly magnitudes: Tensor;
  readonly phases?: Tensor;
}

/** The inputs of a graph that explains windows of this classifier. */
export function soundInputs(
  g: GraphBuilder,
  { frames, bins, needsPhases }: ForeignClassifier,
  batch: number | string,
): SoundInputs {
  const shape = [batch, frames, bins];
  const magnitudes = g.input("magnitudes", "float32", shape);
  return needsPhases ? { magnitudes, phases: g.input("phases", "float32", shape) } : { magnitudes };
}

/** Logits and the decoder's mask of the inputs; nothing is learnt by the classifier. */
export function explainedBy(
  layers: Layers,
  classifier: ForeignClassifier,
  { magnitudes, phases }: SoundInputs,
  shape: ForeignDecoderShape,
): { readonly logits: Tensor; readonly mask: Tensor } {
  const { g } = layers;
  const whole = classifier.classify(g, classifier.features(g, magnitudes, phases));
  const frozen = {
    latents: whole.latents.map((latent) => g.stopGradient(latent)),
    logits: g.stopGradient(whole.logits),
  };
  return { logits: whole.logits, mask: decodeForeignMask(layers, frozen, shape) };
}

export function foreignLmacTask(
  classifier: ForeignClassifier,
  shape: ForeignDecoderShape,
  weights: LmacWeights,
  batches: ForeignBatches,
): TrainingTask {
  return {
    plan: planWeights((layers) => {
      explainedBy(layers, classifier, soundInputs(layers.g, classifier, 1), shape);
    }),
    loss(g, layers, batch) {
      const inputs = soundInputs(g, classifier, batch);
      const { magnitudes, phases } = inputs;
      const { logits, mask } = explainedBy(layers, classifier, inputs, shape);
      const kept = g.mul(mask, magnitudes);
      // Both masked versions in one batch: one pass through the classifier instead of two.
      const both = g.concat([kept, g.sub(magnitudes, kept)], 0);
      const features = classifier.features(g, both, phases && g.concat([phases, phases], 0));
      const masked = classifier.classify(g, features).logits;
      const answers = {
        whole: logits,
        kept: g.slice(masked, 0, 0, batch),
        rest: g.slice(masked, 0, batch, 2 * batch),
      };
      return lmacLoss(g, answers, mask, weights);
    },
    feeds: (random, batch) => batches.next(random, batch),
  };
}

/** Training windows are cut where the sound is within this of its loudest window. */
const AUDIBLE_RANGE_DB = 20;

/** Windows of sounds alone, of two sounds together and of sounds in noise, at about the sounds' own level. No labels. */
export class ForeignBatches {
  readonly #cutter: WindowCutter;
  readonly #sounds: { readonly samples: Float32Array; readonly starts: readonly number[] }[];

  /** @param sounds at the classifier's rate; silent ones are left out. */
  constructor(
    private readonly classifier: ForeignClassifier,
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
  next(random: Random, batch: number): Record<string, Float32Array> {
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

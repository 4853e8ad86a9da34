/**
 * Trains the L-MAC decoder on a frozen classifier (Paissan et al. 2024, arXiv 2403.13086, equation 3):
 *
 *   λ_in · CE(f(M⊙X), ŷ) − λ_out · min(CE(f((1−M)⊙X), ŷ), cap) + λ_s · mean(M)
 *
 * The published loss has no cap. A classifier that normalises the level and knows "none of these" can be driven ever
 * further from ŷ by the rest, and the decoder then buys that with ever larger masks; with the cap it stops once the
 * rest is sure enough not to be ŷ.
 *
 * No labels: ŷ is what the classifier itself says of X.
 */
import { type ClassifierShape, classify } from "../classifier.ts";
import { type DecoderShape, decodeMask } from "../decoder.ts";
import { FrozenLayers, type WeightValues } from "../frozen-layers.ts";
import { crossEntropy, type GraphBuilder, type Tensor } from "../graph/index.ts";
import { planWeights } from "../training-layers.ts";
import type { LmacBatches } from "./lmac-batches.ts";
import type { TrainingTask } from "./trainer.ts";

export interface LmacWeights {
  /** λ_in: what is kept must still be the class. */
  readonly keep: number;
  /** λ_out: what is left must no longer be. */
  readonly rest: number;
  /** Nats of cross-entropy of the rest beyond which nothing is gained; infinite in the paper. */
  readonly restCap: number;
  /** λ_s: the mask is to be small. */
  readonly sparsity: number;
}

export function lmacTask(
  classifier: WeightValues,
  shape: ClassifierShape,
  decoder: DecoderShape,
  weights: LmacWeights,
  batches: LmacBatches,
): TrainingTask {
  return {
    plan: planWeights((layers) => {
      const magnitudes = layers.g.input("magnitudes", "float32", [1, shape.frames, shape.bins]);
      decodeMask(
        layers,
        classify(new FrozenLayers(layers.g, classifier), magnitudes, shape).latents,
        shape,
        decoder,
      );
    }),
    loss(g, layers, batch) {
      const magnitudes = g.input("magnitudes", "float32", [batch, shape.frames, shape.bins]);
      const frozen = new FrozenLayers(g, classifier);
      const whole = classify(frozen, magnitudes, shape);
      const mask = decodeMask(
        layers,
        whole.latents.map((latent) => g.stopGradient(latent)),
        shape,
        decoder,
      );
      const kept = g.mul(mask, magnitudes);
      // Both masked versions in one batch: one pass through the classifier instead of two.
      const masked = classify(frozen, g.concat([kept, g.sub(magnitudes, kept)], 0), shape);
      const winner = winnerOf(g, whole.logits, shape.classes);
      const keep = crossEntropy(g, g.slice(masked.logits, 0, 0, batch), winner);
      const ofRest = g.op("LogSoftmax", [g.slice(masked.logits, 0, batch, 2 * batch)], { axis: 1 });
      const surprise = g.neg(g.reduceSum(g.mul(winner, ofRest), [1]));
      const rest = g.reduceMean(
        Number.isFinite(weights.restCap) ? g.op("Min", [surprise, g.constant(weights.restCap)]) : surprise,
      );
      const maskMean = g.reduceMean(mask);
      const loss = g.add(
        g.sub(g.mul(keep, g.constant(weights.keep)), g.mul(rest, g.constant(weights.rest))),
        g.mul(maskMean, g.constant(weights.sparsity)),
      );
      return { loss, logged: { keep, rest, mask: maskMean } };
    },
    feeds: (random, batch) => ({ magnitudes: batches.next(random, batch) }),
  };
}

/** One-hot of the largest logit, [B, classes], through which no gradient flows. */
function winnerOf(g: GraphBuilder, logits: Tensor, classes: number): Tensor {
  const index = g.op("ArgMax", [logits], { axis: 1, keepdims: 0 });
  return g.op("OneHot", [index, g.int64([classes]), g.constant([0, 1])], { axis: -1 });
}

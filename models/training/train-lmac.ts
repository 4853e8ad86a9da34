/**
 * Trains the L-MAC decoder on a frozen classifier (Paissan et al. 2024, arXiv 2403.13086, equation 3):
 *
 *   λ_in · CE(f(M⊙X), ŷ) + λ_gain · max(0, odds(X) − odds(M⊙X) + 1/2)
 *     − λ_out · min(CE(f((1−M)⊙X), ŷ), cap) + λ_s · mean(M)
 *
 * where odds is the logarithm of p_ŷ / (1 − p_ŷ). The published loss has no second term: cross-entropy hardly tells
 * sure from surer, so masks of windows that are sure already may lose half of what made them sure. The term asks that
 * the kept part be no less sure than the whole, whatever that is.
 *
 * Nor has the published loss a cap. A classifier that normalises the level and knows "none of these" can be driven ever
 * further from ŷ by the rest, and the decoder then buys that with ever larger masks; with the cap it stops once the
 * rest is sure enough not to be ŷ.
 *
 * No labels: ŷ is what the classifier itself says of X.
 */
import { type ClassifierShape, classify, windowLevel } from "../classifier.ts";
import { type DecoderShape, decodeMask } from "../decoder.ts";
import { FrozenLayers, type WeightValues } from "../frozen-layers.ts";
import { crossEntropy, type GraphBuilder, type Tensor } from "../graph/index.ts";
import { planWeights } from "../training-layers.ts";
import type { LmacBatches } from "./lmac-batches.ts";
import type { TrainingTask } from "./trainer.ts";

export interface LmacWeights {
  /** λ_in: what is kept must still be the class. */
  readonly keep: number;
  /** λ_gain: what is kept must be no less sure of the class than the whole; 0 in the paper. */
  readonly gain: number;
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
      decodeMask(layers, classify(new FrozenLayers(layers.g, classifier), magnitudes, shape), shape, decoder);
    }),
    loss(g, layers, batch) {
      const magnitudes = g.input("magnitudes", "float32", [batch, shape.frames, shape.bins]);
      const frozen = new FrozenLayers(g, classifier);
      const whole = classify(frozen, magnitudes, shape);
      const mask = decodeMask(
        layers,
        {
          latents: whole.latents.map((latent) => g.stopGradient(latent)),
          logits: g.stopGradient(whole.logits),
        },
        shape,
        decoder,
      );
      const kept = g.mul(mask, magnitudes);
      // Both masked versions in one batch: one pass through the classifier instead of two. They keep the level of the
      // whole: normalised anew, any faint copy of the input would serve as its own explanation.
      const level = windowLevel(frozen, magnitudes);
      const masked = classify(
        frozen,
        g.concat([kept, g.sub(magnitudes, kept)], 0),
        shape,
        g.concat([level, level], 0),
      );
      const answers = {
        whole: whole.logits,
        kept: g.slice(masked.logits, 0, 0, batch),
        rest: g.slice(masked.logits, 0, batch, 2 * batch),
      };
      return lmacLoss(g, answers, mask, weights);
    },
    feeds: (random, batch) => ({ magnitudes: batches.next(random, batch) }),
  };
}

/** Logits [B, classes] of what a classifier says of the whole window, of the kept part and of the rest. */
export interface MaskedLogits {
  readonly whole: Tensor;
  readonly kept: Tensor;
  readonly rest: Tensor;
}

/** The loss above, of any classifier's answers and the mask [B, T, F] that made them; its terms are logged. */
export function lmacLoss(g: GraphBuilder, logits: MaskedLogits, mask: Tensor, weights: LmacWeights) {
  const winner = winnerOf(g, logits.whole, Number(logits.whole.shape[1]));
  const keep = crossEntropy(g, logits.kept, winner);
  const wholeOdds = g.stopGradient(logOdds(g, logits.whole, winner));
  const lost = g.add(g.sub(wholeOdds, logOdds(g, logits.kept, winner)), g.constant(0.5));
  const gain = g.reduceMean(g.op("Min", [g.relu(lost), g.constant(MOST_LOST)]));
  const ofRest = g.op("LogSoftmax", [logits.rest], { axis: 1 });
  const surprise = g.neg(g.reduceSum(g.mul(winner, ofRest), [1]));
  const rest = g.reduceMean(
    Number.isFinite(weights.restCap) ? g.op("Min", [surprise, g.constant(weights.restCap)]) : surprise,
  );
  const maskMean = g.reduceMean(mask);
  const loss = g.add(
    g.sub(
      g.add(g.mul(keep, g.constant(weights.keep)), g.mul(gain, g.constant(weights.gain))),
      g.mul(rest, g.constant(weights.rest)),
    ),
    g.mul(maskMean, g.constant(weights.sparsity)),
  );
  return { loss, logged: { keep, gain, rest, mask: maskMean } };
}

/** Odds lost beyond this weigh no more: those windows have the cross-entropy to pull them. */
const MOST_LOST = 6;

/** log p_w − log(1 − p_w) of the class marked in `winner` [B, classes]: its logit against all others together. */
function logOdds(g: GraphBuilder, logits: Tensor, winner: Tensor): Tensor {
  const own = g.reduceSum(g.mul(logits, winner), [1]);
  const others = g.op("ReduceLogSumExp", [g.sub(logits, g.mul(winner, g.constant(1e4))), g.int64([1])], {
    keepdims: 0,
  });
  return g.sub(own, others);
}

/** One-hot of the largest logit, [B, classes], through which no gradient flows. */
function winnerOf(g: GraphBuilder, logits: Tensor, classes: number): Tensor {
  const index = g.op("ArgMax", [logits], { axis: 1, keepdims: 0 });
  return g.op("OneHot", [index, g.int64([classes]), g.constant([0, 1])], { axis: -1 });
}

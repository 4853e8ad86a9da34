/**
 * What L-MAC's decoder is trained with, on a frozen classifier (Paissan et al. 2024, arXiv 2403.13086, equation 3):
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
 * No labels: ŷ is what the classifier itself says of X. Of independent classes CE(·, ŷ) of what is kept is the binary
 * cross-entropy towards yes, and in place of the third term stands + λ_out · the one towards no of the rest, which ends
 * at the same cap (`networks/answers.ts`).
 *
 * The published loss itself is `PUBLISHED` with windows masked as windows of their own (`heardAnew`). The second stage
 * (`lmac-guidance.ts`) adds λ_g · guidance for the windows that are guided, and takes the last term off them.
 */
import type { Masking } from "../../../dsp/index.ts";
import type { GraphBuilder, Tensor } from "../../../models/graph/index.ts";
import { type AnswerForm, absence, explainedClass, logOdds, surprise } from "../../networks/answers.ts";
import { type DecoderShape, decodeMask, isAsked, masksFeatures } from "../../networks/decoder.ts";
import {
  type ClassifierAnswer,
  type ExplainedClassifier,
  type WindowInputs,
  windowInputs,
} from "../../networks/explained-classifier.ts";
import type { WeightValues } from "../../networks/frozen-layers.ts";
import type { Layers } from "../../networks/layers.ts";
import { expm1, log1p } from "../../networks/log-spectrum.ts";
import { planWeights } from "../../networks/training-layers.ts";
import type { TrainingBatches } from "../../training/lmac-batches.ts";
import type { TrainingTask } from "../../training/trainer.ts";

/** What L-MAC is trained on: a frozen classifier, and the decoder that reads it. */
export interface LmacModel {
  readonly classifier: ExplainedClassifier;
  /** What the classifier answers → mask [B, T, F] in (0, 1). */
  decode(layers: Layers, answer: ClassifierAnswer): Tensor;
  /** Whether the masks lie on the classifier's own input, [B, time, frequency] of its `featureMap`. */
  readonly onFeatures?: boolean | undefined;
}

export function lmacModel(classifier: ExplainedClassifier, decoder: DecoderShape): LmacModel {
  return {
    classifier,
    onFeatures: masksFeatures(decoder),
    decode(layers, answer) {
      const query = isAsked(decoder) ? explainedClass(layers.g, classifier, answer.logits) : undefined;
      return decodeMask(layers, classifier, answer, decoder, query);
    },
  };
}

export interface LmacWeights {
  /** λ_in: what is kept must still be the class. */
  readonly keep: number;
  /** λ_gain: what is kept must be no less sure of the class than the whole; 0 in the paper. */
  readonly gain: number;
  /** λ_out: what is left must no longer be. */
  readonly rest: number;
  /** The rest gains nothing once the class's probability in it is below e to minus this; infinite in the paper. */
  readonly restCap: number;
  /** λ_s: the mask is to be small. */
  readonly sparsity: number;
}

/** λ of the loss above, but for λ_s, which depends on the classifier. */
export const IMPROVED = { keep: 2, gain: 3, rest: 0.2, restCap: 3 } as const;

/** λ as published, but for λ_s, which depends on the length of the windows. */
export const PUBLISHED = { keep: 4, gain: 0, rest: 0.2, restCap: Number.POSITIVE_INFINITY } as const;

/** The same classifier, which hears masked windows as windows of their own, as published. */
export function heardAnew({ partFeatures: _, ...classifier }: ExplainedClassifier): ExplainedClassifier {
  return classifier;
}

/** What a second stage asks of masked windows. All tensors are [B, T, F]. */
export interface GuidedWindows {
  /** X, magnitudes of the mixture; without, clean and kept parts are on a logarithmic scale already. */
  readonly magnitudes?: Tensor;
  /** X_clean, magnitudes of the target alone. */
  readonly clean: Tensor;
  readonly mask: Tensor;
  /** What the mask keeps of the mixture. */
  readonly kept: Tensor;
}

/** What the loss takes from a second stage, of each window. */
export interface Guidance {
  /** [B]: 1 where the window is guided; no gradient flows through it. */
  readonly selected: Tensor;
  /** [B]: the guidance loss, guided or not. */
  readonly loss: Tensor;
  /** λ_g. */
  readonly weight: number;
}

export interface LmacTaskOptions {
  /** What the mask multiplies: |X| or log1p(|X|); |X| without. */
  readonly masking?: Masking;
  /** The second stage; its batches must hold the clean magnitudes. */
  readonly guide?: (g: GraphBuilder, windows: GuidedWindows) => Guidance;
  /** Trained decoder to start from. */
  readonly from?: WeightValues;
}

export function lmacTask(
  model: LmacModel,
  weights: LmacWeights,
  batches: TrainingBatches,
  { masking = "linear", guide, from }: LmacTaskOptions = {},
): TrainingTask {
  return {
    plan: decoderPlan(model),
    from,
    loss(g, layers, batch) {
      const windows = windowInputs(g, model.classifier, batch);
      const { magnitudes } = windows;
      const whole = frozenAnswer(g, model.classifier, windows);
      const mask = model.decode(layers, whole);
      const masks = [mask, g.sub(1, mask)];
      const clean = () => g.input("clean", "float32", magnitudes.shape);
      if (model.onFeatures) {
        const { above, parts, answers } = maskedFeatures(g, model.classifier, windows, masks, batch);
        const logits = { whole: whole.logits, kept: answers[0], rest: answers[1] };
        return lmacLoss(
          g,
          model.classifier,
          logits,
          mask,
          weights,
          guide?.(g, { clean: above(clean()), mask, kept: parts[0] }),
        );
      }
      const parts = masks.map((each) => masked(g, magnitudes, each, masking));
      const answers = judgeParts(g, model.classifier, windows, parts, batch);
      const logits = { whole: whole.logits, kept: answers[0], rest: answers[1] };
      const guidance = guide?.(g, { magnitudes, clean: clean(), mask, kept: parts[0] });
      return lmacLoss(g, model.classifier, logits, mask, weights, guidance);
    },
    feeds: (random, batch) => ({ ...batches.next(random, batch) }),
  };
}

/** What a mask keeps of magnitudes, both [B, T, F]. */
function masked(g: GraphBuilder, magnitudes: Tensor, mask: Tensor, masking: Masking): Tensor {
  return masking === "linear" ? g.mul(mask, magnitudes) : expm1(g, g.mul(mask, log1p(g, magnitudes)));
}

function decoderPlan(model: LmacModel) {
  return planWeights((layers) => {
    const windows = windowInputs(layers.g, model.classifier, 1);
    model.decode(layers, frozenAnswer(layers.g, model.classifier, windows));
  });
}

/** What the classifier says of the windows; no gradient flows through it. */
export function frozenAnswer(
  g: GraphBuilder,
  classifier: ExplainedClassifier,
  { magnitudes, phases }: WindowInputs,
): ClassifierAnswer {
  const answer = classifier.classify(g, classifier.features(g, magnitudes, phases));
  const { findings } = answer;
  return {
    logits: g.stopGradient(answer.logits),
    latents: answer.latents.map((latent) => g.stopGradient(latent)),
    ...(findings && {
      findings: () => {
        const { features, logits, ...frozen } = findings();
        return { ...frozen, features: g.stopGradient(features), logits: g.stopGradient(logits) };
      },
    }),
  };
}

/** Logits of parts of the windows, in one batch: one pass through the classifier instead of several. */
export function judgeParts(
  g: GraphBuilder,
  classifier: ExplainedClassifier,
  whole: WindowInputs,
  parts: readonly Tensor[],
  batch: number,
): Tensor[] {
  const features = parts.map((part) => heardWithin(g, classifier, part, whole));
  return answersTo(g, classifier, features, batch);
}

/** The classifier's own input for a part of the windows. */
function heardWithin(
  g: GraphBuilder,
  classifier: ExplainedClassifier,
  part: Tensor,
  { magnitudes, phases }: WindowInputs,
): Tensor {
  return classifier.partFeatures?.(g, part, magnitudes) ?? classifier.features(g, part, phases);
}

/** Logits of several inputs of the classifier, in one batch. */
function answersTo(
  g: GraphBuilder,
  classifier: ExplainedClassifier,
  features: readonly Tensor[],
  batch: number,
): Tensor[] {
  const { logits } = classifier.classify(g, g.concat(features, 0));
  return features.map((_, index) => g.slice(logits, 0, index * batch, (index + 1) * batch));
}

/** The windows as the classifier's own input under masks [B, time, frequency], measured from where nothing is heard. */
function maskedFeatures(
  g: GraphBuilder,
  classifier: ExplainedClassifier,
  windows: WindowInputs,
  masks: readonly Tensor[],
  batch: number,
) {
  if (!classifier.featureMap) {
    throw new Error(
      "the classifier's own input is no picture of time and frequency, so no mask can lie on it",
    );
  }
  const { time, frequency, silent } = classifier.featureMap;
  const features = classifier.features(g, windows.magnitudes, windows.phases);
  const aboveSilence = (input: Tensor) =>
    g.reshape(g.sub(input, g.constant(silent)), [batch, time, frequency]);
  const parts = masks.map((mask) => g.mul(mask, aboveSilence(features)));
  const inputs = parts.map((part) => g.reshape(g.add(part, g.constant(silent)), features.shape.map(Number)));
  return {
    parts,
    answers: answersTo(g, classifier, inputs, batch),
    /** The same of magnitudes [B, T, F], as heard within the windows. */
    above: (part: Tensor) => aboveSilence(heardWithin(g, classifier, part, windows)),
  };
}

/** Logits [B, classes] of what a classifier says of the whole window, of the kept part and of the rest. */
export interface MaskedLogits {
  readonly whole: Tensor;
  readonly kept: Tensor;
  readonly rest: Tensor;
}

/** The loss above, of any classifier's answers and the mask [B, T, F] that made them; its terms are logged. */
export function lmacLoss(
  g: GraphBuilder,
  form: AnswerForm,
  logits: MaskedLogits,
  mask: Tensor,
  weights: LmacWeights,
  guidance?: Guidance,
): { loss: Tensor; logged: Record<string, Tensor> } {
  const winner = explainedClass(g, form, logits.whole);
  const keep = g.reduceMean(surprise(g, form, logits.kept, winner));
  const wholeOdds = g.stopGradient(logOdds(g, form, logits.whole, winner));
  const gain = g.reduceMean(lostOdds(g, wholeOdds, logOdds(g, form, logits.kept, winner)));
  const rest = g.reduceMean(absence(g, form, logits.rest, winner, weights.restCap));
  const maskMeans = g.reduceMean(mask, [1, 2]);
  const size = guidance
    ? g.reduceMean(g.mul(maskMeans, g.sub(1, guidance.selected)))
    : g.reduceMean(maskMeans);
  const loss = g.add(
    g.sub(
      g.add(g.mul(keep, g.constant(weights.keep)), g.mul(gain, g.constant(weights.gain))),
      g.mul(rest, g.constant(weights.rest)),
    ),
    g.mul(size, g.constant(weights.sparsity)),
  );
  const logged = { keep, gain, rest, mask: g.reduceMean(maskMeans) };
  if (!guidance) return { loss, logged };
  const guide = g.reduceMean(g.mul(guidance.selected, guidance.loss));
  return {
    loss: g.add(loss, g.mul(guide, g.constant(guidance.weight))),
    logged: { ...logged, guide, guided: g.reduceMean(guidance.selected) },
  };
}

/** Odds lost beyond this weigh no more: those windows have the cross-entropy to pull them. */
const MOST_LOST = 6;

/** λ_gain's term of each window [B]: how much less sure the kept part is than the whole, with some nats to spare. */
export function lostOdds(
  g: GraphBuilder,
  ofWhole: Tensor,
  ofKept: Tensor,
  spare: Tensor | number = 0.5,
): Tensor {
  const lost = g.relu(g.add(g.sub(ofWhole, ofKept), spare));
  return g.op("Min", [lost, g.constant(MOST_LOST)]);
}

/**
 * Trains Listen to Interpret on a frozen classifier (Parekh et al. 2022, arXiv 2202.11479): a dictionary of spectra by
 * NMF first, then ψ and θ with the dictionary fixed:
 *
 *   α · mean (X_log − W H)² + β · mean H + CE(θ(H), softmax f(X))        α 10, β 0.8
 *
 * As in SpeechBrain's recipe the first two terms are means over all elements. Its third is a mean over windows *and*
 * classes, which weighs it by one over the number of classes; here it is the cross-entropy itself, so that the weights
 * mean the same whatever the number of classes.
 */

import { crossEntropy, type GraphBuilder, type Tensor } from "../../models/graph/index.ts";
import type { Random } from "../data/random.ts";
import { type ExplainedClassifier, windowInputs } from "../methods/explained-classifier.ts";
import { interpret, type L2iShape, reconstruct } from "../methods/l2i.ts";
import { levelled, levelledLogSpectrum, log1p } from "../methods/log-spectrum.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
import type { Layers } from "../networks/layers.ts";
import { planWeights } from "../networks/training-layers.ts";
import type { TrainingBatches } from "./lmac-batches.ts";
import type { Factors, NonNegativeMatrix } from "./nmf.ts";
import { frozenAnswer } from "./train-lmac.ts";
import type { TrainingTask } from "./trainer.ts";

export interface L2iWeights {
  /** α: the activations must make up the spectrum. */
  readonly reconstruction: number;
  /** β: few of them at a time. */
  readonly activity: number;
  /** θ must say what the classifier says. */
  readonly fidelity: number;
}

/** As published. */
export const L2I_WEIGHTS: L2iWeights = { reconstruction: 10, activity: 0.8, fidelity: 1 };

/** @param dictionary [K, F] */
export function l2iTask(
  classifier: ExplainedClassifier,
  shape: L2iShape,
  dictionary: Float32Array,
  weights: L2iWeights,
  batches: TrainingBatches,
  from?: WeightValues,
): TrainingTask {
  const interpreted = (layers: Layers, batch: number) => {
    const { g } = layers;
    const windows = windowInputs(g, classifier, batch);
    const answer = frozenAnswer(g, classifier, windows);
    return { magnitudes: windows.magnitudes, heard: answer.logits, ...interpret(layers, answer, shape) };
  };
  return {
    plan: planWeights((layers) => void interpreted(layers, 1)),
    from,
    loss(g, layers, batch) {
      const { magnitudes, heard, activity, logits } = interpreted(layers, batch);
      const words = g.constant(dictionary, "float32", [shape.components, shape.bins], "dictionary");
      return l2iLoss(
        g,
        { spectrum: log1p(g, levelled(g, magnitudes, magnitudes)), logits: heard },
        { activity, dictionary: words, logits },
        weights,
      );
    },
    feeds: (random, batch) => ({ ...batches.next(random, batch) }),
  };
}

export interface Heard {
  /** X_log [B, T, F]. */
  readonly spectrum: Tensor;
  /** The classifier's own logits [B, classes]. */
  readonly logits: Tensor;
}

export interface Interpretation {
  /** H [B, T, K]. */
  readonly activity: Tensor;
  /** W [K, F]. */
  readonly dictionary: Tensor;
  /** What θ says, [B, classes]. */
  readonly logits: Tensor;
}

export function l2iLoss(
  g: GraphBuilder,
  { spectrum, logits }: Heard,
  { activity, dictionary, logits: said }: Interpretation,
  weights: L2iWeights,
): { loss: Tensor; logged: Record<string, Tensor> } {
  const difference = g.sub(spectrum, reconstruct(g, activity, dictionary));
  const reconstruction = g.reduceMean(g.mul(difference, difference));
  const size = g.reduceMean(activity);
  const fidelity = crossEntropy(g, said, g.op("Softmax", [logits], { axis: 1 }));
  const loss = g.add(
    g.add(
      g.mul(reconstruction, g.constant(weights.reconstruction)),
      g.mul(size, g.constant(weights.activity)),
    ),
    g.mul(fidelity, g.constant(weights.fidelity)),
  );
  return { loss, logged: { reconstruction, activity: size, fidelity } };
}

/** Frames taken of each training window for the dictionary. */
const FRAMES_PER_WINDOW = 16;
const WINDOWS_AT_ONCE = 16;

/** Levelled log spectra [rows, bins] of random frames of training windows. */
export function dictionaryFrames(
  { frames, bins }: Pick<ExplainedClassifier, "frames" | "bins">,
  batches: TrainingBatches,
  random: Random,
  rows: number,
): NonNegativeMatrix {
  const data = new Float32Array(rows * bins);
  const size = frames * bins;
  for (let row = 0; row < rows; ) {
    const { magnitudes } = batches.next(random, WINDOWS_AT_ONCE);
    for (let window = 0; window < WINDOWS_AT_ONCE; window++) {
      const spectrum = levelledLogSpectrum(magnitudes.subarray(window * size, (window + 1) * size));
      for (let draw = 0; draw < FRAMES_PER_WINDOW && row < rows; draw++, row++) {
        const frame = random.integer(frames);
        data.set(spectrum.subarray(frame * bins, (frame + 1) * bins), row * bins);
      }
    }
  }
  return { data, rows, columns: bins };
}

/**
 * The dictionary with the largest value of every spectrum at 1: the penalty on the activations would otherwise depend
 * on how NMF happened to share the scale out.
 */
export function normalisedDictionary({ dictionary }: Factors, bins: number): Float32Array {
  const out = dictionary.slice();
  for (let first = 0; first < out.length; first += bins) {
    const spectrum = out.subarray(first, first + bins);
    const largest = spectrum.reduce((most, value) => Math.max(most, value), 0);
    if (largest > 0) for (let bin = 0; bin < bins; bin++) spectrum[bin] /= largest;
  }
  return out;
}

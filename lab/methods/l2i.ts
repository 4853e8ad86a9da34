/**
 * Listen to Interpret (Parekh et al. 2022, arXiv 2202.11479): see `networks/interpreter.ts` for what it computes. Trained
 * on a frozen classifier: a dictionary of spectra by NMF first, then ψ and θ with the dictionary fixed:
 *
 *   α · mean (X_log − W H)² + β · mean H + CE(θ(H), softmax f(X))        α 10, β 0.8
 *
 * As in SpeechBrain's recipe the first two terms are means over all elements. Its third is a mean over windows *and*
 * classes, which weighs it by one over the number of classes; here it is the cross-entropy itself, so that the weights
 * mean the same whatever the number of classes.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import { Random } from "../data/random.ts";
import { InterruptedError } from "../errors.ts";
import { type AnswerForm, disagreement } from "../networks/answers.ts";
import { type ExplainedClassifier, windowInputs } from "../networks/explained-classifier.ts";
import { FrozenLayers } from "../networks/frozen-layers.ts";
import {
  CLASS_WEIGHTS,
  DICTIONARY,
  gainsOfLogMask,
  interpret,
  type L2iShape,
  RELEVANCE_THRESHOLD,
  ratioMask,
  reconstruct,
  relevances,
} from "../networks/interpreter.ts";
import type { Layers } from "../networks/layers.ts";
import { levelled, levelledLogSpectrum, log1p } from "../networks/log-spectrum.ts";
import { planWeights } from "../networks/training-layers.ts";
import { loadCheckpoint, saveCheckpoint } from "../training/checkpoint.ts";
import { LmacBatches, type TrainingBatches } from "../training/lmac-batches.ts";
import { type Factors, factorise, type NonNegativeMatrix, randomFactors } from "../training/nmf.ts";
import type { Ingredients, TrainingRecipe } from "../training/recipe.ts";
import type { TrainingTask } from "../training/trainer.ts";
import { type ExplanationMethod, fixedPasses, type LearntMethod, type MethodWeights } from "./method.ts";
import { frozenAnswer } from "./parts/lmac-loss.ts";
import type { Scene } from "./parts/scene.ts";

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
function l2iTask(
  classifier: ExplainedClassifier,
  shape: L2iShape,
  dictionary: Float32Array,
  weights: L2iWeights,
  batches: TrainingBatches,
): TrainingTask {
  const interpreted = (layers: Layers, batch: number) => {
    const { g } = layers;
    const windows = windowInputs(g, classifier, batch);
    const answer = frozenAnswer(g, classifier, windows);
    return { magnitudes: windows.magnitudes, heard: answer.logits, ...interpret(layers, answer, shape) };
  };
  return {
    plan: planWeights((layers) => void interpreted(layers, 1)),
    loss(g, layers, batch) {
      const { magnitudes, heard, activity, logits } = interpreted(layers, batch);
      const words = g.constant(dictionary, "float32", [shape.components, shape.bins], "dictionary");
      return l2iLoss(
        g,
        classifier,
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
  form: AnswerForm,
  { spectrum, logits }: Heard,
  { activity, dictionary, logits: said }: Interpretation,
  weights: L2iWeights,
): { loss: Tensor; logged: Record<string, Tensor> } {
  const difference = g.sub(spectrum, reconstruct(g, activity, dictionary));
  const reconstruction = g.reduceMean(g.mul(difference, difference));
  const size = g.reduceMean(activity);
  const fidelity = g.reduceMean(disagreement(g, form, said, logits));
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
function dictionaryFrames(
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
function normalisedDictionary({ dictionary }: Factors, bins: number): Float32Array {
  const out = dictionary.slice();
  for (let first = 0; first < out.length; first += bins) {
    const spectrum = out.subarray(first, first + bins);
    const largest = spectrum.reduce((most, value) => Math.max(most, value), 0);
    if (largest > 0) for (let bin = 0; bin < bins; bin++) spectrum[bin] /= largest;
  }
  return out;
}

/**
 * The components' ratio mask lies on levelled log spectra; what comes out is what has the same effect in the pack's
 * masking. There is no form on the classifier's own input: the dictionary holds spectra of the STFT.
 */
function l2iMask(
  scene: Scene,
  { values, shape, masking }: MethodWeights<L2iShape>,
  threshold: number,
): Tensor {
  const { g, point: magnitudes } = scene;
  const { activity, pooled } = interpret(new FrozenLayers(g, values), scene.answer(), shape);
  const constant = (name: string, size: readonly number[]) => {
    const value = values.get(name);
    if (!value) throw new Error(`the trained weights hold no "${name}"; they belong to another architecture`);
    return g.constant(value, "float32", size);
  };
  const classWeights = constant(CLASS_WEIGHTS, [shape.components, shape.classes]);
  const relevance = relevances(g, classWeights, scene.chosen, pooled);
  const dictionary = constant(DICTIONARY, [shape.components, shape.bins]);
  const onLogSpectra = ratioMask(g, activity, dictionary, relevance, threshold);
  const gains = gainsOfLogMask(g, onLogSpectra, magnitudes);
  return masking === "linear" ? gains : asLogMask(g, gains, magnitudes);
}

/** Gains on |X| as the mask on log1p|X| that has the same effect. */
function asLogMask(g: GraphBuilder, gains: Tensor, magnitudes: Tensor): Tensor {
  // The pack's log1p is taken of |X| as it comes, the dictionary's of levelled windows.
  const whole = log1p(g, magnitudes);
  const heard = g.op("Greater", [whole, g.constant(0)]);
  const ratio = g.div(log1p(g, g.mul(gains, magnitudes)), g.where(heard, whole, 1));
  return g.where(heard, ratio, gains);
}

export interface L2iOptions extends L2iWeights {
  /** Spectra in the dictionary. */
  components: number;
  /** Channels of ψ. */
  width: number;
  nmfFrames: number;
  nmfSteps: number;
}

const EXAMPLES = `
Example:
  $ listenable train l2i --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/l2i

The run's folder also holds dictionary.bin, the spectra that NMF found.
`;

export const L2I_TRAINING: TrainingRecipe<L2iOptions> = {
  name: "l2i",
  description: "train Listen to Interpret (L2I) for a classifier",
  course: { steps: 1200, batch: 16, rate: 2e-3, decay: 1e-4 },
  examples: EXAMPLES,
  options: [
    { flags: "--components <n>", description: "spectra in the dictionary", kind: "whole", default: 100 },
    {
      flags: "--width <n>",
      description: "channels of the network that reads the activations",
      kind: "whole",
      default: 48,
    },
    {
      flags: "--nmf-frames <n>",
      description: "frames of training windows that the dictionary is learnt from",
      kind: "whole",
      default: 8000,
    },
    { flags: "--nmf-steps <n>", description: "updates of the dictionary", kind: "whole", default: 200 },
    {
      flags: "--reconstruction <weight>",
      description: "α, weight of the mean squared error of the log spectrum",
      kind: "positive",
      default: L2I_WEIGHTS.reconstruction,
    },
    {
      flags: "--activity <weight>",
      description: "β, weight of the mean activation",
      kind: "positive",
      default: L2I_WEIGHTS.activity,
    },
    {
      flags: "--fidelity <weight>",
      description: "weight of saying what the classifier says",
      kind: "positive",
      default: L2I_WEIGHTS.fidelity,
    },
  ],
  async prepare(options, ingredients) {
    const { classifier } = ingredients;
    const batches = new LmacBatches((await ingredients.pools()).classes, classifier.frames);
    const { reconstruction, activity, fidelity, components, width, nmfFrames, nmfSteps } = options;
    const weights = { reconstruction, activity, fidelity };
    const settings = { ...weights, components, width, nmfFrames, nmfSteps };
    const { frames, bins, classes } = classifier;
    const shape = { frames, bins, classes, components, width };
    const made = JSON.stringify({ ...ingredients.runSettings(settings), seed: ingredients.seed });
    const dictionary = await learnDictionary(batches, options, ingredients, made);
    return {
      task: l2iTask(classifier, shape, dictionary, weights, batches),
      settings,
      meta: { kind: "l2i", shape },
      finished: (network) => new Map([...network, [DICTIONARY, dictionary]]),
    };
  },
};

/** [components, bins]; taken from `dictionary.bin` where the same run has made it already. */
async function learnDictionary(
  batches: LmacBatches,
  { components, nmfFrames, nmfSteps }: L2iOptions,
  { classifier, out, seed, threads, follow }: Ingredients,
  made: string,
): Promise<Float32Array> {
  const path = join(out, "dictionary.bin");
  if (existsSync(path)) {
    const saved = await loadCheckpoint<{ settings: string }>(path);
    if (saved.meta.settings === made) return saved.arrays["dictionary"];
  }
  await mkdir(out, { recursive: true });
  const random = new Random(seed);
  const spectra = dictionaryFrames(classifier, batches, random, nmfFrames);
  const { signal, onProgress = () => {} } = follow;
  const factors = await factorise(spectra, randomFactors(spectra, components, random), {
    iterations: nmfSteps,
    threads,
    signal,
    onIteration: (done, error) =>
      onProgress({ stage: "dictionary", done, total: nmfSteps, detail: `· error ${error.toFixed(4)}` }),
  });
  if (signal?.aborted) {
    throw new InterruptedError(`stopped before the dictionary was ready; ${out} holds nothing of it`);
  }
  const dictionary = normalisedDictionary(factors, classifier.bins);
  await saveCheckpoint(path, { meta: { settings: made }, arrays: { dictionary } });
  return dictionary;
}

const LEARNT: LearntMethod<L2iShape> = {
  kind: "l2i",
  anyMasking: true,
  mask: (scene, weights, { threshold }) => l2iMask(scene, weights, threshold),
  recipe: L2I_TRAINING,
};

export const L2I: ExplanationMethod = {
  name: "l2i",
  title: "Listen to Interpret",
  description: "The spectra of a learnt dictionary that speak for the class.",
  parameters: [
    {
      name: "threshold",
      description: "a spectrum belongs to the explanation when its relevance, at most 1, is above this",
      default: RELEVANCE_THRESHOLD,
      range: [-1, 1],
      whole: false,
    },
  ],
  target: true,
  readsLatents: true,
  passes: fixedPasses(1, 0),
  learnt: LEARNT,
};

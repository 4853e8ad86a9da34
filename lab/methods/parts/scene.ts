/**
 * What a gradient-based method works on: a point (the sound's magnitudes, or the classifier's own input), what silence
 * is there, and the classifier behind it, all in one graph.
 */
import { type GradientRule, type GraphBuilder, gradients, type Tensor } from "../../../models/graph/index.ts";
import { explainedClass } from "../../networks/answers.ts";
import type {
  ClassifierAnswer,
  ExplainedClassifier,
  FeatureMap,
  WindowInputs,
} from "../../networks/explained-classifier.ts";
import { linearInterpolation, matrixProduct, transposed } from "../../networks/interpolation.ts";

/** Where a mask lies: on the STFT, where it can be heard, or on the classifier's own input. */
export type MaskPlace = "spectrogram" | "features";

export interface Scene {
  readonly g: GraphBuilder;
  readonly classifier: ExplainedClassifier;
  readonly place: MaskPlace;
  /** What is explained: [B, T, F] magnitudes, or the classifier's own input in its own shape. */
  readonly point: Tensor;
  /** The value of every element of `point` where nothing is heard. */
  readonly silent: number;
  /** Steps of the mask in time and in frequency; as many as `point` has elements a window. */
  readonly maskShape: readonly [number, number];
  /** One for the explained class of each window, zero for the others: [B, classes]. */
  readonly chosen: Tensor;
  /** The classifier's answer to `point`, or to another tensor of its shape. */
  answer(at?: Tensor): ClassifierAnswer;
  /** The nearest value that a point can have: magnitudes are never negative. */
  possible(at: Tensor): Tensor;
  /** A picture in the steps of a latent, [B, t, f] or [B, t], linearly interpolated to [B, ...maskShape]. */
  spread(picture: Tensor): Tensor;
}

/** Gradient of the explained class's logit with respect to `at`, a point of the scene, in its shape. */
export function classGradient(
  scene: Scene,
  at: Tensor = scene.point,
  overrides?: Readonly<Record<string, GradientRule>>,
): Tensor {
  return gradients(scene.g, classScore(scene, scene.answer(at)), [at], { overrides })[0];
}

/** The explained class's logit: [B]. */
export function classScore({ g, chosen }: Scene, { logits }: ClassifierAnswer): Tensor {
  return g.reduceSum(g.mul(logits, chosen), [1]);
}

/** Axes of a tensor that belong to one window: all but the batch. */
export function windowAxes({ shape }: Tensor): number[] {
  return shape.slice(1).map((_, axis) => axis + 1);
}

/** Largest minus smallest element of each window, [B, 1, ...]. */
export function windowRange({ g }: Scene, tensor: Tensor): Tensor {
  const axes = windowAxes(tensor);
  return g.sub(g.reduceMax(tensor, axes, true), g.op("ReduceMin", [tensor, g.int64(axes)], { keepdims: 1 }));
}

/** The mean of tensors of one shape. */
export function meanOf({ g }: Scene, terms: readonly Tensor[]): Tensor {
  return g.mul(
    terms.reduce((sum, term) => g.add(sum, term)),
    1 / terms.length,
  );
}

export interface SceneInputs extends WindowInputs {
  /** int64 [B]: the class to explain, or -1 for the winner; the winner without. */
  readonly target?: Tensor | undefined;
}

/** @throws Error when a mask on the features is asked for and the classifier's input is no picture. */
export function buildScene(
  g: GraphBuilder,
  classifier: ExplainedClassifier,
  place: MaskPlace,
  { magnitudes, phases, target }: SceneInputs,
): Scene {
  const fromMagnitudes = (at: Tensor) => classifier.classify(g, classifier.features(g, at, phases));
  const { featureMap } = classifier;
  const chosenOf = (answer: ClassifierAnswer) => explainedClass(g, classifier, answer.logits, { target });
  if (place === "spectrogram") {
    const maskShape = [classifier.frames, classifier.bins] as const;
    return {
      g,
      classifier,
      place,
      point: magnitudes,
      silent: 0,
      maskShape,
      chosen: chosenOf(fromMagnitudes(magnitudes)),
      answer: (at = magnitudes) => fromMagnitudes(at),
      possible: (at) => g.op("Abs", [at]),
      spread: (picture) => spread(g, picture, maskShape, featureMap),
    };
  }
  if (!featureMap) {
    throw new Error(
      "the classifier's own input is no picture of time and frequency, so no mask can lie on it; leave the features out",
    );
  }
  const point = classifier.features(g, magnitudes, phases);
  const maskShape = [featureMap.time, featureMap.frequency] as const;
  return {
    g,
    classifier,
    place,
    point,
    silent: featureMap.silent,
    maskShape,
    chosen: chosenOf(classifier.classify(g, point)),
    answer: (at = point) => classifier.classify(g, at),
    possible: (at) => at,
    spread: (picture) => spread(g, picture, maskShape),
  };
}

/**
 * Both directions are fixed linear interpolations, so both are matrix products. Where the latent's picture has the axes
 * of the features, it goes through them: a mel band's value is spread over the bins that the band hears.
 */
function spread(
  g: GraphBuilder,
  picture: Tensor,
  [time, frequency]: readonly [number, number],
  through?: FeatureMap,
): Tensor {
  const [steps, bands] = picture.shape.slice(1);
  if (typeof steps !== "number" || (bands !== undefined && typeof bands !== "number")) {
    throw new Error(`the sizes of the latent ${picture.name} must be known while the graph is built`);
  }
  let inTime = linearInterpolation(steps, through?.time ?? time);
  if (through) inTime = matrixProduct(linearInterpolation(through.time, time), inTime, through.time);
  const rows = g.constant(inTime, "float32", [time, steps]);
  if (bands === undefined) {
    // A classifier that hears the waveform tells nothing about frequency.
    const evenly = g.constant(new Float32Array(frequency).fill(1), "float32", [1, frequency]);
    return g.matmul(g.matmul(rows, g.reshape(picture, [-1, steps, 1])), evenly);
  }
  const toBands = transposed(linearInterpolation(bands, through?.frequency ?? frequency), bands);
  const inFrequency = through ? matrixProduct(toBands, through.toBins, through.frequency) : toBands;
  const columns = g.constant(inFrequency, "float32", [bands, frequency]);
  return g.matmul(g.matmul(rows, picture), columns);
}

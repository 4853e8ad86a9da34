/** Compiles a method and a classifier into one of a pack's graphs. */
import { encodeModel, GraphBuilder } from "../../models/graph/index.ts";
import {
  type ExplanationMethod,
  type MethodSettings,
  type MethodWeights,
  methodSettings,
} from "../methods/method.ts";
import { buildScene, type MaskPlace, type Scene } from "../methods/parts/scene.ts";
import { probabilitiesOf } from "../networks/answers.ts";
import { type ExplainedClassifier, windowInputs } from "../networks/explained-classifier.ts";
import { multiplyAdds } from "../networks/layers.ts";

export interface MethodGraph {
  readonly bytes: Uint8Array;
  /** Multiply-adds of one window, in millions. */
  readonly mmac: number;
}

export interface MethodGraphOptions {
  /** Where the mask lies; "spectrogram" without. */
  readonly place?: MaskPlace;
  /** Values of the method's parameters; the others are their defaults. */
  readonly settings?: MethodSettings | undefined;
  /** The method's trained weights, where it has some. */
  readonly weights?: MethodWeights | undefined;
}

/**
 * The graph of a method, with the signature that `models/pack/pack.ts` describes (`target` is an input where the method
 * takes one, `phases` where the classifier needs them).
 *
 * @throws RangeError for settings that the method does not take; Error where the method needs trained weights and has
 *   none, or a mask on the features is asked for and the classifier's own input is no picture.
 */
export function explanationGraph(
  classifier: ExplainedClassifier,
  method: ExplanationMethod,
  { place = "spectrogram", settings, weights }: MethodGraphOptions = {},
): MethodGraph {
  const draw = maskOf(method, methodSettings(method, settings), weights);
  const g = new GraphBuilder();
  const inputs = windowInputs(g, classifier, "B");
  const [batch] = inputs.magnitudes.shape;
  const target = method.target ? g.input("target", "int64", [batch!]) : undefined;
  const scene = buildScene(g, classifier, place, { ...inputs, target });
  g.output("probabilities", probabilitiesOf(g, classifier, scene.answer().logits));
  g.output("mask", draw(scene));
  return compiled(g);
}

function maskOf(method: ExplanationMethod, settings: MethodSettings, weights?: MethodWeights) {
  const { mask, learnt } = method;
  if (mask) return (scene: Scene) => mask(scene, settings);
  if (!learnt || !weights) throw new Error(`${method.name} needs weights of its own; train them first`);
  return (scene: Scene) => learnt.mask(scene, weights, settings);
}

/**
 * `magnitudes [B, T, F], feature_mask [B, t, m] → probabilities [B, C]`: what the classifier says of its own input
 * under a mask, where a masked feature is silent + mask · (feature − silent).
 *
 * @throws Error when the classifier's own input is no picture of time and frequency.
 */
export function featureJudgeGraph(classifier: ExplainedClassifier): MethodGraph {
  const g = new GraphBuilder();
  const windows = windowInputs(g, classifier, "B");
  const { point, silent, maskShape, answer } = buildScene(g, classifier, "features", windows);
  const given = g.input("feature_mask", "float32", [windows.magnitudes.shape[0]!, ...maskShape]);
  const mask = g.reshape(given, [-1, ...point.shape.slice(1).map(Number)]);
  const masked = g.add(g.mul(mask, g.sub(point, silent)), silent);
  g.output("probabilities", probabilitiesOf(g, classifier, answer(masked).logits));
  return compiled(g);
}

function compiled(g: GraphBuilder): MethodGraph {
  return { bytes: encodeModel(g), mmac: multiplyAdds(g) / 1e6 };
}

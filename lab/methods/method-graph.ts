/** Compiles a method and a classifier into one of a pack's graphs. */
import { encodeModel, GraphBuilder } from "../../models/graph/index.ts";
import { multiplyAdds } from "../networks/layers.ts";
import { type ExplainedClassifier, windowInputs } from "./explained-classifier.ts";
import { type ExplanationMethod, type MethodSettings, methodSettings } from "./methods.ts";
import { buildScene, type MaskPlace } from "./scene.ts";

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
}

/**
 * The graph of a method that needs nothing but the classifier, with the signature that `models/pack/pack.ts` describes
 * (`target` is an input where the method takes one, `phases` where the classifier needs them).
 *
 * @throws RangeError for settings that the method does not take; Error where the method needs trained weights, or a
 *   mask on the features is asked for and the classifier's own input is no picture.
 */
export function explanationGraph(
  classifier: ExplainedClassifier,
  method: ExplanationMethod,
  { place = "spectrogram", settings }: MethodGraphOptions = {},
): MethodGraph {
  if (!method.mask) throw new Error(`${method.name} needs weights of its own; train them first`);
  const g = new GraphBuilder();
  const inputs = windowInputs(g, classifier, "B");
  const target = method.target ? g.input("target", "int64", ["B"]) : undefined;
  const scene = buildScene(g, classifier, place, { ...inputs, target });
  g.output("probabilities", g.op("Softmax", [scene.answer().logits], { axis: 1 }));
  g.output("mask", method.mask(scene, methodSettings(method, settings)));
  return compiled(g);
}

/**
 * `magnitudes [B, T, F], feature_mask [B, t, m] → probabilities [B, C]`: what the classifier says of its own input
 * under a mask, where a masked feature is silent + mask · (feature − silent).
 *
 * @throws Error when the classifier's own input is no picture of time and frequency.
 */
export function featureJudgeGraph(classifier: ExplainedClassifier): MethodGraph {
  const g = new GraphBuilder();
  const { point, silent, maskShape, answer } = buildScene(
    g,
    classifier,
    "features",
    windowInputs(g, classifier, "B"),
  );
  const given = g.input("feature_mask", "float32", ["B", ...maskShape]);
  const mask = g.reshape(given, [-1, ...point.shape.slice(1).map(Number)]);
  const masked = g.add(g.mul(mask, g.sub(point, silent)), silent);
  g.output("probabilities", g.op("Softmax", [answer(masked).logits], { axis: 1 }));
  return compiled(g);
}

function compiled(g: GraphBuilder): MethodGraph {
  return { bytes: encodeModel(g), mmac: multiplyAdds(g) / 1e6 };
}

/** Compiles a trained Listen to Interpret into one of a pack's graphs. */
import type { Masking } from "../../dsp/index.ts";
import { encodeModel, GraphBuilder } from "../../models/graph/index.ts";
import { FrozenLayers, type WeightValues } from "../networks/frozen-layers.ts";
import { multiplyAdds } from "../networks/layers.ts";
import { type ExplainedClassifier, windowInputs } from "./explained-classifier.ts";
import {
  CLASS_WEIGHTS,
  DICTIONARY,
  gainsOfLogMask,
  interpret,
  type L2iShape,
  RELEVANCE_THRESHOLD,
  ratioMask,
  relevances,
} from "./l2i.ts";
import { log1p } from "./log-spectrum.ts";
import type { MethodGraph } from "./method-graph.ts";
import { buildScene } from "./scene.ts";

export interface L2iGraphOptions {
  readonly threshold?: number;
  /** The pack's masking; "linear" without. */
  readonly masking?: Masking;
}

/**
 * `magnitudes, target → probabilities, mask`. The components' ratio mask lies on levelled log spectra; the graph's mask
 * is what has the same effect in the pack's masking. There is no form on the classifier's own input: the dictionary
 * holds spectra of the STFT.
 */
export function l2iGraph(
  classifier: ExplainedClassifier,
  values: WeightValues,
  shape: L2iShape,
  { threshold = RELEVANCE_THRESHOLD, masking = "linear" }: L2iGraphOptions = {},
): MethodGraph {
  const g = new GraphBuilder();
  const inputs = windowInputs(g, classifier, "B");
  const target = g.input("target", "int64", ["B"]);
  const scene = buildScene(g, classifier, "spectrogram", { ...inputs, target });
  const answer = scene.answer();
  g.output("probabilities", g.op("Softmax", [answer.logits], { axis: 1 }));
  const { activity, pooled } = interpret(new FrozenLayers(g, values), answer, shape);
  const constant = (name: string, size: readonly number[]) => {
    const value = values.get(name);
    if (!value) throw new Error(`the trained weights hold no "${name}"; they belong to another architecture`);
    return g.constant(value, "float32", size);
  };
  const relevance = relevances(
    g,
    constant(CLASS_WEIGHTS, [shape.components, shape.classes]),
    scene.chosen,
    pooled,
  );
  const dictionary = constant(DICTIONARY, [shape.components, shape.bins]);
  const onLogSpectra = ratioMask(g, activity, dictionary, relevance, threshold);
  const gains = gainsOfLogMask(g, onLogSpectra, inputs.magnitudes);
  if (masking === "linear") g.output("mask", gains);
  else {
    // The pack's log1p is taken of |X| as it comes, the dictionary's of levelled windows.
    const whole = log1p(g, inputs.magnitudes);
    const heard = g.op("Greater", [whole, g.constant(0)]);
    const ratio = g.div(log1p(g, g.mul(gains, inputs.magnitudes)), g.where(heard, whole, 1));
    g.output("mask", g.where(heard, ratio, gains));
  }
  return { bytes: encodeModel(g), mmac: multiplyAdds(g) / 1e6 };
}

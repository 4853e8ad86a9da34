/** Compiles a trained decoder into one of a pack's graphs: `magnitudes → probabilities, mask`. */

import { encodeModel, GraphBuilder } from "../../models/graph/index.ts";
import { explainedClass } from "../methods/explained-classifier.ts";
import type { MethodGraph } from "../methods/method-graph.ts";
import { type ClassifierShape, classify } from "../networks/classifier.ts";
import { type DecoderShape, decodeMask } from "../networks/decoder.ts";
import { FrozenLayers, type WeightValues } from "../networks/frozen-layers.ts";
import { multiplyAdds } from "../networks/layers.ts";

/** The classifier with L-MAC's decoder; a decoder that is asked about a class makes `target` an input. */
export function lmacGraph(
  classifier: WeightValues,
  shape: ClassifierShape,
  decoder: WeightValues,
  decoderShape: DecoderShape,
): MethodGraph {
  const g = new GraphBuilder();
  const magnitudes = g.input("magnitudes", "float32", ["B", shape.frames, shape.bins]);
  const classified = classify(new FrozenLayers(g, classifier), magnitudes, shape);
  g.output("probabilities", g.op("Softmax", [classified.logits], { axis: 1 }));
  const query = decoderShape.asked
    ? explainedClass(g, classified.logits, g.input("target", "int64", ["B"]))
    : undefined;
  g.output("mask", decodeMask(new FrozenLayers(g, decoder), classified, shape, decoderShape, query));
  return { bytes: encodeModel(g), mmac: multiplyAdds(g) / 1e6 };
}

/** Compiles a trained decoder into one of a pack's graphs: `magnitudes → probabilities, mask`. */
import { type ClassifierShape, classify } from "./classifier.ts";
import { type DecoderShape, decodeMask } from "./decoder.ts";
import { FrozenLayers, type WeightValues } from "./frozen-layers.ts";
import { encodeModel, GraphBuilder, type Tensor } from "./graph/index.ts";
import { multiplyAdds } from "./layers.ts";
import type { MethodGraph } from "./methods/method-graph.ts";

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
    ? queryOf(g, g.input("target", "int64", ["B"]), classified.logits, shape.classes)
    : undefined;
  g.output("mask", decodeMask(new FrozenLayers(g, decoder), classified, shape, decoderShape, query));
  return { bytes: encodeModel(g), mmac: multiplyAdds(g) / 1e6 };
}

/** One-hot [B, classes] of the class to explain: the target, or the winner where the target is −1. */
function queryOf(g: GraphBuilder, target: Tensor, logits: Tensor, classes: number): Tensor {
  const winner = g.op("ArgMax", [logits], { axis: 1, keepdims: 0 });
  const chosen = g.op("Where", [g.op("Less", [target, g.int64([0])]), winner, target]);
  return g.op("OneHot", [chosen, g.int64([classes]), g.constant([0, 1])], { axis: -1 });
}

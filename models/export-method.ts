/** Compiles trained weights into a pack's graphs: `magnitudes → probabilities, mask`. */
import { type ClassifierOutput, type ClassifierShape, classify } from "./classifier.ts";
import { type DecoderShape, decodeMask } from "./decoder.ts";
import { FrozenLayers, type WeightValues } from "./frozen-layers.ts";
import { encodeModel, GraphBuilder, type Tensor } from "./graph/index.ts";
import { multiplyAdds } from "./layers.ts";

export interface MethodGraph {
  readonly bytes: Uint8Array;
  /** Multiply-adds of one window, in millions. */
  readonly mmac: number;
}

/** The classifier with L-MAC's decoder. */
export function lmacGraph(
  classifier: WeightValues,
  shape: ClassifierShape,
  decoder: WeightValues,
  decoderShape: DecoderShape,
): MethodGraph {
  return methodGraph(classifier, shape, (g, classified) =>
    decodeMask(new FrozenLayers(g, decoder), classified, shape, decoderShape),
  );
}

/** The classifier with a mask that keeps everything: the row every method is read against. */
export function allOnesGraph(classifier: WeightValues, shape: ClassifierShape): MethodGraph {
  return methodGraph(classifier, shape, (g, _classified, magnitudes) =>
    g.add(g.mul(magnitudes, g.constant(0)), g.constant(1)),
  );
}

function methodGraph(
  classifier: WeightValues,
  shape: ClassifierShape,
  maskOf: (g: GraphBuilder, classified: ClassifierOutput, magnitudes: Tensor) => Tensor,
): MethodGraph {
  const g = new GraphBuilder();
  const magnitudes = g.input("magnitudes", "float32", ["B", shape.frames, shape.bins]);
  const classified = classify(new FrozenLayers(g, classifier), magnitudes, shape);
  g.output("probabilities", g.op("Softmax", [classified.logits], { axis: 1 }));
  g.output("mask", maskOf(g, classified, magnitudes));
  return { bytes: encodeModel(g), mmac: multiplyAdds(g) / 1e6 };
}

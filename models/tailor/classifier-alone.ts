/**
 * Cuts a method's graph down to its classifier, for whoever asks what is heard and not where: most of a graph's work is
 * in its mask.
 */
import { decodeModel, encodeModel } from "../graph/index.ts";

/**
 * The graph (an `.onnx` file with the signature of models/pack/pack.ts) with the same signature and the same probabilities, but
 * masks of zeros that nothing is computed for.
 *
 * @throws Error when the file holds what decodeModel can't read, or has no magnitudes.
 */
export function classifierAlone(graph: Uint8Array): Uint8Array<ArrayBuffer> {
  const g = decodeModel(graph);
  const magnitudes = g.inputs.find(({ name }) => name === "magnitudes");
  if (!magnitudes) throw new Error("the graph has no input magnitudes, so its classifier can't be cut out");
  g.outputs.set("mask", g.mul(magnitudes, 0));
  return encodeModel(g);
}

/**
 * Cuts a method's graph down to its classifier, for whoever asks what is heard and not where: most of a graph's work is
 * in its mask.
 */
import { decodeModel, encodeModel } from "../graph/index.ts";

export interface ClassifierOptions {
  /** The files beside the graph that hold weights of it. */
  readonly weights?: ReadonlyMap<string, Uint8Array>;
  /** Without the input `target`, where the graph has one: no classifier asks for it. */
  readonly withoutTarget?: boolean;
}

/**
 * The graph (an `.onnx` file with the signature of models/pack/pack.ts) with the same signature and the same probabilities, but
 * masks of zeros that nothing is computed for.
 *
 * @throws Error when the file holds what decodeModel can't read, or has no magnitudes.
 */
export function classifierAlone(
  graph: Uint8Array,
  { weights, withoutTarget = false }: ClassifierOptions = {},
): Uint8Array<ArrayBuffer> {
  const g = decodeModel(graph, { external: (file) => weights?.get(file) });
  const magnitudes = g.inputs.find(({ name }) => name === "magnitudes");
  if (!magnitudes) throw new Error("the graph has no input magnitudes, so its classifier can't be cut out");
  g.outputs.set("mask", g.mul(magnitudes, 0));
  const target = g.inputs.findIndex(({ name }) => name === "target");
  if (withoutTarget && target >= 0) g.inputs.splice(target, 1);
  return encodeModel(g);
}

/** Trained weights stored in 16 bits: half the size, computed in 32 as before. */
import { type GraphMessage, readModel, writeModel } from "../../models/graph/onnx/schema.ts";
import { toFloat16 } from "../../protocol/wire-float16.ts";

const FLOAT32 = 1;
const FLOAT16 = 10;
const INTEGER_ATTRIBUTE = 2;
/** Fewer bytes than this cost no more than the operator that brings them back. */
const WORTH_HALVING = 4096;

/**
 * The same graph, its large trained weights as 16-bit initializers behind a Cast, which onnxruntime does once, when it loads.
 *
 * @param isWeight by an initializer's name; what is computed from the STFT's shape stays exact.
 */
export function halfWeights(bytes: Uint8Array, isWeight: (name: string) => boolean): Uint8Array {
  const model = readModel(bytes);
  const graph: GraphMessage = model.graph ?? {};
  const casts = (graph.initializers ?? []).flatMap((tensor) => {
    const { name = "", rawData } = tensor;
    if (tensor.dataType !== FLOAT32 || !rawData || rawData.length < WORTH_HALVING || !isWeight(name))
      return [];
    const values = new Float32Array(rawData.slice().buffer);
    tensor.rawData = new Uint8Array(Uint16Array.from(values, toFloat16).buffer);
    tensor.dataType = FLOAT16;
    tensor.name = `${name}.half`;
    const to = { name: "to", int: FLOAT32, type: INTEGER_ATTRIBUTE };
    return [{ op: "Cast", name: `${name}.cast`, inputs: [tensor.name], outputs: [name], attributes: [to] }];
  });
  graph.nodes = [...casts, ...(graph.nodes ?? [])];
  return writeModel({ ...model, graph });
}

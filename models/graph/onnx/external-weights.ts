/** Weights that lie outside of their graph's file: ONNX's external data. */
import { type GraphMessage, readModel, writeModel } from "./schema.ts";

/**
 * Reads weights that are kept in other files into the graph's message.
 *
 * @param external the bytes of a file beside the graph's, by the name that the graph has for it.
 * @throws Error when a file is not to be had, lies elsewhere than beside the graph, or is too short.
 */
export function fetchExternal(
  { initializers = [] }: GraphMessage,
  external?: (file: string) => Uint8Array | undefined,
): void {
  const files = new Map<string, Uint8Array>();
  for (const tensor of initializers) {
    if (!tensor.dataLocation) continue;
    const entries = new Map(tensor.externalData?.map(({ key = "", value = "" }) => [key, value]));
    const location = entries.get("location") ?? "";
    const beside = location !== "" && !/^[/\\]|^[a-z]:|\.\.[/\\]|\.\.$/i.test(location);
    const file = beside ? (files.get(location) ?? external?.(location)) : undefined;
    if (!file) {
      throw new Error(
        `the weights "${tensor.name}" lie in the file "${location}" outside of it; save the model as one file ` +
          "(onnx.save_model(model, path, save_as_external_data=False))",
      );
    }
    files.set(location, file);
    const offset = Number(entries.get("offset") ?? 0);
    const length = Number(entries.get("length") ?? file.length - offset);
    if (offset + length > file.length) {
      throw new Error(
        `the weights "${tensor.name}" should reach to byte ${offset + length} of ${location}, which has ${file.length}; ` +
          "copy the file again or export the model again",
      );
    }
    // A plain Uint8Array: slices of Node's Buffer are views of the whole file.
    tensor.rawData = new Uint8Array(file.buffer, file.byteOffset + offset, length);
    delete tensor.dataLocation;
    delete tensor.externalData;
  }
}

/**
 * The graph with all of its weights inside: to the byte what it was before `shareWeights` took them out.
 *
 * @param weights the files beside the graph that hold weights of it.
 * @throws Error as `fetchExternal` does.
 */
export function withWeightsInside(bytes: Uint8Array, weights: ReadonlyMap<string, Uint8Array>): Uint8Array {
  if (weights.size === 0) return bytes;
  const model = readModel(bytes);
  fetchExternal(model.graph ?? {}, (file) => weights.get(file));
  return writeModel(model);
}

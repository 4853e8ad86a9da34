import { ownWasmFiles, type WasmFiles } from "../../models/runtime/wasm-files.ts";

/** What a live explainer loads when it starts, as URLs; all must be of the same version as the script that loads them. */
export interface LiveAssets {
  /** The audio thread's script, `worklet.js`. */
  readonly worklet: string;
  /** The script of the worker between audio thread and engines, `pipeline.js`. */
  readonly worker: string;
  /** onnxruntime's files, which the worker loads. */
  readonly wasm: WasmFiles;
}

/** The files beside this script. Their addresses are literal, as bundlers follow and copy only such. */
export function ownAssets(): LiveAssets {
  return {
    worklet: new URL("./worklet.js", import.meta.url).href,
    worker: new URL("./pipeline.js", import.meta.url).href,
    wasm: ownWasmFiles(),
  };
}

/** onnxruntime-web in the browser: the plain WASM SIMD build, its files served from our own origin. */
import * as ort from "onnxruntime-web/wasm";
import { type Runtime, sessionOptions, threadsText } from "./runtime.ts";
import { ownWasmFiles, type WasmFiles } from "./wasm-files.ts";

export interface WebRuntimeOptions {
  /** Both files, or the folder that holds them under their own names, as a URL that ends in "/". Default: beside this script. */
  readonly wasmPath?: string | WasmFiles;
  /** Default 1. More needs a cross-origin isolated page and costs a core per thread; onnxruntime's wasm threads spin. */
  readonly threads?: number;
}

/** Fetches both files ahead, so that a session can be opened when they can't be fetched any more. Rejects when they can't now. */
export async function keepWasm({ mjs, wasm }: WasmFiles): Promise<void> {
  if (ort.env.wasm.wasmBinary) return;
  // A module that was imported once is kept by its address.
  const [response] = await Promise.all([fetch(wasm), import(/* @vite-ignore */ mjs)]);
  if (response.ok) ort.env.wasm.wasmBinary = await response.arrayBuffer();
}

/** Wasm paths and threads are settings of the whole page: the first session that is opened fixes them. */
export function webRuntime(options: WebRuntimeOptions = {}): Runtime {
  const wanted = options.threads ?? 1;
  const threads = globalThis.crossOriginIsolated ? wanted : 1;
  ort.env.wasm.wasmPaths = options.wasmPath ?? ownWasmFiles();
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.proxy = false;
  return {
    name: "onnxruntime-web",
    description: `onnxruntime-web ${ort.env.versions.web}, WASM SIMD, ${threadsText(threads)}`,
    ort,
    sessionOptions: sessionOptions("wasm", threads),
  };
}

/** onnxruntime-web in the browser: the plain WASM SIMD build, its files served from our own origin. */
import * as ort from "onnxruntime-web/wasm";
import { type Runtime, sessionOptions, threadsText } from "./runtime.ts";

/** onnxruntime's two files, as URLs. */
export interface WasmFiles {
  /** `ort-wasm-simd-threaded.mjs` */
  readonly mjs: string;
  /** `ort-wasm-simd-threaded.wasm` */
  readonly wasm: string;
}

export interface WebRuntimeOptions {
  /** Both files, or the folder that holds them under their own names, as a URL that ends in "/". Default "/ort/". */
  readonly wasmPath?: string | WasmFiles;
  /** Default 1. More needs a cross-origin isolated page and costs a core per thread; onnxruntime's wasm threads spin. */
  readonly threads?: number;
}

/** Wasm paths and threads are settings of the whole page: the first session that is opened fixes them. */
export function webRuntime(options: WebRuntimeOptions = {}): Runtime {
  const wanted = options.threads ?? 1;
  const threads = globalThis.crossOriginIsolated ? wanted : 1;
  ort.env.wasm.wasmPaths = options.wasmPath ?? "/ort/";
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.proxy = false;
  return {
    name: "onnxruntime-web",
    description: `onnxruntime-web ${ort.env.versions.web}, WASM SIMD, ${threadsText(threads)}`,
    ort,
    sessionOptions: sessionOptions("wasm", threads),
  };
}

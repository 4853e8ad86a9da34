/** onnxruntime's two files, as URLs. */
export interface WasmFiles {
  /** `ort-wasm-simd-threaded.mjs` */
  readonly mjs: string;
  /** `ort-wasm-simd-threaded.wasm` */
  readonly wasm: string;
}

/** The files beside this script. Their addresses are literal, as bundlers follow and copy only such. */
export function ownWasmFiles(): WasmFiles {
  return {
    mjs: new URL("./ort/ort-wasm-simd-threaded.mjs", import.meta.url).href,
    wasm: new URL("./ort/ort-wasm-simd-threaded.wasm", import.meta.url).href,
  };
}

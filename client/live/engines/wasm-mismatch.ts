import { ProblemError } from "../problems.ts";

/** Set by the build: the length of the wasm file that this script was built with. */
declare const LISTENABLE_WASM_BYTES: number | undefined;

/** Whether `wasm` is another build's file, asked only once it would not run: it comes out of the browser's cache then. */
export async function wasmMismatch(wasm: string): Promise<ProblemError | null> {
  if (typeof LISTENABLE_WASM_BYTES !== "number") return null;
  try {
    const response = await fetch(wasm);
    const { byteLength } = await response.arrayBuffer();
    if (response.ok && byteLength === LISTENABLE_WASM_BYTES) return null;
    const found = response.ok ? `holds ${byteLength} bytes` : `answers with status ${response.status}`;
    return new ProblemError(
      "version-mismatch",
      `${wasm} ${found} instead of the ${LISTENABLE_WASM_BYTES} bytes of the wasm that belongs to this version of Listenable`,
    );
  } catch {
    return null;
  }
}

/** Opening a pack in the browser. */
import { type FetchPackOptions, fetchPack } from "../pack/open-pack.ts";
import { type RunnablePack, runnablePack } from "./runnable-pack.ts";
import type { Runtime } from "./runtime.ts";
import { type WebRuntimeOptions, webRuntime } from "./web.ts";

export interface OpenPackOptions extends FetchPackOptions, WebRuntimeOptions {
  /** Runs the graphs; when left out, onnxruntime-web's WASM, one thread, its files under `wasmPath`. */
  readonly runtime?: Runtime;
}

/**
 * Opens the pack whose `pack.json` and graphs lie under a URL; graphs are fetched when they are first run.
 *
 * @param url of the folder, with or without its last slash; relative to the page.
 * @throws PackError "model-missing" when it can't be fetched, "model-broken" when it is not a pack.
 */
export async function openPack(url: string | URL, options: OpenPackOptions = {}): Promise<RunnablePack> {
  const opened = await fetchPack(String(url), options);
  return runnablePack(opened, () => options.runtime ?? webRuntime(options));
}

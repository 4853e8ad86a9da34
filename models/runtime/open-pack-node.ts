/** Opening a pack in Node. */

import { DEFAULT_PACK } from "../pack/default-pack.ts";
import { fetchPack } from "../pack/open-pack.ts";
import { findPack, openPackFolder } from "../pack/open-pack-node.ts";
import { type RunnablePack, runnablePack } from "./runnable-pack.ts";
import type { Runtime } from "./runtime.ts";
import { type NodeRuntimeOptions, nodeRuntime } from "./runtime-node.ts";

export interface OpenPackOptions extends NodeRuntimeOptions {
  /** Runs the graphs; when left out, onnxruntime-node or else WASM, as `build`, `threads` and `log` say. */
  readonly runtime?: Runtime;
}

/**
 * Opens a pack; its graphs are read when they are first run.
 *
 * @param where name of a released ("everyday", the default) or added pack, path of a folder with a `pack.json`, or its URL.
 * @throws PackError "model-missing", naming the packs there are, when it isn't there; "model-broken" when it is not a pack.
 */
export async function openPack(
  where: string | URL = DEFAULT_PACK,
  options: OpenPackOptions = {},
): Promise<RunnablePack> {
  const opened = /^https?:/.test(String(where))
    ? await fetchPack(String(where))
    : await openPackFolder(findPack(String(where)));
  return runnablePack(opened, () => options.runtime ?? nodeRuntime(options));
}

import { type OpenPack, openedPack } from "../../../models/pack/open-pack.ts";
import { packMethod } from "../../../models/pack/pack.ts";
import { newestGraph } from "../../../models/runtime/load-cut.ts";
import type { WasmFiles } from "../../../models/runtime/wasm-files.ts";
import { keepWasm } from "../../../models/runtime/web.ts";
import type { Asked } from "./candidates.ts";

/**
 * What this device needs to explain for itself, fetched while a server does: once the server is gone, they would mostly be too.
 * Only fetched: compiling would take the processor from the masks.
 */
export class LocalFiles {
  /** The same pack, which reads what was fetched from memory. */
  readonly pack: OpenPack;
  readonly #wasm: WasmFiles;
  readonly #newestFrames: number;
  readonly #kept = new Map<string, Promise<Uint8Array>>();

  constructor(open: OpenPack, wasm: WasmFiles, newestFrames: number) {
    this.pack = openedPack(open.pack, open.source, (name) => this.#kept.get(name) ?? open.file(name));
    this.#wasm = wasm;
    this.#newestFrames = newestFrames;
  }

  /** What can't be had now is asked for again when it is needed. */
  async fetch({ method }: Asked): Promise<void> {
    const { pack } = this.pack;
    const longer = pack.streaming ? (packMethod(pack, method).blocks ?? []) : [];
    const graphs = [newestGraph(pack, method, this.#newestFrames), ...longer];
    const files = new Set(graphs.flatMap(({ graph, weights = [] }) => [graph, ...weights]));
    await Promise.all([keepWasm(this.#wasm), ...[...files].map((name) => this.#keep(name))]);
  }

  async #keep(name: string): Promise<void> {
    const file = this.pack.file(name);
    this.#kept.set(name, file);
    await file.catch(() => this.#kept.delete(name));
  }
}

/** An opened pack: its checked description and the bytes of its graphs, wherever they lie. */
import { type Pack, PackError, type PackGraph, packMethod, parsePack } from "./pack.ts";

/** A graph with everything that it needs. */
export interface GraphFiles {
  /** Of the `.onnx` file. */
  readonly bytes: Uint8Array;
  /** The other files that hold weights of it, by the names that it has for them. */
  readonly weights: ReadonlyMap<string, Uint8Array>;
}

export interface OpenPack {
  readonly pack: Pack;
  /** Where it was found, for messages: a folder or a URL. */
  readonly source: string;
  /** The graph of the named method, or of the default one. Rejects with a PackError. */
  graph(method?: string): Promise<GraphFiles>;
  /** A graph that `pack.json` describes. Rejects with a PackError. */
  read(graph: PackGraph): Promise<GraphFiles>;
  /** The bytes of a file that `pack.json` names. Rejects with a PackError. */
  file(name: string): Promise<Uint8Array>;
}

export interface FetchPackOptions {
  readonly fetch?: typeof globalThis.fetch;
  readonly signal?: AbortSignal;
}

/**
 * Opens the pack that a server offers at `url` (the folder, with or without its last slash).
 *
 * @throws PackError "model-missing" when it is not there or cannot be fetched, "model-broken" when it is not a pack.
 */
export async function fetchPack(url: string, options: FetchPackOptions = {}): Promise<OpenPack> {
  const folder = url.endsWith("/") ? url : `${url}/`;
  const get = async (file: string): Promise<Uint8Array> => {
    const address = `${folder}${file}`;
    let response: Response;
    try {
      response = await (options.fetch ?? fetch)(address, { signal: options.signal ?? null });
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      throw new PackError(`${address} cannot be fetched: is the server still there?`, "model-missing", {
        cause,
      });
    }
    if (!response.ok) {
      throw new PackError(
        `${address} cannot be fetched (status ${response.status}): start the server with a pack that it has`,
        "model-missing",
      );
    }
    try {
      return new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      throw new PackError(`${address} broke off while it was fetched: try again`, "model-missing", { cause });
    }
  };
  const pack = readPackText(await get("pack.json"), `${folder}pack.json`);
  return openedPack(pack, folder, get);
}

/** @param file gets the bytes of a file of the pack; rejects with a PackError. */
export function openedPack(
  pack: Pack,
  source: string,
  file: (name: string) => Promise<Uint8Array>,
): OpenPack {
  const read = async ({ graph, weights = [] }: PackGraph): Promise<GraphFiles> => {
    const [bytes, ...others] = await Promise.all([graph, ...weights].map(file));
    return { bytes, weights: new Map(weights.map((name, n) => [name, others[n]])) };
  };
  return { pack, source, file, read, graph: async (method) => read(packMethod(pack, method)) };
}

/** The pack in the bytes of a `pack.json`; `source` is named in the error. */
export function readPackText(bytes: Uint8Array, source: string): Pack {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new PackError(`${source} is not JSON (${(cause as Error).message})`, "model-broken", { cause });
  }
  return parsePack(json, source);
}

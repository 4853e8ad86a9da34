/** Packs as they were used, for when there is no network. With one, the server's are taken. */
import type { Pack } from "../../../models/pack/pack.ts";
import { explainingFiles } from "../../../models/pack/pack-files.ts";
import { within } from "../../live/within.ts";
import { cacheName, PACKS } from "./cache-names.ts";

/** Those used longest ago go first; with the released pack's size that is some 15 MB. */
const MOST_PACKS = 4;
/** A graph larger than this is not kept. */
const LARGEST_BYTES = 64 * 1024 * 1024;
/** A server that has not answered by then is taken for gone, where there is something kept. */
const PATIENCE_MS = 4_000;

interface PackFilesParts {
  readonly caches: Pick<CacheStorage, "open">;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Of the page's folder, with its last slash. */
  readonly base: string;
}

export class PackFiles {
  readonly #parts: PackFilesParts;
  readonly #packs: string;
  readonly #name: string;

  constructor(parts: PackFilesParts) {
    this.#parts = parts;
    this.#packs = new URL("packs/", parts.base).href;
    this.#name = cacheName(PACKS, parts.base);
  }

  isOne(request: Pick<Request, "method" | "url">): boolean {
    return request.method === "GET" && request.url.startsWith(this.#packs);
  }

  /** From the server, else what was kept; rejects as fetch does when there is neither. */
  async answer(request: Request): Promise<Response> {
    const cache = await this.#parts.caches.open(this.#name);
    const kept = await cache.match(request.url);
    const asked = this.#parts.fetch(request);
    let response: Response;
    try {
      response = kept ? await within(asked, PATIENCE_MS, gone) : await asked;
    } catch (error) {
      if (kept) return kept;
      throw error;
    }
    // A server that is being started anew answers like this behind a proxy.
    if (kept && response.status >= 500) return kept;
    // What can't be kept, as for want of room, is still an answer.
    if (response.ok) await this.#keep(cache, request.url, response.clone(), kept).catch(() => {});
    return response;
  }

  /** Everything of a pack: its description, the list of packs, its graphs and their weights. */
  async keepAll(url: string): Promise<void> {
    const get = (address: string) => this.answer(new Request(address));
    await get(new URL("index.json", this.#packs).href);
    const described = await get(new URL("pack.json", url).href);
    const pack = (await described.json()) as Pick<Pack, "methods" | "classifier">;
    const cache = await this.#parts.caches.open(this.#name);
    for (const file of explainingFiles(pack)) {
      const address = new URL(file, url).href;
      if (!(await cache.match(address))) await get(address);
    }
  }

  async #keep(cache: Cache, url: string, response: Response, before: Response | undefined): Promise<void> {
    if (Number(response.headers.get("Content-Length") ?? 0) > LARGEST_BYTES) return;
    if (url.endsWith("/pack.json")) {
      const folder = url.slice(0, -"pack.json".length);
      const text = await response.clone().text();
      // Graphs of another version of the pack do not fit this description.
      if (before && (await before.clone().text()) !== text) await removeFolder(cache, folder);
      // The newest is last in the cache, so the first are those used longest ago.
      await cache.delete(url);
      await cache.put(url, response);
      await this.#removeOldest(cache);
      return;
    }
    await cache.put(url, response);
  }

  async #removeOldest(cache: Cache): Promise<void> {
    const described = (await cache.keys()).filter(({ url }) => url.endsWith("/pack.json"));
    for (const { url } of described.slice(0, -MOST_PACKS)) {
      await removeFolder(cache, url.slice(0, -"pack.json".length));
    }
  }
}

const gone = () => new Error("the server does not answer");

async function removeFolder(cache: Cache, folder: string): Promise<void> {
  const all = await cache.keys();
  await Promise.all(all.filter(({ url }) => url.startsWith(folder)).map((each) => cache.delete(each)));
}

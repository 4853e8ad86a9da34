/** The page's own files: of one build, all or none. */

import { cacheName, isCacheOf, PACKS } from "./cache-names.ts";

/** Path relative to the page's folder ("" is the page itself), and the SHA-256 of its bytes in hexadecimal. */
export type PinnedFile = readonly [path: string, sha256: string];

const PAGE = "page-";

interface PageFilesParts {
  readonly caches: Pick<CacheStorage, "open" | "keys" | "delete">;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Of the page's folder, with its last slash. */
  readonly base: string;
  /** Names the build; another list has another name. */
  readonly version: string;
  readonly files: readonly PinnedFile[];
}

export class PageFiles {
  readonly #parts: PageFilesParts;
  readonly #addresses: ReadonlySet<string>;

  constructor(parts: PageFilesParts) {
    this.#parts = parts;
    this.#addresses = new Set(parts.files.map(([path]) => new URL(path, parts.base).href));
  }

  get #name(): string {
    return cacheName(PAGE + this.#parts.version, this.#parts.base);
  }

  /**
   * Fetches every file of this build. Rejects, and keeps nothing, when one is missing or is of another build, as while a
   * server is being updated.
   */
  async keepAll(): Promise<void> {
    const { caches, files } = this.#parts;
    const cache = await caches.open(this.#name);
    try {
      // One after the other: the page that is being read comes first.
      for (const [path, sha256] of files) await this.#keep(cache, path, sha256);
    } catch (error) {
      await caches.delete(this.#name);
      throw error;
    }
  }

  async #keep(cache: Cache, path: string, sha256: string): Promise<void> {
    const { fetch, base } = this.#parts;
    const url = new URL(path, base).href;
    // Asks the server anew, which mostly answers that the browser's own copy is the newest.
    const response = await fetch(new Request(url, { cache: "no-cache" }));
    if (!response.ok) throw new Error(`${url}: status ${response.status}`);
    const bytes = await response.clone().arrayBuffer();
    const found = hexadecimal(await crypto.subtle.digest("SHA-256", bytes));
    if (found !== sha256) throw new Error(`${url} is of another build`);
    // With its headers, by which the page stays isolated and under its content policy.
    await cache.put(url, response);
  }

  /** Removes what other builds left. */
  async removeOthers(): Promise<void> {
    const { caches, base } = this.#parts;
    const packs = cacheName(PACKS, base);
    const names = await caches.keys();
    const others = names.filter((name) => isCacheOf(name, base) && name !== packs && name !== this.#name);
    await Promise.all(others.map((name) => caches.delete(name)));
  }

  /** Where the answer to a request lies, or undefined when it is none of the page's files. */
  addressOf(request: Pick<Request, "method" | "mode" | "url">): string | undefined {
    if (request.method !== "GET") return undefined;
    const { base } = this.#parts;
    const url = new URL(request.url);
    url.hash = "";
    if (request.mode === "navigate") {
      // The page is the same whatever is behind its "?".
      url.search = "";
      if (url.href === new URL("index.html", base).href) return base;
      return url.href === base ? base : undefined;
    }
    return this.#addresses.has(url.href) ? url.href : undefined;
  }

  /** What was kept; the network's answer where the browser has thrown it away. */
  async answer(address: string, request: Request): Promise<Response> {
    const { caches, fetch } = this.#parts;
    const cache = await caches.open(this.#name);
    return (await cache.match(address)) ?? fetch(request);
  }
}

/** Every cache of every build and of packs of the page at `base`. */
export async function removeEverything(
  caches: Pick<CacheStorage, "keys" | "delete">,
  base: string,
): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => isCacheOf(name, base)).map((name) => caches.delete(name)));
}

function hexadecimal(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Folders as a plain web server gives them: nothing of ours, no headers but those asked for. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".wav": "audio/wav",
};

export interface SiteOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers instead of a file: by its path, a text or what becomes of the file's bytes. */
  readonly instead?: Readonly<Record<string, string | ((bytes: Buffer) => Buffer | string)>>;
}

export interface Site {
  /** "http://127.0.0.1:1234" */
  readonly origin: string;
  /** Paths asked for, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** @param folders by the path that they lie under, as in { "/sub/lib": "dist/public" }; the longest that fits counts. */
export async function staticSite(
  folders: Readonly<Record<string, string>>,
  { headers = {}, instead = {} }: SiteOptions = {},
): Promise<Site> {
  const asked: string[] = [];
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const bytesOf = async (path: string): Promise<Buffer | string> => {
    const other = instead[path];
    if (typeof other === "string") return other;
    const prefix = prefixes.find((each) => path.startsWith(`${each.replace(/\/$/, "")}/`));
    if (prefix === undefined) throw new Error(`nothing lies at ${path}`);
    const bytes = await readFile(join(folders[prefix], normalize(path.slice(prefix.length))));
    return other ? other(bytes) : bytes;
  };
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const path = decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    asked.push(path);
    try {
      const bytes = await bytesOf(path);
      response.writeHead(200, {
        "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
        ...headers,
      });
      response.end(bytes);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

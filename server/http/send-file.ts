/** Sends one file over HTTP: type, validators, compression that is done once and kept. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { notFound } from "./http-error.ts";
import type { Exchange } from "./router.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".ico": "image/x-icon",
  ".wasm": "application/wasm",
  ".wav": "audio/wav",
  ".mp3": "audio/mpeg",
  ".ogg": "audio/ogg",
  ".woff2": "font/woff2",
};
const COMPRESSED = new Set([
  ".html",
  ".js",
  ".mjs",
  ".css",
  ".json",
  ".map",
  ".webmanifest",
  ".md",
  ".txt",
  ".svg",
  ".wasm",
]);
const WORTH_COMPRESSING = 1024;
const CACHE_BYTES = 64 * 1024 * 1024;
const SLICE_BYTES = 65_536;

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

type Coding = "br" | "gzip";

/** Compressed files in memory; the ones used longest ago go first when it is full. */
class CompressedFiles {
  readonly #kept = new Map<string, { readonly bytes: Promise<Buffer>; size: number }>();
  #size = 0;

  get(path: string, version: string, coding: Coding): Promise<Buffer> {
    const key = `${coding} ${version} ${path}`;
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.bytes;
    }
    const entry = { bytes: compress(path, coding), size: 0 };
    this.#kept.set(key, entry);
    entry.bytes.then(
      (bytes) => {
        entry.size = bytes.length;
        this.#size += bytes.length;
        this.#shrink();
      },
      () => this.#kept.delete(key),
    );
    return entry.bytes;
  }

  #shrink(): void {
    for (const [key, entry] of this.#kept) {
      if (this.#size <= CACHE_BYTES) return;
      this.#kept.delete(key);
      this.#size -= entry.size;
    }
  }
}

async function compress(path: string, coding: Coding): Promise<Buffer> {
  const bytes = await readFile(path);
  // Quality 5: about a second for the 14 MB of onnxruntime's wasm, once; 11 would take half a minute.
  return coding === "br"
    ? brotli(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      })
    : zip(bytes);
}

const compressed = new CompressedFiles();

/** Compresses a file ahead of its first request, so that nobody waits for it; a missing file is no error. */
export async function warmFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found) await compressed.get(path, versionOf(found), "br").catch(() => {});
}

/**
 * Files carry no hash in their names, so browsers are told to ask each time and mostly get "304 not modified".
 *
 * @throws HttpError 404 when there is no such file.
 */
export async function sendFile(
  path: string,
  { request, response }: Pick<Exchange, "request" | "response">,
): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw notFound();
  const extension = extname(path).toLowerCase();
  const version = versionOf(found);
  const etag = `W/"${version}"`;
  response.setHeader("Content-Type", TYPES[extension] ?? "application/octet-stream");
  response.setHeader("Cache-Control", "no-cache");
  response.setHeader("ETag", etag);
  const mayCompress = COMPRESSED.has(extension) && found.size >= WORTH_COMPRESSING;
  if (mayCompress) response.setHeader("Vary", "Accept-Encoding");
  if (request.headers["if-none-match"]?.split(/\s*,\s*/).includes(etag)) {
    response.writeHead(304).end();
    return;
  }
  const coding = mayCompress ? acceptedCoding(request) : undefined;
  if (coding) {
    const bytes = await compressed.get(path, version, coding);
    response.writeHead(200, { "Content-Encoding": coding, "Content-Length": bytes.length });
    if (request.method === "HEAD") response.end();
    else await pipeline(slices(bytes), response).catch(() => response.destroy());
    return;
  }
  response.writeHead(200, { "Content-Length": found.size });
  if (request.method === "HEAD") response.end();
  // A client that goes away in the middle is its own affair.
  else await pipeline(createReadStream(path), response).catch(() => response.destroy());
}

/** In parts, so that only a little waits in each slow client's connection and one can see whether it gets on. */
function* slices(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += SLICE_BYTES) yield bytes.subarray(from, from + SLICE_BYTES);
}

function versionOf(found: { readonly size: number; readonly mtimeMs: number }): string {
  return `${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}`;
}

function acceptedCoding(request: IncomingMessage): Coding | undefined {
  const accepted = String(request.headers["accept-encoding"] ?? "")
    .split(",")
    .map((each) => each.trim().toLowerCase())
    .filter((each) => !/;\s*q=0(\.0*)?$/.test(each))
    .map((each) => each.split(";")[0].trim());
  return accepted.includes("br") ? "br" : accepted.includes("gzip") ? "gzip" : undefined;
}

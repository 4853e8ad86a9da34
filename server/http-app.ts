/** Plain HTTP: the page, the packs, the state of the server. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Logger } from "pino";
import type { OpenPack } from "../models/runtime/open-pack.ts";
import { COMPAT_PAGE } from "../protocol/pages.ts";
import { securityHeaders } from "./security-headers.ts";
import { sendFile } from "./send-file.ts";

export interface HttpAppOptions {
  /** The built page; without one only packs and state are served. */
  readonly publicFolder?: string;
  /** Packs by name; the first one is the one that the server explains with. */
  readonly packs: ReadonlyMap<string, OpenPack>;
  /** What /healthz says; `status` other than "ok" is answered with 503. */
  readonly health: () => { readonly status: string; readonly [key: string]: unknown };
  readonly log: Logger;
}

export function httpApp(
  options: HttpAppOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const started = performance.now();
    response.on("close", () => {
      options.log.debug(
        {
          method: request.method,
          url: request.url,
          status: response.statusCode,
          ms: Math.round(performance.now() - started),
        },
        "request",
      );
    });
    answer(options, request, response).catch((error) => {
      options.log.error({ err: error, url: request.url }, "a request failed");
      if (!response.headersSent)
        sendText(response, 500, "The server made a mistake; its log has the details.");
      else response.destroy();
    });
  };
}

async function answer(
  options: HttpAppOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const segments = pathSegments(request.url ?? "/");
  const polyfill = segments?.join("/") === COMPAT_PAGE;
  for (const [name, value] of Object.entries(securityHeaders(request.headers.host, { polyfill }))) {
    response.setHeader(name, value);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    sendText(response, 405, "Only GET and HEAD are answered here.");
    return;
  }
  if (!segments) {
    sendText(response, 400, "The address is not one that this server could have.");
    return;
  }
  if (segments.join("/") === "healthz") {
    const health = options.health();
    sendJson(response, health.status === "ok" ? 200 : 503, health);
    return;
  }
  if (segments[0] === "packs") {
    if (await sendPack(options, segments.slice(1), request, response)) return;
  } else if (options.publicFolder !== undefined) {
    const file = segments.length === 0 || polyfill ? ["index.html"] : segments;
    if (await sendFile(join(options.publicFolder, ...file), request, response)) return;
  }
  sendText(response, 404, "There is nothing at this address.");
}

/** Only what a pack names is served from its folder. */
async function sendPack(
  options: HttpAppOptions,
  segments: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (segments.join("/") === "index.json") {
    const packs = [...options.packs.values()].map(({ pack }) => ({ name: pack.name, title: pack.title }));
    sendJson(response, 200, { default: packs[0].name, packs });
    return true;
  }
  const [name, file] = segments;
  const open = options.packs.get(name);
  if (!open || segments.length !== 2) return false;
  const files = ["pack.json", "README.md", ...open.pack.methods.map((method) => method.graph)];
  return files.includes(file) && sendFile(join(open.source, file), request, response);
}

/**
 * The decoded parts of an address's path, or undefined when one could mean anything but a plain file below the root:
 * "..", hidden files, separators and zero bytes behind percent signs.
 */
export function pathSegments(url: string): string[] | undefined {
  try {
    const segments = url
      .split(/[?#]/)[0]
      .split("/")
      .filter((each) => each !== "")
      .map(decodeURIComponent);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    return segments.some((each) => each.startsWith(".") || /[/\\:\u0000-\u001f]/.test(each))
      ? undefined
      : segments;
  } catch {
    return undefined;
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  });
  response.end(body);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  });
  response.end(body);
}

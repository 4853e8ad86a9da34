/** Plain HTTP: the page, the packs, the state of the server (/healthz, /readyz, /metrics). */
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Logger } from "pino";
import { answerKiosk } from "../kiosk/kiosk-http.ts";
import type { Kiosks } from "../kiosk/kiosks.ts";
import { KIOSK_PAGE } from "../kiosk/protocol.ts";
import type { OpenPack } from "../models/pack/open-pack.ts";
import { COMPAT_PAGE, SERVICE_WORKER, SERVICE_WORKER_OFF } from "../protocol/pages.ts";
import type { Guard } from "./http/guard.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { sendFile } from "./http/send-file.ts";
import { SlowDownloads } from "./http/slow-downloads.ts";
import type { ServerObserver } from "./observe.ts";

export interface HttpAppOptions {
  /** The built page; without one only packs and state are served. */
  readonly publicFolder?: string | undefined;
  /** False: browsers are told to forget what they kept for when there is no network. */
  readonly offline?: boolean | undefined;
  /** Packs by name; the first one is the one that the server explains with. */
  readonly packs: ReadonlyMap<string, OpenPack>;
  /** Told to pages: the packs that the endpoint explains with. With the others every page is to explain for itself. */
  readonly explained: readonly string[];
  readonly state: ServerState;
  readonly kiosks: Kiosks;
  readonly guard: Guard;
  readonly observer: ServerObserver;
  readonly log: Logger;
}

/** What the server says about itself. */
export interface ServerState {
  /** The process lives, and what it does: all of it for those who may look inside, the status for the others. */
  readonly health: () => { readonly status: string; readonly [key: string]: unknown };
  /** Why no new session would be taken now, or undefined when one would. */
  readonly unready: () => string | undefined;
  /** In Prometheus's text format. */
  readonly metrics: () => Promise<string>;
}

const HTML_TYPE = "text/html; charset=utf-8";
const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function httpApp(
  options: HttpAppOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { observer } = options;
  const downloads = new SlowDownloads(
    () => performance.now(),
    () => observer.downloadCut(),
  );
  return (request, response) => {
    const started = performance.now();
    downloads.watch(response);
    response.on("close", () => {
      observer.httpAnswered(response.statusCode);
      options.log.debug(
        {
          method: request.method,
          path: pathOf(request),
          status: response.statusCode,
          ms: Math.round(performance.now() - started),
        },
        "request",
      );
    });
    answer(options, request, response).catch((error) => {
      options.log.error({ err: error, path: pathOf(request) }, "a request failed");
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
  const denial = options.guard.requestDenial(request);
  if (denial) {
    options.observer.refused(denial.kind);
    if (denial.retrySeconds !== undefined) response.setHeader("Retry-After", String(denial.retrySeconds));
    sendText(response, denial.status, denial.reason);
    return;
  }
  if (segments?.length === 2 && segments[0] === KIOSK_PAGE) {
    const kiosk = await answerKiosk(options.kiosks, options.guard, segments[1], request);
    if (kiosk) {
      if (typeof kiosk.body === "object") sendJson(response, kiosk.status, kiosk.body);
      else sendText(response, kiosk.status, kiosk.body, kiosk.type === "html" ? HTML_TYPE : undefined);
      return;
    }
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
  if (segments.length === 1 && (await sendState(options, segments[0], request, response))) return;
  if (segments[0] === "packs") {
    if (await sendPack(options, segments.slice(1), request, response)) return;
  } else if (options.publicFolder !== undefined) {
    const kiosk = segments.length === 1 && segments[0] === KIOSK_PAGE;
    if (kiosk && pathOf(request).endsWith("/")) {
      // Addresses in the page are relative to its folder.
      response.setHeader("Location", `../${KIOSK_PAGE}${(request.url ?? "").slice(pathOf(request).length)}`);
      sendText(response, 308, "The kiosk has no / behind its name.");
      return;
    }
    const page = kiosk ? ["kiosk.html"] : ["index.html"];
    const forget = options.offline === false && segments.join("/") === SERVICE_WORKER;
    const own = forget ? [SERVICE_WORKER_OFF] : segments;
    const file = segments.length === 0 || polyfill || kiosk ? page : own;
    if (await sendFile(join(options.publicFolder, ...file), request, response)) return;
  }
  sendText(response, 404, "There is nothing at this address.");
}

async function sendState(
  { state, guard }: HttpAppOptions,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  switch (name) {
    case "healthz": {
      const health = state.health();
      sendJson(response, 200, guard.mayLookInside(request) ? health : { status: health.status });
      return true;
    }
    case "readyz": {
      const reason = state.unready();
      sendJson(response, reason === undefined ? 200 : 503, { ready: reason === undefined, reason });
      return true;
    }
    case "metrics":
      if (guard.mayLookInside(request)) sendText(response, 200, await state.metrics(), METRICS_TYPE);
      else
        sendText(response, 403, "Figures are for this machine itself, or for bearers of the token for them.");
      return true;
    default:
      return false;
  }
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
    sendJson(response, 200, { default: packs[0].name, packs, explained: options.explained });
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

function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  type = "text/plain; charset=utf-8",
): void {
  const body = text.endsWith("\n") ? text : `${text}\n`;
  response.writeHead(status, {
    "Content-Type": type,
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

/** For the log: without the query, where a token might stand by mistake. */
function pathOf({ url = "" }: IncomingMessage): string {
  return url.split(/[?#]/)[0];
}

/** The server's addresses: the page, the packs, its state (/healthz, /readyz, /metrics). */
import { join } from "node:path";
import type { OpenPack } from "../models/pack/open-pack.ts";
import { explainingFiles } from "../models/pack/pack-files.ts";
import { COMPAT_PAGE, SERVICE_WORKER, SERVICE_WORKER_OFF } from "../protocol/pages.ts";
import { type Exchange, notFound, type Route, sendFile, sendJson, sendText } from "./http/index.ts";
import { securityHeaders } from "./http/security-headers.ts";

/** What the server says about itself. */
interface ServerState {
  /** The process lives, and what it does: all of it for those who may look inside, the status for the others. */
  readonly health: () => { readonly status: string; readonly [key: string]: unknown };
  /** Why no new session would be taken now, or undefined when one would. */
  readonly unready: () => string | undefined;
  /** In Prometheus's text format. */
  readonly metrics: () => Promise<string>;
}

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function stateRoutes({ health, unready, metrics }: ServerState): Route[] {
  return [
    {
      method: "GET",
      path: "healthz",
      answer: ({ request, response, guard }) => {
        const all = health();
        sendJson(response, guard.mayLookInside(request) ? all : { status: all.status });
      },
    },
    {
      method: "GET",
      path: "readyz",
      answer: ({ response }) => {
        const reason = unready();
        sendJson(response, { ready: reason === undefined, reason }, reason === undefined ? 200 : 503);
      },
    },
    {
      method: "GET",
      path: "metrics",
      needs: "figures",
      answer: async ({ response }) => sendText(response, await metrics(), METRICS_TYPE),
    },
  ];
}

/**
 * @param packs by name; the first one is the one that the server explains with.
 * @param explained told to pages: the packs that the endpoint explains with. With the others every page is to explain for itself.
 */
export function packRoutes(packs: ReadonlyMap<string, OpenPack>, explained: readonly string[]): Route[] {
  return [
    {
      method: "GET",
      path: "packs/index.json",
      answer: ({ response }) => {
        const listed = [...packs.values()].map(({ pack }) => ({ name: pack.name, title: pack.title }));
        sendJson(response, { default: listed[0].name, packs: listed, explained });
      },
    },
    {
      method: "GET",
      path: "packs/:name/:file",
      answer: (exchange, name, file) => sendPack(packs.get(name), file, exchange),
    },
    { method: "GET", path: "packs/*", answer: nothingHere },
  ];
}

/** Only what a pack names is served from its folder. */
function sendPack(open: OpenPack | undefined, file: string, exchange: Exchange): Promise<void> {
  const files = open ? ["pack.json", "README.md", ...explainingFiles(open.pack)] : [];
  if (!open || !files.includes(file)) throw notFound();
  return sendFile(join(open.source, file), exchange);
}

/**
 * The built page and its files.
 *
 * @param offline false: browsers are told to forget what they kept for when there is no network.
 */
export function pageRoutes(publicFolder: string, offline = true): Route[] {
  const file = (...name: string[]) => join(publicFolder, ...name);
  return [
    { method: "GET", path: "", answer: (exchange) => sendFile(file("index.html"), exchange) },
    {
      method: "GET",
      path: COMPAT_PAGE,
      answer: (exchange) => {
        const { request, response } = exchange;
        const headers = securityHeaders(request.headers.host, { polyfill: true });
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        return sendFile(file("index.html"), exchange);
      },
    },
    {
      method: "GET",
      path: SERVICE_WORKER,
      answer: (exchange) => sendFile(file(offline ? SERVICE_WORKER : SERVICE_WORKER_OFF), exchange),
    },
    { method: "GET", path: "*", answer: (exchange) => sendFile(file(...exchange.segments), exchange) },
  ];
}

/** Last of all where there is no page, so that other methods are refused as they are with one. */
export const NOTHING_ELSE: Route = { method: "GET", path: "*", answer: nothingHere };

function nothingHere(): never {
  throw notFound();
}

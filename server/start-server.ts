/** Puts the server together and starts it. */
import { readFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import pino, { type Logger } from "pino";
import { audioShape } from "../models/pack.ts";
import type { OpenPack } from "../models/runtime/open-pack.ts";
import {
  listPacks,
  openPackFolder,
  packageFolder,
  releasedPacksFolder,
} from "../models/runtime/open-pack-node.ts";
import type { Hello } from "../protocol/wire.ts";
import type { Backend } from "./backend.ts";
import { attachExplainEndpoint } from "./explain-endpoint.ts";
import { Guard, type GuardOptions } from "./guard.ts";
import { httpApp } from "./http-app.ts";
import { defaultLimits, type ServerLimits, wireLimits } from "./limits.ts";
import { ServerMetrics } from "./metrics.ts";
import { NO_BACKEND } from "./no-backend.ts";
import { Scheduler } from "./scheduler.ts";
import { warmFile } from "./send-file.ts";
import type { Session, SessionJob } from "./session.ts";
import { openWorkerBackend } from "./worker-backend.ts";

export interface ServerOptions extends GuardOptions {
  /** Folder of the pack to explain with. */
  readonly pack: string;
  /** Default "127.0.0.1": reachable from this machine alone. */
  readonly host?: string;
  /** Default 8080; 0 takes any free one. */
  readonly port?: number;
  /** Folder of the built page; without one only the endpoint, packs and /healthz are served. */
  readonly publicFolder?: string;
  /** Folder with further packs to serve to pages. Default: the released ones. */
  readonly packsFolder?: string;
  /** "auto" takes native onnxruntime and falls back to WASM. Default "auto". */
  readonly build?: "auto" | "native" | "wasm";
  /** Windows that may run at the same time, each on a thread of its own. Default: cores less one, 1 to 8. */
  readonly lanes?: number;
  readonly limits?: Partial<ServerLimits>;
  /** Serves page and packs and explains nothing: every page is told to explain for itself. */
  readonly localOnly?: boolean;
  /** Default: no log. */
  readonly log?: Logger;
  /** Runs the model instead of worker threads; closed with the server. */
  readonly backend?: Backend;
}

export interface RunningServer {
  /** "http://127.0.0.1:8080/" */
  readonly url: string;
  /** Address of the endpoint for a remote engine: "ws://127.0.0.1:8080/explain". */
  readonly explainUrl: string;
  readonly port: number;
  readonly backend: string;
  readonly pack: OpenPack;
  /** Reads certificate and tokens again. What cannot be used is logged, and what was there before stays. */
  reload(): Promise<void>;
  /** Says goodbye to every client, lets running windows finish, frees the port. Calling it twice is fine. */
  close(): Promise<void>;
}

/**
 * @throws PackError when the pack is missing or broken; the system's error (`code` "EADDRINUSE", "EACCES", ...) when
 *   the port cannot be had; nothing is left running then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const log = options.log ?? pino({ level: "silent" });
  const pack = await openPackFolder(options.pack);
  const limits = { ...defaultLimits(pack.pack), ...options.limits };
  // A pack whose sound no page could cut into frames should stop the start and not the first listener.
  const { phases } = audioShape(pack.pack);
  const host = options.host ?? "127.0.0.1";
  const guard = await Guard.open(options, host, log, stillStarting);
  const { http } = guard;
  // The port first: loading a model only to find the port taken wastes the user's time.
  await listen(http, options.port ?? 8080, host).catch((error) => {
    guard.close();
    throw error;
  });
  try {
    const { build, lanes, localOnly } = options;
    const openBackend = () =>
      phases || localOnly
        ? NO_BACKEND
        : openWorkerBackend({ packFolder: options.pack, build, lanes, log: (line) => log.warn(line) });
    const backend = options.backend ?? (await openBackend());
    return await serve(guard, pack, backend, limits, log, options);
  } catch (error) {
    guard.close();
    await new Promise((resolve) => {
      http.close(resolve);
      http.closeAllConnections();
    });
    throw error;
  }
}

async function serve(
  guard: Guard,
  pack: OpenPack,
  backend: Backend,
  limits: ServerLimits,
  log: Logger,
  options: ServerOptions,
): Promise<RunningServer> {
  const { http } = guard;
  const started = performance.now();
  const version = serverVersion();
  const scheduler = new Scheduler<Session, SessionJob>(backend);
  const explains = !options.localOnly;
  const metrics: ServerMetrics = new ServerMetrics({
    version,
    backend: backend.description,
    packs: [pack.pack.name],
    ready: () => unready() === undefined,
    windowsWaiting: () => scheduler.waiting,
  });
  const endpoint = attachExplainEndpoint(http, {
    pack: pack.pack,
    hello: helloOf(pack, backend, limits, version),
    limits,
    scheduler,
    explains,
    guard,
    observer: metrics,
    log,
  });
  let closing: Promise<void> | undefined;
  const unready = () => {
    if (closing) return "shutting down";
    return endpoint.hasRoom ? undefined : "all places are taken";
  };
  const health = () => ({
    status: closing ? "shutting-down" : "ok",
    version,
    pack: pack.pack.name,
    backend: backend.description,
    sessions: endpoint.sessions,
    sessionNames: endpoint.names,
    windowsWaiting: scheduler.waiting,
    ended: endpoint.counts,
    uptimeSeconds: Math.round((performance.now() - started) / 1000),
  });
  const { publicFolder } = options;
  const packs = await openPacks(pack, options.packsFolder ?? releasedPacksFolder(), log);
  const state = { health, unready, metrics: () => metrics.render() };
  http.off("request", stillStarting);
  http.on("request", httpApp({ publicFolder, packs, explains, state, guard, observer: metrics, log }));
  // A connection that can't be taken, as when files run out, is no reason to end.
  http.on("error", (error) => log.error({ err: error }, "the server's socket failed"));
  http.on("clientError", (_error, socket) => {
    if (!socket.writable) return void socket.destroy();
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", () => socket.destroy());
  });
  if (publicFolder !== undefined) void warmFile(join(publicFolder, "ort", "ort-wasm-simd-threaded.wasm"));
  const { address, port } = http.address() as AddressInfo;
  const host = address.includes(":") ? `[${address}]` : address;
  log.info({ host: address, port, pack: pack.source, backend: backend.description }, "listening");

  const close = async () => {
    log.info({ sessions: endpoint.sessions }, "shutting down");
    const closed = new Promise((resolve) => http.close(resolve));
    await endpoint.close();
    http.closeAllConnections();
    await closed;
    await backend.close();
    metrics.close();
    guard.close();
    log.info("stopped");
  };
  return {
    url: `${guard.secure ? "https" : "http"}://${host}:${port}/`,
    explainUrl: `${guard.secure ? "wss" : "ws"}://${host}:${port}/explain`,
    port,
    backend: backend.description,
    pack,
    reload: () => guard.reload(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function stillStarting({ url }: IncomingMessage, response: ServerResponse): void {
  if (url === "/healthz") {
    response.writeHead(200, { "Content-Type": "application/json; charset=utf-8" });
    response.end('{"status":"starting"}\n');
    return;
  }
  response.writeHead(503, { "Content-Type": "text/plain; charset=utf-8", "Retry-After": "1" });
  response.end("The server is loading its model; try again in a moment.\n");
}

function listen(http: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, () => {
      http.off("error", reject);
      resolve();
    });
  });
}

function helloOf({ pack }: OpenPack, backend: Backend, limits: ServerLimits, version: string): Hello {
  const { name, title, labels, other, threshold, sampleRate, stft, windowFrames, phases, masking } = pack;
  const methods = pack.methods.map(({ name, title, target }) => ({ name, title, target }));
  return {
    server: `listenable ${version}`,
    backend: backend.description,
    pack: {
      name,
      version: pack.version,
      title,
      labels,
      other,
      threshold,
      sampleRate,
      stft,
      windowFrames,
      phases,
      masking,
      methods,
    },
    limits: wireLimits(limits, windowFrames, stft.bins),
  };
}

/** The server's own pack first, then the others that can be opened. */
async function openPacks(own: OpenPack, folder: string, log: Logger): Promise<Map<string, OpenPack>> {
  const packs = new Map([[own.pack.name, own]]);
  for (const name of listPacks(folder)) {
    try {
      const open = await openPackFolder(join(folder, name));
      if (!packs.has(open.pack.name)) packs.set(open.pack.name, open);
    } catch (error) {
      log.warn({ reason: (error as Error).message }, "a pack is left out");
    }
  }
  return packs;
}

function serverVersion(): string {
  return JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8")).version;
}

/** Puts the server together and starts it. */
import { readFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import pino, { type Logger } from "pino";
import { Kiosks } from "../kiosk/kiosks.ts";
import type { OpenPack } from "../models/pack/open-pack.ts";
import {
  listPacks,
  openPackFolder,
  packageFolder,
  releasedPacksFolder,
} from "../models/pack/open-pack-node.ts";
import { audioShape } from "../models/pack/pack.ts";
import type { RuntimeBuild } from "../models/runtime/runtime-node.ts";
import type { Backend } from "./explain/backend.ts";
import { attachExplainEndpoint } from "./explain/explain-endpoint.ts";
import type { ServerLimits } from "./explain/limits.ts";
import { NO_BACKEND } from "./explain/no-backend.ts";
import { Pace } from "./explain/pace.ts";
import { newReading, PackService } from "./explain/pack-service.ts";
import { Scheduler } from "./explain/scheduler.ts";
import type { Session, SessionJob } from "./explain/session.ts";
import { openWorkerBackend } from "./explain/worker-backend.ts";
import { Guard, type GuardOptions } from "./http/guard.ts";
import { warmFile } from "./http/send-file.ts";
import { httpApp } from "./http-app.ts";
import { ServerMetrics } from "./metrics.ts";

const PACE_EVERY_MS = 1_000;

export interface ServerOptions extends GuardOptions {
  /** Folders of the packs to explain with; the first one is the pages' own. */
  readonly pack: string | readonly string[];
  /** Default "127.0.0.1": reachable from this machine alone. */
  readonly host?: string;
  /** Default 8080; 0 takes any free one. */
  readonly port?: number;
  /** Folder of the built page; without one only the endpoint, packs and /healthz are served. */
  readonly publicFolder?: string | undefined;
  /** Folder with further packs to serve to pages. Default: the released ones. */
  readonly packsFolder?: string;
  /** See WorkerBackendOptions. Default "auto". */
  readonly build?: RuntimeBuild;
  /** Calls of the model that may run at the same time, each on a thread of its own. Default: see WorkerBackendOptions. */
  readonly lanes?: number | undefined;
  /** The most windows of one call. Default: what pays. */
  readonly batch?: number | undefined;
  readonly limits?: Partial<ServerLimits>;
  /** A file of kiosk settings; without one /kiosk has the ordinary ones. */
  readonly kioskFile?: string | undefined;
  /** Serves page and packs and explains nothing: every page is told to explain for itself. */
  readonly localOnly?: boolean | undefined;
  /** False: browsers forget what they keep of the page for when there is no network. Default: true. */
  readonly offline?: boolean | undefined;
  /** Default: no log. */
  readonly log?: Logger;
  /** Runs the model instead of worker threads; closed with the server. */
  readonly backend?: Backend | undefined;
}

export interface RunningServer {
  /** "http://127.0.0.1:8080/" */
  readonly url: string;
  /** Address of the endpoint for a remote engine: "ws://127.0.0.1:8080/explain". */
  readonly explainUrl: string;
  readonly port: number;
  readonly backend: string;
  readonly pack: OpenPack;
  /** Reads certificate, tokens, packs and kiosk settings again. What cannot be used is logged, and what was there before stays. */
  reload(): Promise<void>;
  /** Says goodbye to every client, lets running windows finish, frees the port. Calling it twice is fine. */
  close(): Promise<void>;
}

/**
 * @throws PackError when the pack is missing or broken; KioskSettingsError when the kiosk's settings are; the system's error (`code` "EADDRINUSE", "EACCES", ...) when
 *   the port cannot be had; nothing is left running then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const log = options.log ?? pino({ level: "silent" });
  const folders = typeof options.pack === "string" ? [options.pack] : options.pack;
  const packs = await Promise.all(folders.map((folder) => openPackFolder(folder)));
  // A pack whose sound no page could cut into frames should stop the start and not the first listener.
  const shapes = packs.map(({ pack }) => audioShape(pack));
  const host = options.host ?? "127.0.0.1";
  const kiosks = await Kiosks.open({ file: options.kioskFile, log });
  const guard = await Guard.open(options, host, log, stillStarting);
  const { http } = guard;
  // The port first: loading a model only to find the port taken wastes the user's time.
  await listen(http, options.port ?? 8080, host).catch((error) => {
    guard.close();
    throw error;
  });
  try {
    const { build, lanes, batch, localOnly } = options;
    const readings = packs.map(({ source }) => newReading(source));
    const first = shapes.findIndex(({ phases }) => !phases);
    const openBackend = async (): Promise<Backend> => {
      if (first < 0 || localOnly) return NO_BACKEND;
      const warn = (line: string) => log.warn(line);
      const backend = await openWorkerBackend({ pack: readings[first], build, lanes, batch, log: warn });
      for (const [n, { phases }] of shapes.entries()) {
        if (n !== first && !phases) await backend.prepare(readings[n]);
      }
      return backend;
    };
    const backend = options.backend ?? (await openBackend());
    const server = { version: serverVersion(), backend };
    const services = packs.map((open, n) => new PackService(open, readings[n], server, options.limits));
    return await serve(guard, services, server, kiosks, log, options);
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
  all: readonly PackService[],
  { version, backend }: { readonly version: string; readonly backend: Backend },
  kiosks: Kiosks,
  log: Logger,
  options: ServerOptions,
): Promise<RunningServer> {
  const { http } = guard;
  const started = performance.now();
  const services = new Map(all.map((service) => [service.pack.name, service]));
  const [own] = all;
  const { limits } = own;
  const scheduler = new Scheduler<Session, SessionJob>(backend, {
    now: () => performance.now(),
    patienceMs: limits.patienceMs,
  });
  const pace = new Pace();
  const explains = !options.localOnly;
  const metrics: ServerMetrics = new ServerMetrics({
    version,
    backend: backend.description,
    packs: [...services.keys()],
    ready: () => unready() === undefined,
    windowsWaiting: () => scheduler.waiting,
    kiosks: () => kiosks.known,
  });
  const endpoint = attachExplainEndpoint(http, {
    services,
    limits,
    pace,
    scheduler,
    explains,
    guard,
    observer: metrics,
    log,
  });
  const pacing = setInterval(() => {
    if (pace.update(scheduler.takeLoad(), backend.lanes)) endpoint.paceChanged();
  }, PACE_EVERY_MS);
  pacing.unref();
  let closing: Promise<void> | undefined;
  const unready = () => {
    if (closing) return "shutting down";
    if (endpoint.hasRoom) return undefined;
    return pace.full ? "those who are here take all the time there is" : "all places are taken";
  };
  const health = () => ({
    status: closing ? "shutting-down" : "ok",
    version,
    pack: own.pack.name,
    packs: [...services.keys()],
    backend: backend.description,
    sessions: endpoint.sessions,
    sessionNames: endpoint.names,
    windowsWaiting: scheduler.waiting,
    leastMsBetweenWindows: pace.leastMs,
    ended: endpoint.counts,
    uptimeSeconds: Math.round((performance.now() - started) / 1000),
  });
  const { publicFolder } = options;
  const packs = await openPacks(all, options.packsFolder ?? releasedPacksFolder(), log);
  const explained = explains ? [...services.keys()] : [];
  const state = { health, unready, metrics: () => metrics.render() };
  http.off("request", stillStarting);
  http.on(
    "request",
    httpApp({
      publicFolder,
      offline: options.offline,
      packs,
      explained,
      state,
      kiosks,
      guard,
      observer: metrics,
      log,
    }),
  );
  // A connection that can't be taken, as when files run out, is no reason to end.
  http.on("error", (error) => log.error({ err: error }, "the server's socket failed"));
  http.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const late = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    // Browsers open connections before they need them. An answer to nothing would be taken for that of the next request.
    if (!socket.writable || (late && (socket as Socket).bytesRead === 0)) return void socket.destroy();
    const status = late ? "408 Request Timeout" : "400 Bad Request";
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
  });
  if (publicFolder !== undefined) void warmFile(join(publicFolder, "ort", "ort-wasm-simd-threaded.wasm"));
  const { address, port } = http.address() as AddressInfo;
  const host = address.includes(":") ? `[${address}]` : address;
  log.info({ host: address, port, packs: [...services.keys()], backend: backend.description }, "listening");

  const reloadPacks = async () => {
    for (const service of all) {
      try {
        const same = await service.reload();
        packs.set(service.pack.name, service.opened);
        log.info({ pack: service.pack.name, version: service.pack.version, same }, "pack read again");
        if (!same) endpoint.packChanged(service);
      } catch (error) {
        const reason = (error as Error).message;
        log.error({ pack: service.pack.name, reason }, "the new pack can't be used; the old one goes on");
      }
    }
  };
  const close = async () => {
    log.info({ sessions: endpoint.sessions }, "shutting down");
    clearInterval(pacing);
    kiosks.close();
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
    pack: own.opened,
    reload: async () => {
      await Promise.all([guard.reload(), kiosks.reload(), reloadPacks()]);
    },
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

/** The packs that the server explains with first, then the others that can be opened. */
async function openPacks(
  services: readonly PackService[],
  folder: string,
  log: Logger,
): Promise<Map<string, OpenPack>> {
  const packs = new Map(services.map(({ pack, opened }) => [pack.name, opened]));
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

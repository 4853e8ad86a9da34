/** Puts the server together and starts it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pino, { type Logger } from "pino";
import type { OpenPack } from "../models/pack/open-pack.ts";
import { packageFolder, packFolders } from "../models/pack/open-pack-node.ts";
import { EXPLAIN_PATH } from "../protocol/wire.ts";
import type { Backend } from "./explain/backend.ts";
import { attachExplainEndpoint, type ExplainEndpoint } from "./explain/explain-endpoint.ts";
import type { ServerLimits } from "./explain/limits.ts";
import { NO_BACKEND } from "./explain/no-backend.ts";
import { Pace } from "./explain/pace.ts";
import { newReading, PackService } from "./explain/pack-service.ts";
import { Scheduler } from "./explain/scheduler.ts";
import type { Session, SessionJob } from "./explain/session.ts";
import type { ServerExtension } from "./extension.ts";
import {
  type AccessOptions,
  HttpServer,
  MOST_CONNECTIONS,
  notYet,
  type Route,
  type WarmUpProgress,
  warmFile,
  warmingState,
} from "./http/index.ts";
import { ServerMetrics } from "./metrics.ts";
import { NOTHING_ELSE, packRoutes, pageRoutes, stateRoutes } from "./routes.ts";
import { type BackendWishes, openBackend, openExplained, openServed, reloadPacks } from "./served-packs.ts";

const PACE_EVERY_MS = 1_000;

export interface ServerOptions extends AccessOptions, BackendWishes {
  /** Folders of the packs to explain with; the first one is the pages' own. */
  readonly pack: string | readonly string[];
  /** Default "127.0.0.1": reachable from this machine alone. */
  readonly host?: string;
  /** Default 8080; 0 takes any free one. */
  readonly port?: number;
  /** Folder of the built page; without one only the endpoint, packs and /healthz are served. */
  readonly publicFolder?: string | undefined;
  /** Folders with further packs to serve to pages. Default: the released ones, and those that this user added. */
  readonly packsFolder?: string | readonly string[];
  readonly limits?: Partial<ServerLimits>;
  /** What products add; closed with the server. */
  readonly extensions?: readonly ServerExtension[];
  /** Serves page and packs and explains nothing: every page is told to explain for itself. */
  readonly localOnly?: boolean | undefined;
  /** False: browsers forget what they keep of the page for when there is no network. Default: true. */
  readonly offline?: boolean | undefined;
  /** Default: no log. */
  readonly log?: Logger;
  /** Runs the model instead of worker threads; a function is called once the port is had. Closed with the server. */
  readonly backend?: Backend | (() => Promise<Backend>) | undefined;
}

export interface RunningServer {
  /** "http://127.0.0.1:8080/" */
  readonly url: string;
  /** Address of the endpoint for a remote engine: "ws://127.0.0.1:8080/explain". */
  readonly explainUrl: string;
  readonly port: number;
  readonly backend: string;
  readonly pack: OpenPack;
  /** Reads certificate, tokens, packs and the extensions' files again. What cannot be used is logged, and what was there before stays. */
  reload(): Promise<void>;
  /** Says goodbye to every client, lets running windows finish, frees the port. Calling it twice is fine. */
  close(): Promise<void>;
}

/**
 * @throws PackError when the pack is missing or broken; an error with the system's `code` ("EADDRINUSE", "EACCES", ...)
 *   when the port cannot be had; nothing is left running then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log = pino({ level: "silent" }), port = 8080, localOnly } = options;
  const packs = await openExplained(typeof options.pack === "string" ? [options.pack] : options.pack);
  // The port first: loading a model only to find the port taken wastes the user's time.
  const web = await HttpServer.open({ ...options, port, log, connections: connectionsOf(options) });
  try {
    const served = await openServed(packs, [options.packsFolder ?? packFolders()].flat(), log);
    // Pages explain with their own device: they need not wait for ours.
    let progress: number | undefined;
    web.serve(warmingRoutes(options, served, () => progress));
    const readings = packs.map(({ source }) => newReading(source));
    const report = (share: number) => {
      progress = share;
    };
    const given = options.backend;
    const backend =
      (typeof given === "function" ? await given() : given) ??
      (localOnly ? NO_BACKEND : await openBackend(packs, readings, options, log, report));
    const version = serverVersion();
    const services = packs.map(
      (open, n) => new PackService(open, readings[n], { version, backend }, options.limits),
    );
    return new ExplainServer(web, { services, served, backend, version, log }, options);
  } catch (error) {
    await web.close();
    throw error;
  }
}

/** All sessions must find a connection, one that leaves room for pages beside them and for an address's share. */
function connectionsOf({ connections, limits }: ServerOptions): number {
  return connections ?? Math.max(MOST_CONNECTIONS, 2 * (limits?.sessions ?? 0));
}

/** All but the engine and what is told of it. */
function warmingRoutes(
  options: ServerOptions,
  served: ReadonlyMap<string, OpenPack>,
  progress: WarmUpProgress,
): Route[] {
  const explained = options.localOnly ? 0 : [options.pack].flat().length;
  return [
    ...(options.extensions ?? []).flatMap(({ routes }) => routes),
    ...warmingState(progress),
    ...["metrics", EXPLAIN_PATH, `${EXPLAIN_PATH}/:name`].flatMap((path) => notYet(path, progress)),
    ...packRoutes(served, [...served.keys()].slice(0, explained)),
    ...otherRoutes(options),
  ];
}

function otherRoutes({ publicFolder, offline }: ServerOptions): Route[] {
  return publicFolder === undefined ? [NOTHING_ELSE] : pageRoutes(publicFolder, offline);
}

interface ServerParts {
  /** Packs that are explained; the first one is the pages' own. */
  readonly services: readonly PackService[];
  /** All that pages may fetch, by name. */
  readonly served: Map<string, OpenPack>;
  readonly backend: Backend;
  readonly version: string;
  readonly log: Logger;
}

class ExplainServer implements RunningServer {
  readonly #scheduler: Scheduler<Session, SessionJob>;
  readonly #pace = new Pace();
  readonly #metrics: ServerMetrics;
  readonly #endpoint: ExplainEndpoint;
  readonly #extensions: readonly ServerExtension[];
  readonly #pacing: NodeJS.Timeout;
  readonly #started = performance.now();
  #closing: Promise<void> | undefined;

  constructor(
    private readonly web: HttpServer,
    private readonly parts: ServerParts,
    options: ServerOptions,
  ) {
    const { services, backend, version, log } = parts;
    const [{ limits }] = services;
    this.#extensions = options.extensions ?? [];
    this.#scheduler = new Scheduler(backend, {
      now: () => performance.now(),
      patienceMs: limits.patienceMs,
    });
    this.#metrics = new ServerMetrics({
      version,
      backend: backend.description,
      packs: this.#names,
      ready: () => this.#unready() === undefined,
      windowsWaiting: () => this.#scheduler.waiting,
    });
    for (const { figures = [] } of this.#extensions) for (const figure of figures) this.#metrics.add(figure);
    this.#endpoint = attachExplainEndpoint(web.http, {
      services: new Map(services.map((service) => [service.pack.name, service])),
      limits,
      pace: this.#pace,
      scheduler: this.#scheduler,
      explains: !options.localOnly,
      guard: web.guard,
      observer: this.#metrics,
      log,
    });
    this.#pacing = setInterval(() => this.#keepPace(), PACE_EVERY_MS).unref();
    web.serve(this.#routes(options), this.#metrics);
    const { publicFolder } = options;
    if (publicFolder) void warmFile(join(publicFolder, "ort", "ort-wasm-simd-threaded.wasm"));
    log.info({ url: web.url, packs: this.#names, backend: backend.description }, "listening");
  }

  get url(): string {
    return this.web.url;
  }

  get explainUrl(): string {
    return `${this.web.url.replace(/^http/, "ws")}explain`;
  }

  get port(): number {
    return this.web.port;
  }

  get backend(): string {
    return this.parts.backend.description;
  }

  get pack(): OpenPack {
    return this.parts.services[0].opened;
  }

  async reload(): Promise<void> {
    const { services, served, log } = this.parts;
    await Promise.all([
      this.web.reload(),
      ...this.#extensions.map((extension) => extension.reload?.()),
      reloadPacks(services, served, (service) => this.#endpoint.packChanged(service), log),
    ]);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { backend, log } = this.parts;
    log.info({ sessions: this.#endpoint.sessions }, "shutting down");
    clearInterval(this.#pacing);
    for (const extension of this.#extensions) extension.close?.();
    this.web.refuseNew();
    await this.#endpoint.close();
    await this.web.close();
    await backend.close();
    this.#metrics.close();
    log.info({}, "stopped");
  }

  get #names(): readonly string[] {
    return this.parts.services.map(({ pack }) => pack.name);
  }

  #keepPace(): void {
    const load = this.#scheduler.takeLoad();
    if (this.#pace.update(load, this.parts.backend.lanes)) this.#endpoint.paceChanged();
  }

  #routes(options: ServerOptions): Route[] {
    const state = {
      health: () => this.#health(),
      unready: () => this.#unready(),
      metrics: () => this.#metrics.render(),
    };
    return [
      ...this.#extensions.flatMap(({ routes }) => routes),
      ...stateRoutes(state),
      ...packRoutes(this.parts.served, options.localOnly ? [] : this.#names),
      ...otherRoutes(options),
    ];
  }

  #unready(): string | undefined {
    if (this.#closing) return "shutting down";
    if (this.#endpoint.hasRoom) return undefined;
    return this.#pace.full ? "those who are here take all the time there is" : "all places are taken";
  }

  #health() {
    const { version, backend } = this.parts;
    return {
      status: this.#closing ? "shutting-down" : "ok",
      version,
      pack: this.#names[0],
      packs: this.#names,
      backend: backend.description,
      sessions: this.#endpoint.sessions,
      sessionNames: this.#endpoint.names,
      windowsWaiting: this.#scheduler.waiting,
      leastMsBetweenWindows: this.#pace.leastMs,
      ended: this.#endpoint.counts,
      uptimeSeconds: Math.round((performance.now() - this.#started) / 1000),
      ...Object.assign({}, ...this.#extensions.map((extension) => extension.health?.())),
    };
  }
}

function serverVersion(): string {
  return JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8")).version;
}

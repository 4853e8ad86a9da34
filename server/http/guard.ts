/** What stands between the network and the sessions: transport, who asks, who may, how much, and who may look inside. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { isIP } from "node:net";
import type { Logger } from "pino";
import type { Refusal } from "../observe.ts";
import { AccessTokens } from "./access-tokens.ts";
import { AddressBook, type AddressLimits, DEFAULT_ADDRESS_LIMITS } from "./address-limits.ts";
import { ClientOrigin, isLoopback, limitedAs } from "./client-origin.ts";
import { readTlsFiles, type TlsFiles, watchTlsFiles } from "./tls.ts";

export interface GuardOptions {
  /** Default: no TLS. */
  readonly tls?: TlsFiles | undefined;
  /** File of the tokens of which each connection to the endpoint must show one. Default: none is asked for. */
  readonly tokenFile?: string | undefined;
  /** Proxies in front whose X-Forwarded-For and -Proto are believed. Default 0. */
  readonly behindProxies?: number | undefined;
  /** Names by which the server is reached. Default: on loopback without a proxy those of this machine, else any. */
  readonly publicHosts?: readonly string[];
  /** Origins of pages served elsewhere that may use the endpoint; "*" is every page. Default: none. */
  readonly allowedOrigins?: readonly string[];
  /** Who may read /metrics and all of /healthz: this machine, bearers of a token of this file, or everybody. */
  readonly metricsTokenFile?: string | undefined;
  readonly metricsPublic?: boolean | undefined;
  readonly addressLimits?: Partial<AddressLimits> | undefined;
  /** HTTP and WebSocket connections at the same time. Default 1,024. */
  readonly connections?: number;
  readonly patience?: Partial<Patience>;
}

/** How long clients may take over HTTP, in milliseconds. */
export interface Patience {
  /** Until all headers of a request are there. Default 10 s. */
  readonly headersMs: number;
  /** Until the whole request is there. Default 30 s. */
  readonly requestMs: number;
  /** Without a byte moving in either direction; WebSockets have pings instead. Default 30 s. */
  readonly stillMs: number;
  /** How often the first two are looked at. Default 5 s. */
  readonly checkMs: number;
}

/** Why somebody is turned away, for people and for the count. */
export interface Denial {
  readonly status: number;
  readonly kind: Refusal;
  readonly reason: string;
  readonly retrySeconds?: number;
}

const MOST_CONNECTIONS = 1_024;
const LOOK_AT_CERTIFICATE_MS = 60_000;
const KEEP_ALIVE_MS = 5_000;
const PATIENCE: Patience = { headersMs: 10_000, requestMs: 30_000, stillMs: 30_000, checkMs: 5_000 };

export class Guard {
  readonly addresses: AddressBook;
  #endWatch: () => void = () => {};
  #told = false;

  private constructor(
    readonly http: Server,
    readonly origin: ClientOrigin,
    private readonly tokens: AccessTokens | undefined,
    private readonly metricsTokens: AccessTokens | undefined,
    private readonly options: GuardOptions,
    private readonly log: Logger,
  ) {
    this.addresses = new AddressBook({ ...DEFAULT_ADDRESS_LIMITS, ...options.addressLimits }, () =>
      performance.now(),
    );
  }

  /** @throws Error when a certificate or a file of tokens cannot be used. */
  static async open(
    options: GuardOptions,
    host: string,
    log: Logger,
    answer: RequestListener,
  ): Promise<Guard> {
    const { tls, tokenFile, metricsTokenFile } = options;
    const tokens = tokenFile === undefined ? undefined : await AccessTokens.open(tokenFile);
    const metricsTokens =
      metricsTokenFile === undefined ? undefined : await AccessTokens.open(metricsTokenFile);
    const { headersMs, requestMs, stillMs, checkMs } = { ...PATIENCE, ...options.patience };
    const times = {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
    };
    const http = tls
      ? createTlsServer({ ...times, ...(await readTlsFiles(tls)), minVersion: "TLSv1.2" }, answer)
      : createServer(times, answer);
    http.timeout = stillMs;
    http.maxConnections = options.connections ?? MOST_CONNECTIONS;
    const origin = new ClientOrigin({
      proxies: options.behindProxies ?? 0,
      publicHosts: (options.publicHosts ?? []).map((name) => name.toLowerCase()),
      loopbackOnly: host === "localhost" || isLoopback(host),
      allowedOrigins: options.allowedOrigins ?? [],
    });
    const guard = new Guard(http, origin, tokens, metricsTokens, options, log);
    if (tls) guard.#endWatch = watchTlsFiles(tls, LOOK_AT_CERTIFICATE_MS, () => void guard.reload());
    return guard;
  }

  get secure(): boolean {
    return this.options.tls !== undefined;
  }

  /**
   * By what limits know the client; undefined for programs on this machine, which need none. Without a proxy that is
   * trusted, whoever comes through one on this machine looks like that too: see docs/deployment.md.
   */
  limitedBy(request: IncomingMessage): string | undefined {
    const address = this.origin.address(request);
    return isLoopback(address) ? undefined : limitedAs(address);
  }

  /** For every HTTP request. */
  requestDenial(request: IncomingMessage): Denial | undefined {
    this.#noteUntrustedProxy(request);
    if (!this.origin.askedRightly(request)) return this.#wrongHost(request);
    const address = this.limitedBy(request);
    if (address === undefined || this.addresses.mayRequest(address)) return undefined;
    const reason = "Too many requests from this address; try again in a moment.";
    return { status: 429, kind: "address-requests", reason, retrySeconds: 1 };
  }

  /** For a connection to the endpoint, before anything of it is kept. Tokens are looked at by `admits`. */
  connectionDenial(request: IncomingMessage): Denial | undefined {
    this.#noteUntrustedProxy(request);
    if (!this.origin.askedRightly(request)) return this.#wrongHost(request);
    if (!this.origin.mayConnect(request)) {
      const reason = `pages of ${request.headers.origin} may not connect; the server's --allow-origin can let them`;
      return { status: 403, kind: "origin", reason };
    }
    const address = this.limitedBy(request);
    if (address === undefined || this.addresses.mayConnect(address)) return undefined;
    const reason = "too many connections from this address within a minute";
    return { status: 429, kind: "address-connections", reason, retrySeconds: 10 };
  }

  admits(request: IncomingMessage): boolean {
    return this.tokens?.admits(request) ?? true;
  }

  /** Whether figures of the server are for this one's eyes. */
  mayLookInside(request: IncomingMessage): boolean {
    if (this.options.metricsPublic) return true;
    if (this.metricsTokens) return this.metricsTokens.admits(request);
    return this.origin.isLocal(request);
  }

  /** Reads certificate and tokens again; what cannot be used is logged, and the old one stays. */
  async reload(): Promise<void> {
    const { tls } = this.options;
    const parts: [string, () => Promise<void> | undefined][] = [
      ["tokens", () => this.tokens?.reload()],
      ["tokens for metrics", () => this.metricsTokens?.reload()],
      ["certificate", async () => tls && (this.http as TlsServer).setSecureContext(await readTlsFiles(tls))],
    ];
    for (const [what, load] of parts) {
      try {
        await load();
      } catch (error) {
        this.log.error(
          { reason: (error as Error).message },
          `${what}: not reloaded, those before stay in use`,
        );
      }
    }
    this.log.info("certificate and tokens were read again");
  }

  close(): void {
    this.#endWatch();
  }

  #wrongHost({ headers }: IncomingMessage): Denial {
    const name = isIP(headers.host ?? "") ? "this address" : `the name "${headers.host ?? ""}"`;
    const reason =
      `This server is not reached by ${name}. If it is meant to be, start it with --public-host NAME, ` +
      "or with --behind-proxy where a proxy stands in front.";
    return { status: 421, kind: "host", reason };
  }

  #noteUntrustedProxy({ headers }: IncomingMessage): void {
    if (this.#told || (this.options.behindProxies ?? 0) > 0 || headers["x-forwarded-for"] === undefined)
      return;
    this.#told = true;
    this.log.warn(
      "requests come through a proxy that is not trusted: with --behind-proxy limits apply to its clients one by one",
    );
  }
}

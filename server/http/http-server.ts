/** One HTTP server: what `serve`, `monitor` and `study` have in common, from the port to the errors. */
import type { RequestListener, Server } from "node:http";
import { answering } from "./answer.ts";
import { ConnectionShare, SHARE_RULE } from "./connection-share.ts";
import { Guard, type GuardOptions } from "./guard.ts";
import {
  addressOf,
  type ConnectionOptions,
  createHttp,
  listen,
  MOST_CONNECTIONS,
  PATIENCE,
  renewCertificate,
  shareConnections,
} from "./listen.ts";
import { type HttpLog, type HttpObserver, NO_HTTP_OBSERVER } from "./observe.ts";
import { ProxiedConnections } from "./proxied-connections.ts";
import type { Route } from "./router.ts";
import { LEAST_DOWNLOAD, LEAST_UPLOAD, SlowTransfers } from "./slow-transfers.ts";
import { watchTlsFiles } from "./tls.ts";
import { notYet, warmingState } from "./warming.ts";

/** Who may reach a server, by what way, and how much. */
export interface AccessOptions extends GuardOptions, ConnectionOptions {}

export interface HttpServerOptions extends AccessOptions {
  readonly port: number;
  /** Default "127.0.0.1": reachable from this machine alone. */
  readonly host?: string | undefined;
  readonly log: HttpLog;
}

const LOOK_AT_CERTIFICATE_MS = 60_000;

export class HttpServer {
  #endWatch: () => void = () => {};
  #observer = NO_HTTP_OBSERVER;
  #answer: RequestListener = () => {};
  #closed: Promise<void> | undefined;
  #address = "";

  private constructor(
    readonly http: Server,
    readonly guard: Guard,
    private readonly options: HttpServerOptions,
    private readonly downloads: SlowTransfers,
  ) {}

  /**
   * Has the port from now on, and tells whoever asks that it is warming up, until `serve`.
   *
   * @throws Error when a certificate or a file of tokens cannot be used, or the port cannot be had: see `listen`.
   */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    const { host = "127.0.0.1", port, tls, log } = options;
    const { downloadMs, uploadMs, checkMs } = { ...PATIENCE, ...options.patience };
    const watched = (least: typeof LEAST_UPLOAD, patienceMs: number) =>
      new SlowTransfers({ ...least, patienceMs }, () => performance.now(), checkMs);
    const uploads = watched(LEAST_UPLOAD, uploadMs);
    const { behindProxies, connections = MOST_CONNECTIONS } = options;
    const rule = { ...SHARE_RULE, ...options.connectionShare };
    const proxied = behindProxies ? new ProxiedConnections(connections, rule) : undefined;
    const guard = await Guard.open(options, { host, uploads, proxied }, log);
    const http = await createHttp(options, (request, response) => server.#answer(request, response));
    const server: HttpServer = new HttpServer(http, guard, options, watched(LEAST_DOWNLOAD, downloadMs));
    const refused = () => server.#observer.refused("connection-share");
    if (proxied) proxied.watch(http, refused);
    else shareConnections(http, new ConnectionShare(connections, rule), refused);
    server.serve([...warmingState(() => undefined), ...notYet("*")]);
    await listen(http, port, host);
    server.#address = addressOf(http);
    // A connection that can't be taken, as when files run out, is no reason to end.
    http.on("error", (error) => log.error({ err: error }, "the server's socket failed"));
    if (tls) server.#endWatch = watchTlsFiles(tls, LOOK_AT_CERTIFICATE_MS, () => void server.reload());
    return server;
  }

  /** From now on; a server that is still getting ready may serve some routes first. */
  serve(routes: readonly Route[], observer: HttpObserver = NO_HTTP_OBSERVER): void {
    this.#observer = observer;
    const { guard, downloads } = this;
    this.#answer = answering(routes, { guard, downloads, observer, log: this.options.log });
  }

  get port(): number {
    return Number(/\d+$/.exec(this.#address)?.[0]);
  }

  /** "http://127.0.0.1:8080/" */
  get url(): string {
    return `${this.options.tls ? "https" : "http"}://${this.#address}/`;
  }

  /** Reads certificate and tokens again; what cannot be used is logged, and the old one stays. */
  async reload(): Promise<void> {
    const { tls, log } = this.options;
    await this.guard.reload();
    if (tls) {
      await renewCertificate(this.http, tls).catch((error: Error) => {
        log.error({ reason: error.message }, "certificate: not reloaded, the one before stays in use");
      });
    }
    log.info({}, "certificate and tokens were read again");
  }

  /** Takes no new connections and frees the port; those that there are stay. */
  refuseNew(): void {
    this.#endWatch();
    this.#closed ??= new Promise((resolve) => this.http.close(() => resolve()));
  }

  /** @param graceMs so long requests that are being answered may still take. */
  async close(graceMs = 0): Promise<void> {
    this.refuseNew();
    const cut = setTimeout(() => this.http.closeAllConnections(), graceMs);
    await this.#closed;
    clearTimeout(cut);
  }
}

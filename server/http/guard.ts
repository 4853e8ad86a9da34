/** What stands between the network and the rest: who asks, who may, how much, and who may look inside. */
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { tokenInCookie } from "./access-cookie.ts";
import { AccessTokens } from "./access-tokens.ts";
import { AddressBook, type AddressLimits, DEFAULT_ADDRESS_LIMITS } from "./address-limits.ts";
import { ClientOrigin, isLoopback, limitedAs, UNKNOWN_CLIENT } from "./client-origin.ts";
import { cut } from "./cut.ts";
import { type Denial, NOT_INSIDE, UNAUTHORIZED } from "./denial.ts";
import type { HttpLog } from "./observe.ts";
import type { ProxiedConnections } from "./proxied-connections.ts";
import { RateLimit } from "./rate-limit.ts";
import type { Need } from "./router.ts";
import type { SlowTransfers } from "./slow-transfers.ts";

export interface GuardOptions {
  /** File of the tokens of which everybody must show one where a token is needed. Default: none is asked for. */
  readonly tokenFile?: string | undefined;
  /** Proxies in front whose X-Forwarded-For and -Proto are believed. Default 0. */
  readonly behindProxies?: number | undefined;
  /** Names by which the server is reached. Default: on loopback without a proxy those of this machine, else any. */
  readonly publicHosts?: readonly string[] | undefined;
  /** Without `publicHosts` numbers and names of this machine alone count, whatever it listens on. Default: false. */
  readonly knownNamesOnly?: boolean | undefined;
  /** Origins of pages served elsewhere that may connect and post; "*" is every page. Default: none. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Who may see figures of the server: this machine, bearers of a token of this file, or everybody. */
  readonly metricsTokenFile?: string | undefined;
  readonly metricsPublic?: boolean | undefined;
  readonly addressLimits?: Partial<AddressLimits> | undefined;
}

interface GuardParts {
  /** That the server listens on. */
  readonly host: string;
  readonly uploads: SlowTransfers;
  /** Where there are trusted proxies; without, connections are counted before anything is read. */
  readonly proxied: ProxiedConnections | undefined;
}

export class Guard {
  readonly addresses: AddressBook;
  #untrustedTold = false;
  /** For the warning that clients are not named, which tells of what is wrong now. */
  readonly #unnamedTold = new RateLimit(1 / 60, 1, () => performance.now());

  private constructor(
    readonly origin: ClientOrigin,
    private readonly parts: GuardParts,
    private readonly tokens: AccessTokens | undefined,
    private readonly metricsTokens: AccessTokens | undefined,
    private readonly options: GuardOptions,
    private readonly log: HttpLog,
  ) {
    this.addresses = new AddressBook({ ...DEFAULT_ADDRESS_LIMITS, ...options.addressLimits }, () =>
      performance.now(),
    );
  }

  /** @throws Error when a file of tokens cannot be used. */
  static async open(options: GuardOptions, parts: GuardParts, log: HttpLog): Promise<Guard> {
    const { tokenFile, metricsTokenFile } = options;
    const tokens = tokenFile === undefined ? undefined : await AccessTokens.open(tokenFile);
    const metricsTokens =
      metricsTokenFile === undefined ? undefined : await AccessTokens.open(metricsTokenFile);
    const origin = new ClientOrigin({
      proxies: options.behindProxies ?? 0,
      publicHosts: (options.publicHosts ?? []).map((name) => name.toLowerCase()),
      loopbackOnly: parts.host === "localhost" || isLoopback(parts.host),
      allowedOrigins: options.allowedOrigins ?? [],
      knownNamesOnly: options.knownNamesOnly ?? false,
    });
    return new Guard(origin, parts, tokens, metricsTokens, options, log);
  }

  /** Bodies that are being read. */
  get uploads(): SlowTransfers {
    return this.parts.uploads;
  }

  /**
   * By what limits know the client; undefined for programs on this machine, which need none. Without a proxy that is
   * trusted, whoever comes through one on this machine looks like that too: see docs/deployment.md.
   */
  limitedBy(request: IncomingMessage): string | undefined {
    const address = this.origin.address(request);
    return isLoopback(address) ? undefined : limitedAs(address);
  }

  /** By what places that are held are shared out: programs on this machine need no limits, and hold places like others. */
  holderOf(request: IncomingMessage): string {
    return limitedAs(this.origin.address(request));
  }

  /** For every request and handshake: whether its client may hold one more connection, `until` that closes. */
  holdDenial(request: IncomingMessage, until: EventEmitter): Denial | undefined {
    const { proxied } = this.parts;
    if (!proxied || proxied.hold(this.holderOf(request), request.socket, until)) return undefined;
    return HOLDS_ENOUGH;
  }

  /** For every HTTP request. It counts first, so that what is refused is limited too. */
  requestDenial(request: IncomingMessage): Denial | undefined {
    this.#noteProxy(request);
    const address = this.limitedBy(request);
    if (address !== undefined && !this.addresses.mayRequest(address)) return TOO_MANY_REQUESTS;
    return this.origin.askedRightly(request) ? undefined : wrongHost(request);
  }

  /**
   * For a connection to an endpoint, before anything of it is looked at or kept. It counts first, whatever is refused for
   * other reasons then. Tokens are looked at by `admits`.
   */
  connectionDenial(request: IncomingMessage): Denial | undefined {
    this.#noteProxy(request);
    const address = this.limitedBy(request);
    if (address !== undefined && !this.addresses.mayConnect(address)) return TOO_MANY_CONNECTIONS;
    return this.origin.askedRightly(request) ? this.originDenial(request) : wrongHost(request);
  }

  /** For whatever changes something or reaches an endpoint: pages of other sites may not, programs send no origin. */
  originDenial(request: IncomingMessage): Denial | undefined {
    if (this.origin.mayConnect(request)) return undefined;
    const reason = `pages of ${cut(request.headers.origin)} may not connect; the server's --allow-origin can let them`;
    return { status: 403, kind: "origin", reason };
  }

  /** For a route that not everybody may use. */
  needDenial(request: IncomingMessage, need: Need): Denial | undefined {
    if (need === "token" && !this.admits(request)) return UNAUTHORIZED;
    if (need === "figures" && !this.mayLookInside(request)) return NOT_INSIDE;
    return undefined;
  }

  /** Whether the request shows a token, where one is asked for. */
  admits(request: IncomingMessage): boolean {
    if (!this.tokens || this.tokens.admits(request)) return true;
    const kept = tokenInCookie(request);
    return kept !== undefined && this.tokens.has(kept);
  }

  /** Whether figures of the server are for this one's eyes. */
  mayLookInside(request: IncomingMessage): boolean {
    if (this.options.metricsPublic) return true;
    if (this.metricsTokens) return this.metricsTokens.admits(request);
    return this.origin.isLocal(request);
  }

  /** Reads the tokens again; what cannot be used is logged, and those before stay. */
  async reload(): Promise<void> {
    for (const [what, tokens] of [
      ["tokens", this.tokens],
      ["tokens for metrics", this.metricsTokens],
    ] as const) {
      await tokens?.reload().catch((error: Error) => {
        this.log.error({ reason: error.message }, `${what}: not reloaded, those before stay in use`);
      });
    }
  }

  #noteProxy(request: IncomingMessage): void {
    const noted = request.headers["x-forwarded-for"];
    const { behindProxies = 0 } = this.options;
    if (behindProxies === 0) {
      if (noted === undefined || this.#untrustedTold) return;
      this.#untrustedTold = true;
      this.log.warn({}, UNTRUSTED_PROXY);
      return;
    }
    // Whoever looks after the process asks past the proxies, and rightly so.
    const keeper = noted === undefined && HEALTH.test(request.url ?? "");
    const unnamed = !keeper && this.origin.address(request) === UNKNOWN_CLIENT;
    if (unnamed && this.#unnamedTold.take(1)) {
      const reason = `${behindProxies} expected, X-Forwarded-For is ${noted === undefined ? "missing" : `"${cut(String(noted))}"`}`;
      this.log.warn({ reason }, UNNAMED_CLIENT);
    }
  }
}

const HEALTH = /^\/(healthz|readyz)(\?|$)/;

const UNTRUSTED_PROXY =
  "requests come through a proxy that is not trusted: with --behind-proxy limits apply to its clients one by one";

const UNNAMED_CLIENT =
  "the proxies in front do not name the client, so all such requests share one address's limits and none counts as this " +
  "machine: let each proxy add its client to X-Forwarded-For, and give --behind-proxy their number";

const HOLDS_ENOUGH: Denial = {
  status: 503,
  kind: "connection-share",
  reason: "This address holds as many connections as it may while they are short; try again in a moment.",
  retrySeconds: 5,
};

const TOO_MANY_REQUESTS: Denial = {
  status: 429,
  kind: "address-requests",
  reason: "Too many requests from this address; try again in a moment.",
  retrySeconds: 1,
};

const TOO_MANY_CONNECTIONS: Denial = {
  status: 429,
  kind: "address-connections",
  reason: "too many connections from this address within a minute",
  retrySeconds: 10,
};

function wrongHost({ headers }: IncomingMessage): Denial {
  const name = isIP(headers.host ?? "") ? "this address" : `the name "${cut(headers.host)}"`;
  const reason =
    `This server is not reached by ${name}. If it is meant to be, start it with --public-host NAME, ` +
    "or with --behind-proxy where a proxy stands in front.";
  return { status: 421, kind: "host", reason };
}

/** Who asks, and by which name and scheme: what the connection shows, and what a trusted proxy in front says. */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import { furthestEntry, plainAddress, readAddress, trustedEntry } from "./forwarded.ts";

export interface ClientOriginOptions {
  /** Proxies in front whose X-Forwarded-For and -Proto count; 0 believes neither header. */
  readonly proxies: number;
  /** Names by which the server is asked for; when empty see `askedRightly`. */
  readonly publicHosts: readonly string[];
  /** Whether the server listens on this machine alone. */
  readonly loopbackOnly: boolean;
  /** Origins of pages from elsewhere that may connect; "*" is every page. */
  readonly allowedOrigins: readonly string[];
  /** Whether it answers to numbers, this machine's names and `publicHosts` alone, whatever it listens on. Default: no. */
  readonly knownNamesOnly?: boolean;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Stands for whoever a trusted proxy does not name: they share limits, and none of them is this machine. */
export const UNKNOWN_CLIENT = "unknown";

export class ClientOrigin {
  constructor(private readonly options: ClientOriginOptions) {}

  /**
   * The client's address, in the form of `plainAddress`. Behind n proxies, the nth last that they noted, or
   * `UNKNOWN_CLIENT`: what came past the proxies, through fewer of them, or with a note that can't be read could be
   * anybody's, and its connection is the proxy's.
   */
  address(request: IncomingMessage): string {
    const { proxies } = this.options;
    const direct = plainAddress(request.socket.remoteAddress ?? "");
    if (proxies === 0) return direct;
    const entry = trustedEntry(request.headers["x-forwarded-for"], proxies);
    const address = entry === undefined ? undefined : readAddress(entry);
    if (address === undefined) return UNKNOWN_CLIENT;
    // To a proxy elsewhere, "this machine" is its own.
    return isLoopback(address) && !isLoopback(direct) ? UNKNOWN_CLIENT : address;
  }

  /** From this machine itself, and not through a proxy here that works for somebody else. */
  isLocal(request: IncomingMessage): boolean {
    const { headers } = request;
    const relayed = headers["x-forwarded-for"] ?? headers.forwarded ?? headers["x-real-ip"];
    if (relayed !== undefined && this.options.proxies === 0) return false;
    return isLoopback(this.address(request)) && isLoopbackName(hostName(headers.host));
  }

  /** Whether the client reached us, or the proxy, through TLS; undefined when nobody knows. */
  isSecure(request: IncomingMessage): boolean | undefined {
    if ((request.socket as Partial<TLSSocket>).encrypted) return true;
    if (this.options.proxies === 0) return undefined;
    const scheme = furthestEntry(request.headers["x-forwarded-proto"], this.options.proxies)?.toLowerCase();
    return scheme === "https" ? true : scheme === "http" ? false : undefined;
  }

  /**
   * Whether the request names a host that this server has. Against pages that point a name of their own at this
   * machine (DNS rebinding): to the browser they would be of one origin with it. Numbers can't be rebound.
   */
  askedRightly(request: IncomingMessage): boolean {
    const { publicHosts, loopbackOnly, proxies, knownNamesOnly } = this.options;
    const name = hostName(request.headers.host);
    if (isLoopbackName(name) || publicHosts.includes(name)) return true;
    const number = isIP(name) !== 0;
    if (publicHosts.length > 0) return number && knownNamesOnly === true;
    return number || proxies > 0 || (!loopbackOnly && knownNamesOnly !== true);
  }

  /** Pages may connect from where they were served; programs, which send no origin, from anywhere. */
  mayConnect(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    if (origin === undefined) return true;
    const { allowedOrigins } = this.options;
    if (allowedOrigins.includes("*") || allowedOrigins.includes(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const { protocol, host: from } = new URL(origin);
    // Where we are reached by TLS, a page that came without could have been changed on its way.
    const expected = this.isSecure(request) === true ? ["https:"] : ["http:", "https:"];
    return expected.includes(protocol) && from === withoutDefaultPort(host, protocol);
  }
}

export function isLoopback(address: string): boolean {
  const kind = isIP(address);
  return kind !== 0 && loopback.check(address, kind === 6 ? "ipv6" : "ipv4");
}

/** Who shares limits: an IPv4 address, or the /64 network that one IPv6 subscriber has. */
export function limitedAs(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head, tail] = plainAddress(address).split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : new Array(Math.max(0, 8 - front.length - back.length)).fill("0");
  const groups = [...front, ...zeros, ...back]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16));
  return `${groups.join(":")}::/64`;
}

/** Lower-case and without port; brackets of IPv6 are taken off. */
function hostName(host: string | undefined): string {
  const name = (host ?? "").toLowerCase().replace(/:\d+$/, "");
  return name.replace(/^\[(.*)\]$/, "$1");
}

function isLoopbackName(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || isLoopback(name);
}

/** As browsers write origins: the port that the scheme has anyway is left out. */
function withoutDefaultPort(host: string | undefined, protocol: string): string | undefined {
  return host?.toLowerCase().replace(protocol === "https:" ? /:443$/ : /:80$/, "");
}

/** The WebSocket endpoint: sockets in and out of sessions, dead peers, slow readers. */
import { randomBytes } from "node:crypto";
import { type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { type WebSocket, WebSocketServer } from "ws";
import { EXPLAIN_PATH, encodeError, encodeHello } from "../../protocol/wire.ts";
import { WIRE_SUBPROTOCOL } from "../../protocol/wire-access.ts";
import { WireError, type WireErrorName, wireCloseCode } from "../../protocol/wire-errors.ts";
import { cut } from "../http/cut.ts";
import type { Denial as HttpDenial } from "../http/denial.ts";
import type { Guard } from "../http/guard.ts";
import { pathOf } from "../http/paths.ts";
import { RefusalLog } from "../http/refusal-log.ts";
import type { Refusal, ServerObserver } from "../observe.ts";
import type { ServerLimits } from "./limits.ts";
import type { PackService } from "./pack-service.ts";
import type { Scheduler } from "./scheduler.ts";
import { Session, type SessionCounts, type SessionJob } from "./session.ts";

/** When a client that was turned away may ask again. */
const RETRY_SECONDS = 15;
/** Letters of an error that the log keeps: a client's message may be in it. */
const LONGEST_REASON = 400;

const UNAUTHORIZED =
  "this server wants an access token: programs send it as a bearer token, pages have it behind #token= in their address";

interface ExplainEndpointOptions {
  /** By name; the first one answers at EXPLAIN_PATH itself, each at its own path behind that. */
  readonly services: ReadonlyMap<string, PackService>;
  readonly limits: ServerLimits;
  /** How far apart windows are to be now, and whether even that is too much for one session more. */
  readonly pace: { readonly leastMs: number; readonly full: boolean };
  readonly scheduler: Scheduler<Session, SessionJob>;
  /** False where every page explains for itself and nobody may connect. */
  readonly explains: boolean;
  readonly guard: Guard;
  readonly observer: ServerObserver;
  readonly log: Logger;
}

export interface ExplainEndpoint {
  readonly sessions: number;
  /** Whether one more session would be taken. */
  readonly hasRoom: boolean;
  /** The open ones, by the names that the log has for them. */
  readonly names: readonly string[];
  /** Sums over all sessions so far. */
  readonly counts: Readonly<SessionCounts>;
  /** Tells all sessions how far apart windows are to be from now on. */
  paceChanged(): void;
  /** Ends the sessions of a pack that is another one now; they will come back. */
  packChanged(service: PackService): void;
  /** Tells every client that the server goes, and waits until they are gone. */
  close(): Promise<void>;
}

export function attachExplainEndpoint(http: Server, options: ExplainEndpointOptions): ExplainEndpoint {
  return new Endpoint(http, options);
}

/** Why a handshake is refused. */
type Denial = Omit<HttpDenial, "kind"> & { readonly kind: Refusal };

interface Peer {
  readonly socket: WebSocket;
  readonly session: Session;
  readonly service: PackService;
  readonly log: Logger;
  /** As in every line of the log about it: unlike its number, no other run of the server has the same. */
  readonly name: string;
  /** What its limits count by, or undefined when none apply. */
  readonly address: string | undefined;
  alive: boolean;
  heardAt: number;
  /** What the server ended it for, if it did. */
  ending?: WireErrorName | "dead";
}

class Endpoint implements ExplainEndpoint {
  readonly counts: SessionCounts = { frames: 0, explained: 0, dropped: 0, failed: 0 };
  readonly #peers = new Set<Peer>();
  readonly #server: WebSocketServer;
  readonly #pinging: NodeJS.Timeout;
  readonly #run = randomBytes(3).toString("hex");
  readonly #refusals: RefusalLog;
  #opened = 0;
  #closing = false;

  constructor(
    http: Server,
    private readonly options: ExplainEndpointOptions,
  ) {
    this.#refusals = new RefusalLog(options.log);
    const largest = Math.max(
      ...[...options.services.values()].map(({ hello }) => hello.limits.maxMessageBytes),
    );
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      handleProtocols: (offered) => offered.has(WIRE_SUBPROTOCOL) && WIRE_SUBPROTOCOL,
      // Moderately large messages get a named error; far larger ones end the connection before they are read (1009).
      maxPayload: 4 * largest,
    });
    http.on("upgrade", (request, socket, head) => {
      if (request.headers.upgrade?.toLowerCase() === "websocket") this.#upgrade(request, socket, head);
      else answerPlainly(http, request, socket as Socket);
    });
    this.#pinging = setInterval(() => this.#ping(), options.limits.pingSeconds * 1000);
    this.#pinging.unref();
  }

  get sessions(): number {
    return this.#peers.size;
  }

  get hasRoom(): boolean {
    return this.#peers.size < this.options.limits.sessions && !this.options.pace.full;
  }

  paceChanged(): void {
    const { leastMs } = this.options.pace;
    this.options.log.info({ leastMs, sessions: this.#peers.size }, "pace");
    for (const { session } of this.#peers) session.pace(leastMs);
  }

  packChanged(service: PackService): void {
    const text = `pack ${service.pack.name} was replaced by another version; connect again`;
    for (const peer of this.#peers) {
      if (peer.service === service) this.#fail(peer, new WireError("pack-changed", text, 1));
    }
  }

  get names(): readonly string[] {
    return [...this.#peers].map(({ name }) => name);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener a connection reset during the handshake would end the process.
    socket.on("error", () => socket.destroy());
    const denial = this.#denial(request, socket);
    if (denial) {
      this.#refusals.note(denial.kind, { ...this.#caller(request), ...denial }, "connection refused");
      this.options.observer.refused(denial.kind);
      refuse(socket, denial);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (open) => this.#open(open, request));
  }

  /** For the log: never the whole address of the request, where a token might stand by mistake. */
  #caller(request: IncomingMessage) {
    const { origin } = request.headers;
    return {
      peer: this.options.guard.origin.address(request),
      path: cut(pathOf(request)),
      ...(origin === undefined ? {} : { origin: cut(origin) }),
    };
  }

  /** Counted by its address before anything else, so that what is refused for other reasons is limited too. */
  #denial(request: IncomingMessage, socket: Duplex): Denial | undefined {
    const { guard } = this.options;
    const denial = guard.holdDenial(request, socket) ?? guard.connectionDenial(request);
    if (denial) return denial;
    if (!this.#serviceOf(request)) {
      const names = [...this.options.services.keys()].join(", ");
      const reason = `the WebSocket endpoint is ${EXPLAIN_PATH}, or ${EXPLAIN_PATH}/NAME for one of the packs ${names}`;
      return { status: 404, kind: "path", reason };
    }
    if (!this.options.explains) {
      return {
        status: 404,
        kind: "path",
        reason: "this server explains nothing: pages do it on their device",
      };
    }
    if (this.#closing) return { status: 503, kind: "shutting-down", reason: "the server is shutting down" };
    // Pages are told after the handshake: browsers keep the answer to a failed one to themselves.
    if (request.headers.origin !== undefined || guard.admits(request)) return undefined;
    return { status: 401, kind: "token", reason: UNAUTHORIZED };
  }

  #serviceOf(request: IncomingMessage): PackService | undefined {
    const path = pathOf(request);
    const { services } = this.options;
    if (path === EXPLAIN_PATH) return services.values().next().value;
    return path.startsWith(`${EXPLAIN_PATH}/`)
      ? services.get(path.slice(EXPLAIN_PATH.length + 1))
      : undefined;
  }

  #open(socket: WebSocket, request: IncomingMessage): void {
    const { scheduler, guard, observer, pace } = this.options;
    const service = this.#serviceOf(request)!;
    const { hello } = service;
    const name = `${this.#run}-${++this.#opened}`;
    const who = { session: name, peer: guard.origin.address(request) };
    const log = this.options.log.child(who);
    socket.on("error", (error) => log.info({ reason: error.message }, "connection error"));
    const address = guard.limitedBy(request);
    const refusal = this.#admission(request, address);
    if (refusal) {
      const { code, message: reason } = refusal.error;
      this.#refusals.note(refusal.kind, { ...who, code, reason }, "session refused");
      observer.refused(refusal.kind);
      this.#end(socket, refusal.error);
      return;
    }
    const session: Session = new Session({
      service,
      limits: hello.limits,
      scheduler,
      observer,
      now: () => performance.now(),
      send: (message) => this.#send(peer, message),
    });
    const peer: Peer = {
      socket,
      session,
      service,
      log,
      name,
      address,
      alive: true,
      heardAt: performance.now(),
    };
    this.#peers.add(peer);
    socket.on("pong", () => {
      peer.alive = true;
    });
    socket.on("message", (data, binary) => this.#message(peer, data as Buffer, binary));
    socket.on("close", (code) => this.#closed(peer, code));
    socket.send(encodeHello(hello));
    if (pace.leastMs > 0) session.pace(pace.leastMs);
    observer.sessionOpened(service.pack.name);
    const agent = cut(request.headers["user-agent"]);
    log.info({ sessions: this.#peers.size, agent }, "session opened");
  }

  /** Why there will be no session, or undefined when there is room and a place at its address was taken. */
  #admission(
    request: IncomingMessage,
    address: string | undefined,
  ): { kind: Refusal; error: WireError } | undefined {
    const { guard, limits } = this.options;
    if (!guard.admits(request)) return { kind: "token", error: new WireError("unauthorized", UNAUTHORIZED) };
    if (this.#peers.size >= limits.sessions) {
      const text = `all ${limits.sessions} places are taken; try again in ${RETRY_SECONDS} s`;
      return { kind: "server-full", error: new WireError("server-full", text, RETRY_SECONDS) };
    }
    if (this.options.pace.full) {
      const text = `those who are here take all the time there is; try again in ${RETRY_SECONDS} s`;
      return { kind: "overload", error: new WireError("server-full", text, RETRY_SECONDS) };
    }
    if (address !== undefined && !guard.addresses.openSession(address)) {
      const text = "your address has all the sessions that it may have; close one, or try again later";
      return { kind: "address-sessions", error: new WireError("server-full", text, RETRY_SECONDS) };
    }
    return undefined;
  }

  #message(peer: Peer, data: Buffer, binary: boolean): void {
    if (peer.socket.readyState !== peer.socket.OPEN) return;
    peer.heardAt = performance.now();
    const bytes = data.byteLength;
    this.options.observer.received(bytes);
    try {
      if (!binary) throw new WireError("malformed", "a text message; this protocol is binary");
      const { address } = peer;
      const excess = address && this.options.guard.addresses.excess(address, bytes);
      if (excess) throw new WireError("too-fast", `${excess} from your address`);
      peer.session.receive(data);
    } catch (error) {
      this.#fail(peer, error);
    }
  }

  #fail(peer: Peer, error: unknown): void {
    if (error instanceof WireError) {
      peer.ending = error.code;
      const reason = cut(error.message, LONGEST_REASON);
      peer.log.warn({ code: error.code, reason }, "session ended by an error of its client");
      this.#end(peer.socket, error);
    } else {
      peer.ending = "internal";
      peer.log.error({ err: error }, "session ended by an error of the server");
      this.#end(peer.socket, new WireError("internal", "the server made a mistake; its log has the details"));
    }
    this.#forget(peer);
  }

  /** The named error, then the close code that goes with it. */
  #end(socket: WebSocket, error: WireError): void {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(encodeError(error.code, error.message, 0, error.retrySeconds));
    socket.close(wireCloseCode(error.code) ?? 1011, error.code);
  }

  #send(peer: Peer, message: Uint8Array): void {
    const { socket } = peer;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > this.options.limits.unreadBytes) {
      // An error message would only join the queue of what is not read.
      const code: WireErrorName = "not-reading";
      peer.ending = code;
      peer.log.warn({ code, unread: socket.bufferedAmount }, "session ended: its client does not read");
      socket.close(wireCloseCode(code)!, code);
      socket.terminate();
      this.#forget(peer);
      return;
    }
    this.options.observer.sent(message.byteLength);
    socket.send(message);
  }

  #ping(): void {
    const idleMs = this.options.limits.idleSeconds * 1000;
    for (const peer of this.#peers) {
      if (!peer.alive) {
        peer.log.info("session ended: its client does not answer pings");
        peer.ending = "dead";
        peer.socket.terminate();
      } else if (performance.now() - peer.heardAt > idleMs) {
        this.#fail(peer, new WireError("idle", `nothing was sent for ${this.options.limits.idleSeconds} s`));
      } else {
        peer.alive = false;
        peer.socket.ping();
      }
    }
  }

  #closed(peer: Peer, closeCode: number): void {
    peer.log.info({ closeCode, ...peer.session.counts }, "session closed");
    this.#forget(peer);
  }

  #forget(peer: Peer): void {
    if (!this.#peers.delete(peer)) return;
    peer.session.close();
    if (peer.address !== undefined) this.options.guard.addresses.closeSession(peer.address);
    this.options.observer.sessionClosed(peer.service.pack.name, peer.ending ?? "closed");
    for (const key of Object.keys(this.counts) as (keyof SessionCounts)[]) {
      this.counts[key] += peer.session.counts[key];
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#pinging);
    for (const peer of this.#peers) peer.ending ??= "shutting-down";
    const sockets = [...this.#server.clients];
    const gone = Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve))),
    );
    for (const socket of sockets) {
      this.#end(socket, new WireError("shutting-down", "the server is shutting down"));
    }
    const patience = setTimeout(() => {
      for (const socket of sockets) socket.terminate();
    }, this.options.limits.goodbyeSeconds * 1000);
    await gone;
    clearTimeout(patience);
    this.#server.close();
    this.#refusals.flush();
  }
}

/** Clients that offer HTTP/2 on the side ("Upgrade: h2c") get what they asked for by HTTP/1.1, and a closed connection. */
function answerPlainly(http: Server, request: IncomingMessage, socket: Socket): void {
  socket.on("error", () => socket.destroy());
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  // The server has let go of the connection, and with it of telling when more may be written.
  socket.on("drain", () => response.emit("drain"));
  response.once("finish", () => socket.destroySoon());
  http.emit("request", request, response);
}

function refuse(socket: Duplex, { status, reason, retrySeconds }: Denial): void {
  const body = `${reason}\n`;
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  if (status === 401) headers.push("WWW-Authenticate: Bearer");
  if (retrySeconds !== undefined) headers.push(`Retry-After: ${retrySeconds}`);
  // Nobody else watches this connection: a client that keeps its end open would hold it, and a shutdown, for ever.
  socket.once("finish", () => socket.destroy());
  socket.end(`${headers.join("\r\n")}\r\n\r\n${body}`);
}

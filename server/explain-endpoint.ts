/** The WebSocket endpoint: sockets in and out of sessions, dead peers, slow readers, who may connect. */
import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { type WebSocket, WebSocketServer } from "ws";
import type { Pack } from "../models/pack.ts";
import { EXPLAIN_PATH, encodeError, encodeHello, type Hello } from "../protocol/wire.ts";
import { WireError, type WireErrorName, wireCloseCode } from "../protocol/wire-errors.ts";
import type { ServerLimits } from "./limits.ts";
import type { Scheduler } from "./scheduler.ts";
import { Session, type SessionCounts, type SessionJob } from "./session.ts";

export interface ExplainEndpointOptions {
  readonly pack: Pack;
  readonly hello: Hello;
  readonly limits: ServerLimits;
  readonly scheduler: Scheduler<Session, SessionJob>;
  /** Origins of pages from elsewhere that may connect, e.g. "https://example.org"; "*" is every page. */
  readonly allowedOrigins: readonly string[];
  readonly log: Logger;
}

export interface ExplainEndpoint {
  readonly sessions: number;
  /** Sums over all sessions so far. */
  readonly counts: Readonly<SessionCounts>;
  /** Tells every client that the server goes, and waits until they are gone. */
  close(): Promise<void>;
}

export function attachExplainEndpoint(http: Server, options: ExplainEndpointOptions): ExplainEndpoint {
  return new Endpoint(http, options);
}

interface Peer {
  readonly socket: WebSocket;
  readonly session: Session;
  readonly log: Logger;
  alive: boolean;
  heardAt: number;
}

class Endpoint implements ExplainEndpoint {
  readonly counts: SessionCounts = { frames: 0, explained: 0, dropped: 0, failed: 0 };
  readonly #peers = new Set<Peer>();
  readonly #server: WebSocketServer;
  readonly #hello: Uint8Array;
  readonly #pinging: NodeJS.Timeout;
  #opened = 0;
  #closing = false;

  constructor(
    http: Server,
    private readonly options: ExplainEndpointOptions,
  ) {
    this.#hello = encodeHello(options.hello);
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      // Moderately large messages get a named error; far larger ones end the connection before they are read (1009).
      maxPayload: 4 * options.hello.limits.maxMessageBytes,
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

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener a connection reset during the handshake would end the process.
    socket.on("error", () => socket.destroy());
    const refusal = this.#refusal(request);
    if (refusal) {
      this.options.log.warn(
        { url: request.url, origin: request.headers.origin, ...refusal },
        "connection refused",
      );
      refuse(socket, refusal.status, refusal.reason);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (open) => this.#open(open, request));
  }

  #refusal(request: IncomingMessage): { status: string; reason: string } | undefined {
    if ((request.url ?? "").split("?")[0] !== EXPLAIN_PATH) {
      return { status: "404 Not Found", reason: `the WebSocket endpoint is ${EXPLAIN_PATH}` };
    }
    if (this.#closing) return { status: "503 Service Unavailable", reason: "the server is shutting down" };
    if (this.#mayConnect(request)) return undefined;
    const reason = `pages of ${request.headers.origin} may not connect; the server's --allow-origin can let them`;
    return { status: "403 Forbidden", reason };
  }

  /** Pages may connect from where they were served; programs, which send no origin, from anywhere. */
  #mayConnect({ headers }: IncomingMessage): boolean {
    const { origin, host } = headers;
    if (origin === undefined) return true;
    const { allowedOrigins } = this.options;
    if (allowedOrigins.includes("*") || allowedOrigins.includes(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }

  #open(socket: WebSocket, request: IncomingMessage): void {
    socket.binaryType = "arraybuffer";
    const number = ++this.#opened;
    const log = this.options.log.child({ session: number, peer: request.socket.remoteAddress });
    socket.on("error", (error) => log.info({ reason: error.message }, "connection error"));
    if (this.#peers.size >= this.options.limits.sessions) {
      log.warn({ sessions: this.#peers.size }, "refused: the server is full");
      const text = `all ${this.options.limits.sessions} places are taken; try again later`;
      this.#end(socket, new WireError("server-full", text));
      return;
    }
    const { pack, hello, scheduler } = this.options;
    const session: Session = new Session({
      pack,
      limits: hello.limits,
      scheduler,
      now: () => performance.now(),
      send: (message) => this.#send(peer, message),
    });
    const peer: Peer = { socket, session, log, alive: true, heardAt: performance.now() };
    this.#peers.add(peer);
    socket.on("pong", () => {
      peer.alive = true;
    });
    socket.on("message", (data, binary) => this.#message(peer, data as ArrayBuffer, binary));
    socket.on("close", (code) => this.#closed(peer, code));
    socket.send(this.#hello);
    log.info({ sessions: this.#peers.size, agent: request.headers["user-agent"] }, "session opened");
  }

  #message(peer: Peer, data: ArrayBuffer | string, binary: boolean): void {
    if (peer.socket.readyState !== peer.socket.OPEN) return;
    peer.heardAt = performance.now();
    try {
      if (!binary) throw new WireError("malformed", "a text message; this protocol is binary");
      peer.session.receive(data as ArrayBuffer);
    } catch (error) {
      this.#fail(peer, error);
    }
  }

  #fail(peer: Peer, error: unknown): void {
    if (error instanceof WireError) {
      peer.log.warn({ code: error.code, reason: error.message }, "session ended by an error of its client");
      this.#end(peer.socket, error);
    } else {
      peer.log.error({ err: error }, "session ended by an error of the server");
      this.#end(peer.socket, new WireError("internal", "the server made a mistake; its log has the details"));
    }
    this.#forget(peer);
  }

  /** The named error, then the close code that goes with it. */
  #end(socket: WebSocket, error: WireError): void {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(encodeError(error.code, error.message));
    socket.close(wireCloseCode(error.code) ?? 1011, error.code);
  }

  #send(peer: Peer, message: Uint8Array): void {
    const { socket } = peer;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > this.options.limits.unreadBytes) {
      // An error message would only join the queue of what is not read.
      const code: WireErrorName = "not-reading";
      peer.log.warn({ code, unread: socket.bufferedAmount }, "session ended: its client does not read");
      socket.close(wireCloseCode(code)!, code);
      socket.terminate();
      this.#forget(peer);
      return;
    }
    socket.send(message);
  }

  #ping(): void {
    const idleMs = this.options.limits.idleSeconds * 1000;
    for (const peer of this.#peers) {
      if (!peer.alive) {
        peer.log.info("session ended: its client does not answer pings");
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
    for (const key of Object.keys(this.counts) as (keyof SessionCounts)[]) {
      this.counts[key] += peer.session.counts[key];
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#pinging);
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

function refuse(socket: Duplex, status: string, reason: string): void {
  const body = `${reason}\n`;
  // Nobody else watches this connection: a client that keeps its end open would hold it, and a shutdown, for ever.
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Sockets of a server: TLS or not, how many connections and for how long, and a port of its own. */
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { limitedAs } from "./client-origin.ts";
import type { ConnectionShare, ShareRule } from "./connection-share.ts";
import { plainAddress } from "./forwarded.ts";
import { LEAST_DOWNLOAD, LEAST_UPLOAD, SWEEP_MS } from "./slow-transfers.ts";
import { readTlsFiles, type TlsFiles } from "./tls.ts";

export interface ConnectionOptions {
  /** Default: no TLS. */
  readonly tls?: TlsFiles | undefined;
  /** HTTP and WebSocket connections at the same time. Default 1,024. */
  readonly connections?: number | undefined;
  /** What one address may have of them when they run short; behind trusted proxies, what one of their clients may. */
  readonly connectionShare?: Partial<ShareRule> | undefined;
  readonly patience?: Partial<Patience> | undefined;
}

/** How long clients may take over HTTP, in milliseconds. */
interface Patience {
  /** Until all headers of a request are there. Default 10 s. */
  readonly headersMs: number;
  /** Until the whole request is there. Default 30 s. */
  readonly requestMs: number;
  /** Without a byte moving in either direction; WebSockets have pings instead. Default 30 s. */
  readonly stillMs: number;
  /** Until so much of an answer is read as `LEAST_DOWNLOAD` says. Default 30 s. */
  readonly downloadMs: number;
  /** Until so much of a body is there as `LEAST_UPLOAD` says. Default 10 s. */
  readonly uploadMs: number;
  /** How often all but the third are looked at. Default 5 s. */
  readonly checkMs: number;
}

export const MOST_CONNECTIONS = 1_024;
const KEEP_ALIVE_MS = 5_000;
export const PATIENCE: Patience = {
  headersMs: 10_000,
  requestMs: 30_000,
  stillMs: 30_000,
  downloadMs: LEAST_DOWNLOAD.patienceMs,
  uploadMs: LEAST_UPLOAD.patienceMs,
  checkMs: SWEEP_MS,
};

/** @throws Error when a certificate cannot be used. */
export async function createHttp(options: ConnectionOptions, answer: RequestListener): Promise<Server> {
  const { headersMs, requestMs, stillMs, checkMs } = { ...PATIENCE, ...options.patience };
  const times = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkMs,
  };
  const { tls } = options;
  const http = tls
    ? createTlsServer(
        // A handshake is a part of what comes before the headers; Node would wait two minutes for it.
        { ...times, ...(await readTlsFiles(tls)), minVersion: "TLSv1.2", handshakeTimeout: headersMs },
        answer,
      )
    : createServer(times, answer);
  http.timeout = stillMs;
  http.maxConnections = options.connections ?? MOST_CONNECTIONS;
  // Nothing can be answered before there is TLS: it would wait for the rest of the handshake, and so would we.
  http.prependListener("tlsClientError", (_error, socket: Socket) => void socket.destroy());
  http.on("clientError", answerNonsense);
  return http;
}

export async function renewCertificate(http: Server, tls: TlsFiles): Promise<void> {
  (http as TlsServer).setSecureContext(await readTlsFiles(tls));
}

/** @param onRefused called for each connection that is closed because its address has its share, or there is none left. */
export function shareConnections(http: Server, share: ConnectionShare, onRefused: () => void): void {
  http.on("drop", onRefused);
  // Before anything else hears of it, a TLS handshake included.
  http.prependListener("connection", (socket: Socket) => {
    const address = limitedAs(plainAddress(socket.remoteAddress ?? ""));
    if (!share.take(address)) {
      onRefused();
      socket.destroy();
      return;
    }
    socket.once("close", () => share.give(address));
  });
}

/** @throws the system's error with its `code` ("EADDRINUSE", "EACCES", ...) and a sentence that says what to do. */
export function listen(http: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(plainer(error, host, port));
    http.once("error", failed);
    http.listen(port, host, () => {
      http.off("error", failed);
      resolve();
    });
  });
}

/** As it stands in addresses: "127.0.0.1:8080", "[::1]:8080". */
export function addressOf(http: Server): string {
  const { address, port } = http.address() as AddressInfo;
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function plainer(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const sentences: Record<string, string> = {
    EADDRINUSE:
      `port ${port} of ${host} is taken by another program: ` +
      "stop that one, or choose another port with --port (0 takes any free one)",
    EACCES: `port ${port} of ${host} is not allowed to this user: choose one from 1024 on with --port`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: use --host 127.0.0.1, or 0.0.0.0 for all`,
    ENOTFOUND: `there is no host "${host}": use --host 127.0.0.1, or 0.0.0.0 for all`,
    EAI_AGAIN: `the host "${host}" cannot be looked up: use --host 127.0.0.1, or 0.0.0.0 for all`,
  };
  const sentence = sentences[error.code ?? ""];
  if (sentence === undefined) return error;
  return Object.assign(new Error(sentence, { cause: error }), { code: error.code });
}

function answerNonsense(error: NodeJS.ErrnoException, socket: Duplex): void {
  const late = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
  // Browsers open connections before they need them. An answer to nothing would be taken for that of the next request.
  if (!socket.writable || (late && (socket as Socket).bytesRead === 0)) return void socket.destroy();
  const status = late ? "408 Request Timeout" : "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
}

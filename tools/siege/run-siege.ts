/**
 * One client against all others: a server in a process of its own, one address that takes all connections it can get and
 * has handshakes refused as fast as it can, and another address that only asks for the page's state.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { get } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Addresses of this machine that are not each other's; Linux has all of 127.0.0.0/8. */
const GREEDY = "127.0.0.2";
const OTHER = "127.0.0.3";
/** Twelve kilobytes of what a client may write itself: in the path, and in its origin. */
const LONG = "x".repeat(6_000);

interface SiegeOptions {
  /** The command without Node. */
  readonly script: readonly string[];
  /** Folder of the pack. */
  readonly pack: string;
  readonly connections: number;
  readonly requests: number;
  readonly handshakes: number;
}

export interface SiegeReport {
  /** What the greedy one tried to open, and what it got. */
  readonly connections: { readonly tried: number; readonly held: number };
  /** Of the other address, meanwhile. */
  readonly requests: { readonly asked: number; readonly answered: number };
  /** Refused ones, and what they left in the log. */
  readonly handshakes: {
    readonly refused: number;
    readonly seconds: number;
    readonly logBytes: number;
    readonly logLines: number;
  };
  /** Whether the server ended well when it was told to stop. */
  readonly status: number | null;
}

export async function runSiege(options: SiegeOptions): Promise<SiegeReport> {
  const folder = await mkdtemp(join(tmpdir(), "listenable-siege-"));
  const log = join(folder, "log");
  const file = openSync(log, "w");
  const words = [
    "serve",
    "--pack",
    options.pack,
    "--no-page",
    "--port",
    "0",
    "--json",
    "--log-level",
    "info",
  ];
  const child = spawn(process.execPath, [...options.script, ...words], { stdio: ["ignore", "pipe", file] });
  closeSync(file);
  try {
    const [line] = (await once(child.stdout!, "data")) as [Buffer];
    const { port } = JSON.parse(String(line)) as { port: number };
    const sockets = await holdAll(port, options.connections);
    let answered = 0;
    for (let k = 0; k < options.requests; k++) if (await isAnswered(port)) answered++;
    // By now it has been heard here too which of them the server closed.
    const held = sockets.filter((socket) => !socket.destroyed).length;
    for (const socket of sockets) socket.destroy();
    const before = statSync(log).size;
    const started = performance.now();
    let refused = 0;
    for (let k = 0; k < options.handshakes; k++) if (await isRefused(port)) refused++;
    const seconds = (performance.now() - started) / 1000;
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    const [status] = (await exit) as [number | null];
    const written = (await readFile(log)).subarray(before);
    return {
      connections: { tried: options.connections, held },
      requests: { asked: options.requests, answered },
      handshakes: {
        refused,
        seconds,
        logBytes: written.length,
        logLines: String(written).split("\n").length - 1,
      },
      status,
    };
  } finally {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true });
  }
}

/** Some with nothing, some with half a request, some that have been answered. */
async function holdAll(port: number, count: number): Promise<Socket[]> {
  const texts = [
    "",
    "GET /healthz HTTP/1.1\r\nHost: loc",
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
  ];
  const sockets: Socket[] = [];
  for (let k = 0; k < count; k++) {
    const socket = await socketFrom(port, GREEDY);
    socket.write(texts[k % texts.length]);
    sockets.push(socket.resume());
  }
  // A last one that the server has closed shows that it is done with those before.
  await isAnswered(port);
  return sockets;
}

async function socketFrom(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => {});
  await Promise.race([once(socket, "connect"), once(socket, "close")]);
  return socket;
}

function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const to = { port, host: "127.0.0.1", localAddress: OTHER, path: "/healthz", agent: false };
    get(to, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
    }).on("error", () => resolve(false));
  });
}

async function isRefused(port: number): Promise<boolean> {
  const socket = await socketFrom(port, GREEDY);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  const closed = once(socket, "close");
  socket.write(
    `GET /${LONG} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: http://${LONG}\r\nConnection: Upgrade\r\n` +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await closed;
  return /^HTTP\/1\.1 4\d\d /.test(answer);
}

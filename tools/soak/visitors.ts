/**
 * The others: clients that leave, stall, send garbage or vanish. Each `visit` resolves when the client is gone, with how
 * it ended; none of them may ever harm a neighbour.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { encodeBlocks, encodeExplain, encodeFrames, encodeStart, type Hello } from "../../protocol/wire.ts";
import type { AnswerCheck } from "./mask-check.ts";
import { SteadyClient } from "./steady-client.ts";

export interface Visit {
  readonly explainUrl: string;
  readonly hello: Hello;
  /** By which the visitor is known to come from where it does. */
  readonly headers: Readonly<Record<string, string>>;
  /** Seeded numbers in [0, 1). */
  readonly random: () => number;
  /** Aborted when the run is over. */
  readonly signal: AbortSignal;
  /** Looks at what those are answered who listen for a while: nothing may be left of others who were in their place. */
  readonly check: AnswerCheck;
}

type Visitor = (visit: Visit) => Promise<string>;

/** By name, as the report counts them. */
export const VISITORS: Readonly<Record<string, Visitor>> = {
  leaves: leave,
  "stops reading": stopReading,
  "stops sending": stopSending,
  "sends garbage": sendGarbage,
  vanishes: vanish,
};

/** A pause that ends early when the run does. */
async function pause(visit: Visit, leastMs: number, mostMs: number): Promise<void> {
  const ms = leastMs + visit.random() * (mostMs - leastMs);
  await wait(ms, undefined, { signal: visit.signal }).catch(() => {});
}

/** Joins, asks in real time, and leaves in the middle of it. */
async function leave(visit: Visit): Promise<string> {
  const client = await SteadyClient.join({
    url: visit.explainUrl,
    offset: Math.floor(visit.random() * 1000),
    headers: visit.headers,
    check: visit.check,
  });
  if (typeof client === "string") return client;
  await pause(visit, 500, 8_000);
  const reason = client.ended ?? "left";
  await client.leave();
  return reason;
}

/** Asks for window after window and never takes an answer from the socket. */
async function stopReading(visit: Visit): Promise<string> {
  const client = await Client.open(visit);
  const questions = new Questions(visit);
  client.socket.send(encodeStart());
  client.socket.pause();
  const asking = setInterval(() => {
    for (const message of questions.next(MANY_BLOCKS)) client.socket.send(message);
  }, 40);
  await Promise.race([pause(visit, 4_000, 20_000), client.ended]);
  clearInterval(asking);
  return client.cut();
}

/** Half a handshake, or half a message, and then nothing. */
async function stopSending(visit: Visit): Promise<string> {
  const { hostname, port } = new URL(visit.explainUrl);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.resume();
  const closed = once(socket, "close").then(() => "cut off");
  await Promise.race([once(socket, "connect"), closed]);
  const headers = Object.entries(visit.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const handshake =
    `GET /explain HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    headers.join("") +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  if (visit.random() < 0.5) {
    socket.write(handshake.slice(0, Math.floor(visit.random() * handshake.length)));
  } else {
    // A masked binary message that claims 60,000 bytes and brings 100.
    socket.write(handshake);
    socket.write(Buffer.from([0x82, 0xfe, 0xea, 0x60, 1, 2, 3, 4, ...new Array(100).fill(0x11)]));
  }
  const ending = await Promise.race([pause(visit, 2_000, 15_000).then(() => "gave up"), closed]);
  socket.destroy();
  return ending;
}

/** Something that may be nearly right, and is not. */
async function sendGarbage(visit: Visit): Promise<string> {
  const client = await Client.open(visit);
  const { random } = visit;
  const good = [encodeStart(), ...new Questions(visit).next()];
  for (let n = 0; n < 200 && client.open; n++) {
    const message = good[Math.min(n, Math.floor(random() * good.length))].slice();
    if (random() < 0.3) {
      for (let changes = 1 + random() * 4; changes > 0; changes--) {
        message[Math.floor(random() * Math.min(24, message.length))] = random() * 256;
      }
    }
    const cut = random() < 0.1 ? Math.floor(random() * message.length) : message.length;
    client.socket.send(random() < 0.02 ? "words" : message.subarray(0, cut));
    await wait(5 + random() * 20);
  }
  if (client.open && random() < 0.5) client.socket.send(new Uint8Array(3_000_000));
  await Promise.race([pause(visit, 100, 500), client.ended]);
  return client.cut();
}

/** A client in the middle of its stream, whose process is killed. */
async function vanish(visit: Visit): Promise<string> {
  const script = fileURLToPath(new URL("./replaying-client.mjs", import.meta.url));
  const child = fork(script, { serialization: "advanced", execArgv: [], stdio: "ignore" });
  const exited = once(child, "exit");
  const questions = new Questions(visit);
  const messages = [encodeStart()];
  for (let n = 0; n < 40; n++) messages.push(...questions.next());
  child.send({ url: visit.explainUrl, headers: visit.headers, messages });
  await Promise.race([once(child, "message"), exited]);
  await pause(visit, 300, 5_000);
  child.kill("SIGKILL");
  await exited;
  return "killed";
}

/** Twelve times as many blocks as come in real time, so that answers that nobody reads soon are many. */
const MANY_BLOCKS = 16;
/** New frames of each window but the first. */
const FRESH_FRAMES = 5;

/** Messages of noise that ask about window after window, or block after block. */
class Questions {
  #asked = 0;
  /** The frame after the last one sent. */
  #to = 0;

  constructor(private readonly visit: Visit) {}

  next(blocks = 1): Uint8Array[] {
    const { windowFrames, streaming, stft } = this.visit.hello.pack;
    const request = ++this.#asked;
    const from = this.#to;
    if (streaming) {
      this.#to += blocks * windowFrames;
      return [encodeBlocks(request, from, stft.bins, this.#noise(blocks * windowFrames))];
    }
    const fresh = request === 1 ? windowFrames : FRESH_FRAMES;
    this.#to += fresh;
    return [
      encodeFrames(from, stft.bins, this.#noise(fresh)),
      encodeExplain(request, this.#to - windowFrames),
    ];
  }

  #noise(frames: number): Uint8Array {
    // Some number of the generator's, spread: drawing each value would cost more than sending it.
    const start = Math.floor(this.visit.random() * 256);
    const length = frames * this.visit.hello.pack.stft.bins;
    return Uint8Array.from({ length }, (_, i) => (start + i * 37) & 0xff);
  }
}

/** A socket without manners. */
class Client {
  readonly ended: Promise<string>;

  private constructor(readonly socket: WebSocket) {
    socket.on("error", () => {});
    this.ended = new Promise((resolve) => {
      socket.on("close", (code, reason) => resolve(reason.toString() || `code ${code}`));
    });
  }

  static async open({ explainUrl, headers }: Visit): Promise<Client> {
    const client = new Client(new WebSocket(explainUrl, { headers }));
    await Promise.race([once(client.socket, "open"), client.ended]);
    return client;
  }

  get open(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Ends it without a word; resolves to how it ended. */
  async cut(): Promise<string> {
    if (this.open) {
      this.socket.terminate();
      await this.ended;
      return "cut by itself";
    }
    return this.ended;
  }
}

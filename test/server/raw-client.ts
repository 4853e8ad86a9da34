// A client that can say anything: what a well-behaved RemoteEngine never would.
import { once } from "node:events";
import { type ClientOptions, WebSocket } from "ws";
import {
  decodeServerMessage,
  encodeExplain,
  encodeFrames,
  encodeStart,
  type ServerMessage,
} from "../../protocol/wire.ts";

export const FRAMES = 128;
export const BINS = 257;

export interface Ending {
  readonly code: number;
  readonly reason: string;
}

export class RawClient {
  readonly received: ServerMessage[] = [];
  readonly ended: Promise<Ending>;
  #arrived: () => void = () => {};

  private constructor(readonly socket: WebSocket) {
    socket.binaryType = "arraybuffer";
    socket.on("message", (data) => {
      this.received.push(decodeServerMessage(data as ArrayBuffer));
      this.#arrived();
    });
    socket.on("error", () => {});
    this.ended = new Promise((resolve) => {
      socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  static async open(url: string, options: ClientOptions = {}): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url, options));
    await once(client.socket, "open");
    await client.next("hello", "error");
    return client;
  }

  send(...messages: (Uint8Array | string)[]): this {
    for (const message of messages) this.socket.send(message);
    return this;
  }

  /** The next message of one of the types; those of other types before it are passed over. */
  async next<T extends ServerMessage["type"]>(...types: T[]): Promise<ServerMessage & { type: T }> {
    for (;;) {
      const message = this.received.shift();
      if (!message) {
        const more = new Promise<void>((resolve) => {
          this.#arrived = resolve;
        });
        const gone = this.ended.then(({ code, reason }) => {
          if (this.received.length === 0) throw new Error(`closed with ${code} "${reason}" before ${types}`);
        });
        await Promise.race([more, gone]);
      } else if ((types as string[]).includes(message.type)) {
        return message as ServerMessage & { type: T };
      }
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.ended;
  }
}

/** Frames with level 1 (log-magnitude) in one bin, as a message. */
export function frames(first: number, count = FRAMES, bin = 30): Uint8Array {
  const levels = new Uint16Array(count * BINS);
  for (let t = 0; t < count; t++) levels[t * BINS + bin] = 0x3c00;
  return encodeFrames(first, BINS, levels);
}

export { encodeExplain as explain, encodeStart as start };

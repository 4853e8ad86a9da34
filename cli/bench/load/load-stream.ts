/** One real-time stream on the wire: a socket, its frames and what became of each window. */
import { WebSocket } from "ws";
import { longestDelay } from "../../../client/live/session/stream-plan.ts";
import type { Pack } from "../../../models/pack/pack.ts";
import { withoutSecrets } from "../../../protocol/shown-address.ts";
import {
  decodeServerMessage,
  type ExplanationMessage,
  encodeExplain,
  encodeStart,
  type Hello,
  type ServerMessage,
} from "../../../protocol/wire.ts";
import { wireErrorOfClose } from "../../../protocol/wire-errors.ts";
import type { LoadSound } from "./load-sound.ts";

/** What became of a window. Times in milliseconds. */
export type Outcome =
  | {
      readonly kind: "answered";
      readonly serverMs: number;
      readonly inferenceMs: number;
      /** Of streaming packs: heard without memory of what came before. */
      readonly begins: boolean;
    }
  | { readonly kind: "dropped" }
  | { readonly kind: "failed" };

interface LoadStreamOptions {
  readonly url: string;
  readonly method?: string | undefined;
  /** Called when a window's outcome is known, with the moment that it was due at. */
  readonly settled: (due: number, outcome: Outcome) => void;
  /** Called with every answer before it is settled. */
  readonly answered?: ((explanation: ExplanationMessage) => void) | undefined;
  /** Of the handshake. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const CONNECT_MS = 20_000;

/** The mask frames that a page asks for: older ones have gone out in any of its settings. */
export function liveMaskFrames({ sampleRate, stft }: Pick<Pack, "sampleRate" | "stft">): number {
  return longestDelay({ ...stft, sampleRate, phases: false }, sampleRate);
}

export class LoadStream {
  /** Windows without an outcome: request to the moment they were due at. */
  readonly waiting = new Map<number, number>();
  /** Why the server or the network ended it; undefined as long as it is well. */
  ended: string | undefined;
  #sound: LoadSound | undefined;
  #offset = 0;
  #sentTo = 0;
  #requests = 0;
  #closing = false;

  private constructor(
    readonly hello: Hello,
    private readonly socket: WebSocket,
    private readonly options: LoadStreamOptions,
  ) {}

  /** @returns the stream, or the name of the reason why the server does not want it. */
  static connect(options: LoadStreamOptions): Promise<LoadStream | string> {
    return new Promise((resolve) => {
      const socket = new WebSocket(options.url, {
        perMessageDeflate: false,
        handshakeTimeout: CONNECT_MS,
        headers: options.headers,
      });
      socket.binaryType = "arraybuffer";
      let stream: LoadStream | undefined;
      let reason: string | undefined;
      socket.on("unexpected-response", (_request, response) => {
        reason = `HTTP ${response.statusCode}`;
        socket.terminate();
      });
      socket.on("error", (error: NodeJS.ErrnoException) => {
        reason ??= error.code ?? withoutSecrets(error.message, [options.url]);
      });
      socket.on("close", (code) => {
        reason = wireErrorOfClose(code) ?? reason ?? `close code ${code}`;
        if (stream) stream.#end(reason);
        else resolve(reason);
      });
      socket.on("message", (data) => {
        const message = decodeServerMessage(data as ArrayBuffer);
        if (stream) stream.#message(message);
        else if (message.type === "hello") {
          stream = new LoadStream(message.hello, socket, options);
          resolve(stream);
        } else if (message.type === "error") reason = message.code;
      });
    });
  }

  /** Sends the start and, where windows are heard, a first one of frames; the sound is taken from frame `offset` on. */
  begin(sound: LoadSound, offset: number): void {
    const { windowFrames, streaming } = this.hello.pack;
    this.#sound = sound;
    this.#offset = offset;
    this.socket.send(encodeStart(this.options.method, -1, liveMaskFrames(this.hello.pack)));
    if (streaming) return;
    this.socket.send(sound.message(0, offset, windowFrames));
    this.#sentTo = windowFrames;
  }

  /**
   * Sends the frames up to `lastFrame` (exclusive) that are new, and asks for the window that ends there; of a streaming pack
   * the whole blocks among them.
   *
   * @returns whether there was anything to ask about.
   */
  ask(due: number, lastFrame: number): boolean {
    if (this.ended !== undefined || this.#sound === undefined) return false;
    const { windowFrames, streaming } = this.hello.pack;
    if (streaming) {
      const to = this.#blocksTo(lastFrame);
      if (to <= this.#sentTo) return false;
      this.#askBlocks(due, to);
      return true;
    }
    const fresh = lastFrame - this.#sentTo;
    if (fresh > 0) {
      this.socket.send(this.#sound.message(this.#sentTo, this.#offset + this.#sentTo, fresh));
      this.#sentTo = lastFrame;
    }
    const request = ++this.#requests;
    this.waiting.set(request, due);
    this.socket.send(encodeExplain(request, lastFrame - windowFrames));
    return true;
  }

  /** Of a streaming pack: what was not sent of the whole blocks up to `lastFrame` (exclusive) will never be. */
  leaveOut(lastFrame: number): void {
    this.#sentTo = Math.max(this.#sentTo, this.#blocksTo(lastFrame));
  }

  #blocksTo(lastFrame: number): number {
    const { windowFrames } = this.hello.pack;
    return windowFrames * Math.floor(lastFrame / windowFrames);
  }

  #askBlocks(due: number, to: number): void {
    const request = ++this.#requests;
    const from = this.#sentTo;
    this.waiting.set(request, due);
    this.socket.send(this.#sound!.blocks(request, from, this.#offset + from, to - from));
    this.#sentTo = to;
  }

  close(): Promise<void> {
    this.#closing = true;
    if (this.socket.readyState === WebSocket.CLOSED) return Promise.resolve();
    const closed = new Promise<void>((resolve) => this.socket.once("close", () => resolve()));
    this.socket.close(1000);
    return closed;
  }

  #message(message: ServerMessage): void {
    switch (message.type) {
      case "explanation":
        this.options.answered?.(message);
        this.#settle(message.request, {
          kind: "answered",
          serverMs: message.serverMs,
          inferenceMs: message.inferenceMs,
          begins: message.begins,
        });
        break;
      case "dropped":
        this.#settle(message.request, { kind: "dropped" });
        break;
      case "error":
        if (message.request !== 0) this.#settle(message.request, { kind: "failed" });
    }
  }

  #settle(request: number, outcome: Outcome): void {
    const due = this.waiting.get(request);
    if (due === undefined) return;
    this.waiting.delete(request);
    this.options.settled(due, outcome);
  }

  #end(reason: string): void {
    if (!this.#closing) this.ended = reason;
  }
}

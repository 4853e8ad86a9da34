/**
 * The engine that asks a server over a WebSocket, from a browser or from Node. Only frames that the server has not seen
 * are sent; masks come back in 8 bits. It does not reconnect: a lost engine stays lost and its owner opens another, which
 * remembers nothing of what that one heard.
 */
import { localOnlyReason } from "../../../protocol/audio-shape.ts";
import { type Engine, EngineError, type Explanation, type SpectralWindow } from "../../../protocol/engine.ts";
import { shownEndpoint } from "../../../protocol/shown-address.ts";
import {
  decodeServerMessage,
  type ErrorMessage,
  type ExplanationMessage,
  encodeStart,
  type Hello,
  type ServerMessage,
} from "../../../protocol/wire.ts";
import { subprotocolsFor } from "../../../protocol/wire-access.ts";
import { WireError, wireErrorOfClose } from "../../../protocol/wire-errors.ts";
import { decodeMask, type Encoding } from "../../../protocol/wire-levels.ts";
import { type SentFrames, sentFrames } from "./sent-frames.ts";
import { warmingUp } from "./warming-server.ts";

export interface RemoteEngineOptions {
  /** "ws://host:8080/explain" or "wss://...". */
  readonly url: string;
  /** Method of the server's pack; its default one when absent. */
  readonly method?: string | undefined;
  /** What a server that asks for one wants to see. It is named in the handshake, never in an address. */
  readonly token?: string | undefined;
  /** Class to explain, for methods that take one; -1 or absent is the winning class. */
  readonly target?: number;
  /** Masks of so many of a window's newest frames will do; of all without. */
  readonly newestFrames?: number;
  /** The pack that answers will be read with; a server that explains with another one is refused. Default: any. */
  readonly pack?: { readonly name: string; readonly version: string };
  /** Default "float16-log1p"; "uint8-log1p" halves what is sent. */
  readonly encoding?: Encoding;
  /** From the call to the server's hello. Default 5 s. */
  readonly connectTimeoutMs?: number;
  /** From a window to its answer. Default 5 s. */
  readonly explainTimeoutMs?: number;
  /** The WebSocket class. Default: the platform's own; Node before 22 has none, so give it that of `ws`. */
  readonly WebSocket?: WebSocketClass;
}

/** The part of the standard WebSocket that is used here; that of `ws` has it too. */
interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike;

/** Where the time of the newest window went, in milliseconds. */
interface RemoteTiming {
  /** From `explain` to its answer. */
  readonly roundTripMs: number;
  /** Of that, spent in the server: waiting for its turn and running the model. */
  readonly serverMs: number;
  readonly inferenceMs: number;
}

interface Waiting {
  readonly request: number;
  readonly resolve: (answer: ExplanationMessage) => void;
  readonly reject: (error: EngineError) => void;
}

export class RemoteEngine implements Engine {
  readonly kind = "remote";
  readonly description: string;
  #socket: WebSocketLike;
  #waiting: Waiting | undefined;
  /** Why the engine can no longer be used. */
  #ended: EngineError | undefined;
  #timing: RemoteTiming | undefined;
  #droppedByServer = 0;
  #leastMs = 0;
  #requests = 0;
  readonly #sent: SentFrames;

  private constructor(
    socket: WebSocketLike,
    /** The server's pack, limits and backend. */
    readonly server: Hello,
    private readonly options: RemoteEngineOptions,
  ) {
    this.#socket = socket;
    this.description = `${shownEndpoint(options.url)}, ${server.backend}`;
    this.#sent = sentFrames(server, options);
    socket.onmessage = ({ data }) => this.#message(data);
    socket.onclose = ({ code, reason }) => this.#fail(closeError(shownEndpoint(options.url), code, reason));
    socket.onerror = () => {};
    this.#start();
  }

  /**
   * Connects and waits for the server's hello.
   *
   * @throws EngineError "lost" when nobody answers there (a `WarmingError` when the server is warming up), "refused" when the server does not want or understand this
   *   client, lacks the method or has another pack, "timeout".
   */
  static async connect(options: RemoteEngineOptions): Promise<RemoteEngine> {
    return connect(options, (socket, hello) => {
      const { name, version, methods } = hello.pack;
      const { pack } = options;
      if (pack && (pack.name !== name || pack.version !== version)) {
        throw new EngineError(
          "refused",
          `${shownEndpoint(options.url)} explains with pack ${name} ${version}, and not with ${pack.name} ${pack.version}`,
        );
      }
      if (hello.pack.phases)
        throw new EngineError("refused", `${shownEndpoint(options.url)}: ${localOnlyReason(name)}`);
      if (options.method !== undefined && !methods.some((each) => each.name === options.method)) {
        const known = methods.map((each) => each.name).join(", ");
        throw new EngineError(
          "refused",
          `pack ${name} of ${shownEndpoint(options.url)} has no method "${options.method}"; it has: ${known}`,
        );
      }
      return new RemoteEngine(socket, hello, options);
    }).catch(async (error: EngineError) => {
      const lost = error.code === "lost";
      throw (lost && (await warmingUp(options.url, shownEndpoint(options.url)))) || error;
    });
  }

  /** Of the newest answered window; undefined before the first. */
  get timing(): RemoteTiming | undefined {
    return this.#timing;
  }

  /** What the server asks to lie between two windows at least, in milliseconds; 0 while it has enough time for all. */
  get leastMs(): number {
    return this.#leastMs;
  }

  /** Windows that the server displaced by newer ones so far. */
  get droppedByServer(): number {
    return this.#droppedByServer;
  }

  async explain(window: SpectralWindow): Promise<Explanation> {
    if (this.#ended) throw this.#ended;
    if (this.#waiting) throw new EngineError("busy", "the remote engine is still at the window before");
    const asked = performance.now();
    const answer = await this.#ask(window).catch((error: unknown) => {
      this.#sent.failed();
      throw error;
    });
    this.#timing = {
      roundTripMs: performance.now() - asked,
      serverMs: answer.serverMs,
      inferenceMs: answer.inferenceMs,
    };
    return {
      firstFrame: answer.firstFrame,
      probabilities: answer.probabilities,
      mask: decodeMask(answer.mask),
      inferenceMs: answer.inferenceMs,
      ...this.#sent.extras(answer),
    };
  }

  /** A window in flight is rejected as "closed". */
  async close(): Promise<void> {
    this.#fail(new EngineError("closed", "the remote engine was closed"));
  }

  #start(): void {
    const { method, target, newestFrames = 0 } = this.options;
    this.#socket.send(encodeStart(method, target, newestFrames) as Uint8Array<ArrayBuffer>);
  }

  async #ask(window: SpectralWindow): Promise<ExplanationMessage> {
    this.#sent.check(window);
    this.#requests = (this.#requests % 0xffff_ffff) + 1;
    const request = this.#requests;
    for (const message of this.#sent.ask(window, request, () => this.#start())) {
      this.#socket.send(message as Uint8Array<ArrayBuffer>);
    }
    return new Promise((resolve, reject) => {
      const limit = this.options.explainTimeoutMs ?? 5_000;
      const overdue = setTimeout(() => {
        this.#waiting = undefined;
        reject(
          new EngineError("timeout", `${shownEndpoint(this.options.url)} gave no answer within ${limit} ms`),
        );
      }, limit);
      this.#waiting = {
        request,
        resolve: (answer) => {
          clearTimeout(overdue);
          this.#waiting = undefined;
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(overdue);
          this.#waiting = undefined;
          reject(error);
        },
      };
    });
  }

  #message(data: unknown): void {
    let message: ServerMessage;
    try {
      message = decode(data);
    } catch (error) {
      this.#fail(
        new EngineError(
          "failed",
          `${shownEndpoint(this.options.url)} sent nonsense: ${(error as Error).message}`,
        ),
      );
      return;
    }
    switch (message.type) {
      case "explanation":
        this.#droppedByServer = message.dropped;
        // A late answer to a window that was given up is of no use any more.
        if (message.request !== this.#waiting?.request) return;
        if (this.#sent.fits(message)) this.#waiting.resolve(message);
        else
          this.#waiting.reject(
            new EngineError(
              "failed",
              `${shownEndpoint(this.options.url)} sent an explanation of another size`,
            ),
          );
        return;
      case "dropped":
        this.#droppedByServer = message.dropped;
        if (message.request === this.#waiting?.request) {
          this.#waiting.reject(
            new EngineError("busy", "the server displaced the window by a newer one, or had no time for it"),
          );
        }
        return;
      case "error":
        this.#error(message);
        return;
      case "pace":
        this.#leastMs = message.leastMs;
        return;
      case "hello":
        this.#fail(new EngineError("failed", `${shownEndpoint(this.options.url)} said hello twice`));
    }
  }

  #error(error: ErrorMessage): void {
    const { code, message, request } = error;
    if (code === "inference-failed") {
      if (request === this.#waiting?.request) {
        this.#waiting.reject(new EngineError("failed", `the server's model failed: ${message}`));
      }
    } else {
      this.#fail(errorFor(code, shownEndpoint(this.options.url), message, error.retrySeconds));
    }
  }

  /** Ends the engine; the first reason stays. */
  #fail(error: EngineError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close(1000);
    this.#waiting?.reject(error);
  }
}

/** `open` is called in the very moment of the hello, so that no later message can fall between two listeners. */
function connect<T>(
  options: RemoteEngineOptions,
  open: (socket: WebSocketLike, hello: Hello) => T,
): Promise<T> {
  // Whoever puts a token into the address does not want it among what the page says.
  const url = shownEndpoint(options.url);
  const limit = options.connectTimeoutMs ?? 5_000;
  return new Promise((resolve, reject) => {
    let socket: WebSocketLike;
    try {
      socket = new (options.WebSocket ?? (WebSocket as unknown as WebSocketClass))(
        options.url,
        subprotocolsFor(options.token),
      );
    } catch (cause) {
      reject(
        new EngineError(
          "lost",
          `${url} cannot be connected to: ${(cause as Error).message.replaceAll(options.url, url)}`,
        ),
      );
      return;
    }
    socket.binaryType = "arraybuffer";
    let detail = "";
    const give = (error: EngineError) => {
      clearTimeout(overdue);
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
      reject(error);
    };
    const overdue = setTimeout(() => {
      give(new EngineError("timeout", `${url} did not say hello within ${limit} ms`));
    }, limit);
    // The close event that follows tells the rest; only Node's says why.
    socket.onerror = ({ message }) => {
      if (message) detail = ` (${message})`;
    };
    socket.onclose = ({ code, reason }) => {
      const known = wireErrorOfClose(code);
      give(
        known
          ? errorFor(known, url, reason)
          : new EngineError("lost", `${url} cannot be reached${detail}: is the server running?`),
      );
    };
    socket.onmessage = ({ data }) => {
      try {
        const message = decode(data);
        if (message.type === "hello") {
          resolve(open(socket, message.hello));
          clearTimeout(overdue);
        } else if (message.type === "error") {
          give(errorFor(message.code, url, message.message, message.retrySeconds));
        } else {
          give(new EngineError("failed", `${url} began with "${message.type}" and not with a hello`));
        }
      } catch (error) {
        if (error instanceof EngineError) {
          give(error);
          return;
        }
        const refused = error instanceof WireError && error.code === "wrong-version";
        give(new EngineError(refused ? "refused" : "failed", `${url}: ${(error as Error).message}`));
      }
    };
  });
}

function decode(data: unknown): ServerMessage {
  if (!(data instanceof ArrayBuffer)) throw new WireError("malformed", "a text message");
  return decodeServerMessage(data);
}

function errorFor(code: ErrorMessage["code"], url: string, message: string, retrySeconds = 0): EngineError {
  const gone = ["shutting-down", "internal", "idle", "pack-changed"].includes(code);
  const retryAfterSeconds = retrySeconds > 0 ? retrySeconds : undefined;
  return new EngineError(gone ? "lost" : "refused", `${url}: ${message} (${code})`, { retryAfterSeconds });
}

function closeError(url: string, closeCode: number, reason: string): EngineError {
  const known = wireErrorOfClose(closeCode);
  if (known) return errorFor(known, url, reason);
  return new EngineError("lost", `the connection to ${url} was lost (close code ${closeCode})`);
}

import { type Engine, EngineError } from "../../../protocol/engine.ts";
import { reconnectMs } from "./reconnect.ts";
import { type WarmUpShape, warmUp } from "./warm-up.ts";
import { WarmingError } from "./warming-server.ts";

/** What an engine is to explain. */
export interface Asked {
  /** The pack's default when absent. */
  readonly method?: string | undefined;
  /** Class to explain, where the method can be asked; -1 or absent is the winner. */
  readonly target?: number;
}

export interface EngineFactories {
  /** Loads the model here. */
  readonly local: (asked: Asked) => Promise<Engine>;
  /** Connects to the server; null where there is none to ask. */
  readonly remote: ((asked: Asked) => Promise<Engine>) | null;
  /** Fetches what the local engine needs while the server answers, in case that the server goes. */
  readonly fetchLocal?: (asked: Asked) => Promise<void>;
}

/** An engine that was measured. */
export interface Candidate {
  readonly engine: Engine;
  /** Of the windows that it was measured with, in milliseconds: the slowest at first, the mean when it came back. */
  readonly warmUpMs: number;
}

export interface CandidateParts {
  readonly factories: EngineFactories;
  readonly shape: WarmUpShape;
  readonly now: () => number;
  /** Resolves after `ms`, or when `signal` aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

/** Opens engines and measures them with a few windows. */
export class Candidates {
  readonly #parts: CandidateParts;

  constructor(parts: CandidateParts) {
    this.#parts = parts;
  }

  async open(kind: Engine["kind"], asked: Asked): Promise<Engine> {
    const { local, remote } = this.#parts.factories;
    if (kind === "local") return local(asked);
    if (!remote) throw new EngineError("lost", "this page was not given a server to ask");
    return remote(asked);
  }

  /** The server's engine, as soon as the server is warm; any other failure is one. */
  async openWarm(
    asked: Asked,
    signal: AbortSignal,
    onWarming: (progress: number | undefined) => void,
  ): Promise<Engine> {
    for (;;) {
      try {
        return await this.open("remote", asked);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof WarmingError)) throw error;
        onWarming(error.progress);
        await this.#parts.wait(1_000 * (error.retryAfterSeconds ?? 1), signal);
        signal.throwIfAborted();
      }
    }
  }

  /** Closes the engine when it fails. */
  async measure(engine: Engine): Promise<Candidate> {
    try {
      const { shape, now } = this.#parts;
      return { engine, warmUpMs: await warmUp(engine, shape, now) };
    } catch (error) {
      void engine.close();
      throw error;
    }
  }

  /**
   * Tries to reach the server, with growing pauses or when it said that it wants to be asked, until it is there; null
   * when `signal` aborts first. `cause` is what it was lost for.
   */
  async seekServer(
    asked: Asked,
    cause: unknown,
    signal: AbortSignal,
    onFailure: (error: unknown) => void,
  ): Promise<Candidate | null> {
    const { wait, random } = this.#parts;
    let wished = wishedSeconds(cause);
    for (let attempt = 0; ; attempt++) {
      await wait(reconnectMs(attempt, random, wished), signal);
      if (signal.aborted) return null;
      try {
        const server = await this.measure(await this.open("remote", asked));
        if (!signal.aborted) return server;
        void server.engine.close();
        return null;
      } catch (error) {
        wished = wishedSeconds(error);
        if (!signal.aborted) onFailure(error);
      }
    }
  }
}

function wishedSeconds(error: unknown): number | undefined {
  return error instanceof EngineError ? error.retryAfterSeconds : undefined;
}

import { type Engine, EngineError, type Explanation, type SpectralWindow } from "../../protocol/engine.ts";
import { backOffMs } from "./back-off.ts";
import type { EngineChoice, Problem } from "./live-explainer.ts";
import { ProblemError, toProblem } from "./problems.ts";
import { type WarmUpShape, warmUp } from "./warm-up.ts";

export interface EngineFactories {
  /** Loads the model here. */
  readonly local: (method: string | undefined) => Promise<Engine>;
  /** Connects to the server; null where there is none to ask. */
  readonly remote: ((method: string | undefined) => Promise<Engine>) | null;
}

export interface KeeperState {
  readonly kind: Engine["kind"];
  readonly description: string;
  /** The slowest of the warm-up windows, in milliseconds. */
  readonly warmUpMs: number;
}

export interface KeeperParts {
  readonly factories: EngineFactories;
  readonly shape: WarmUpShape;
  readonly strideMs: number;
  /** Another engine answers from now on. */
  readonly onEngine: (state: KeeperState) => void;
  /** What a person should know of the choice; null when there is nothing any more. */
  readonly onNotice: (notice: string | null) => void;
  /** No engine is left, and none can be expected. */
  readonly onProblem: (problem: Problem) => void;
  readonly now: () => number;
  /** Resolves after `ms`, or when `signal` aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

interface Candidate {
  readonly engine: Engine;
  readonly warmUpMs: number;
}

/** An engine that fails so often in a row is given up. */
const MOST_FAILURES = 3;
/** An engine that is silent for so long is given up, even if it doesn't say that it was lost. */
const SILENCE_MS = 3_000;
/** Attempts to reach a server that the listener insists on: 15 to 45 seconds. */
const MOST_ATTEMPTS = 5;

/**
 * Holds the engine that answers, and decides which one that is.
 *
 * "auto" opens both, measures a few windows with each, and takes the server's when it is faster or when this device
 * can't keep the stride; the local engine stays ready to take over. When the server is lost, the local engine
 * answers the next window, and the server is tried again with growing pauses and measured anew when it is back.
 * "local" and "remote" use that engine alone; a lost server is tried again a few times.
 * Of several requests only the newest is carried out.
 */
export class EngineKeeper {
  readonly #parts: KeeperParts;
  #current: Candidate | null = null;
  /** In "auto": the local engine while the server's answers. */
  #standby: Candidate | null = null;
  #choice: EngineChoice = "auto";
  #method: string | undefined;
  #failures = 0;
  /** Of the newest request. */
  #selecting = new AbortController();
  /** Of the attempts to reach a lost server. */
  #retrying = new AbortController();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /**
   * Opens engines for the choice and the method (the pack's default when undefined) and lets the best one answer. The
   * engine so far answers until then, and goes on answering when this fails.
   *
   * @throws ProblemError when no engine can be used; an `AbortError` when another request came meanwhile.
   */
  async select(choice: EngineChoice, method: string | undefined): Promise<void> {
    this.#selecting.abort();
    this.#selecting = new AbortController();
    const { signal } = this.#selecting;
    const kinds = choice === "auto" ? (["local", "remote"] as const) : ([choice] as const);
    const opened = await Promise.allSettled(kinds.map((kind) => this.#open(kind, method)));
    const candidates: Candidate[] = [];
    const errors: unknown[] = [];
    for (const result of opened) {
      if (result.status === "rejected") errors.push(result.reason);
      else if (signal.aborted) void result.value.close();
      else {
        // One after the other, so that they don't take each other's time.
        const candidate = await this.#measure(result.value).catch((error: unknown) => {
          errors.push(error);
          return null;
        });
        if (candidate) candidates.push(candidate);
      }
    }
    if (signal.aborted) {
      for (const { engine } of candidates) void engine.close();
      signal.throwIfAborted();
    }
    if (candidates.length === 0) {
      const { code, detail } = toProblem(errors[0]);
      throw new ProblemError(code, detail, { cause: errors[0] });
    }
    this.#choice = choice;
    this.#method = method;
    this.#adopt(candidates, errors.length > 0 ? toProblem(errors[0]).detail : null);
  }

  /** Null when no engine could answer; the next window may find another one. */
  async explain(window: SpectralWindow): Promise<Explanation | null> {
    const candidate = this.#current;
    if (!candidate) return null;
    try {
      const explanation = await this.#inTime(candidate.engine.explain(window));
      this.#failures = 0;
      return explanation;
    } catch (error) {
      // It may have been replaced while it computed.
      if (candidate === this.#current) this.#failed(candidate, error);
      return null;
    }
  }

  async close(): Promise<void> {
    this.#selecting.abort();
    this.#retrying.abort();
    const engines = [this.#current?.engine, this.#standby?.engine];
    this.#current = this.#standby = null;
    await Promise.all(engines.map((engine) => engine?.close()));
  }

  async #open(kind: Engine["kind"], method: string | undefined): Promise<Engine> {
    const { local, remote } = this.#parts.factories;
    if (kind === "local") return local(method);
    if (!remote) throw new EngineError("lost", "this page was not given a server to ask");
    return remote(method);
  }

  async #measure(engine: Engine): Promise<Candidate> {
    try {
      const { shape, now } = this.#parts;
      return { engine, warmUpMs: await warmUp(engine, shape, now) };
    } catch (error) {
      void engine.close();
      throw error;
    }
  }

  /** Takes the best of the candidates, keeps the local one ready in "auto", and closes what is left. */
  #adopt(candidates: readonly Candidate[], notice: string | null): void {
    const before = [this.#current, this.#standby];
    const local = candidates.find(({ engine }) => engine.kind === "local") ?? null;
    const remote = candidates.find(({ engine }) => engine.kind === "remote") ?? null;
    const remoteIsBetter =
      remote !== null &&
      (local === null || remote.warmUpMs < local.warmUpMs || local.warmUpMs > this.#parts.strideMs);
    this.#current = remoteIsBetter ? remote : local;
    this.#standby = remoteIsBetter ? local : null;
    this.#failures = 0;
    for (const candidate of new Set([...before, ...candidates])) {
      if (candidate && candidate !== this.#current && candidate !== this.#standby)
        void candidate.engine.close();
    }
    this.#retrying.abort();
    this.#announce();
    this.#parts.onNotice(notice);
  }

  #announce(): void {
    if (!this.#current) return;
    const { engine, warmUpMs } = this.#current;
    this.#parts.onEngine({ kind: engine.kind, description: engine.description, warmUpMs });
  }

  #failed(candidate: Candidate, error: unknown): void {
    const code = error instanceof EngineError ? error.code : "failed";
    const fatal = code === "lost" || code === "closed" || code === "refused" || code === "timeout";
    this.#failures++;
    if (!fatal && this.#failures < MOST_FAILURES) return;

    this.#failures = 0;
    this.#current = this.#standby;
    this.#standby = null;
    void candidate.engine.close();
    const problem = toProblem(error);
    this.#announce();
    if (this.#choice === "local" || this.#parts.factories.remote === null) {
      this.#parts.onProblem({ ...problem, code: "engine-failed" });
      return;
    }
    const meanwhile = this.#current ? "this device computes meanwhile" : "trying again";
    this.#parts.onNotice(`${problem.detail}; ${meanwhile}`);
    void this.#retry(problem);
  }

  /** Tries to reach the server again: for ever while the local engine answers, a few times otherwise. */
  async #retry(problem: Problem): Promise<void> {
    const { wait, random, onProblem } = this.#parts;
    this.#retrying.abort();
    this.#retrying = new AbortController();
    const { signal } = this.#retrying;
    for (let attempt = 0; this.#current !== null || attempt < MOST_ATTEMPTS; attempt++) {
      await wait(backOffMs(attempt, random), signal);
      if (signal.aborted) return;
      const remote = await this.#open("remote", this.#method)
        .then((engine) => this.#measure(engine))
        .catch(() => null);
      if (!remote) continue;
      if (signal.aborted) return void remote.engine.close();
      this.#adopt(this.#current ? [this.#current, remote] : [remote], null);
      return;
    }
    if (!signal.aborted) onProblem(problem);
  }

  async #inTime(work: Promise<Explanation>): Promise<Explanation> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new EngineError("timeout", `the engine was silent for ${SILENCE_MS / 1000} s`)),
        SILENCE_MS,
      );
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

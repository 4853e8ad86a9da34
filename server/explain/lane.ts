/** One thread that runs models, from the side of the server. */
import type { Worker } from "node:worker_threads";
import { PackError } from "../../models/pack/pack.ts";
import type { PackReading, WindowQuery, WindowResult } from "./backend.ts";
import type { BatchTime, FromLane, ToLane } from "./inference-messages.ts";

export interface StartedLane {
  readonly worker: Worker;
  readonly description: string;
  readonly notices: readonly string[];
  readonly times: readonly BatchTime[];
}

/** A model that is silent for so long has hung. */
export const HUNG_MS = 20_000;

/** One that is not ready after so long will never be; large models and cold GPU caches take a minute. */
export const START_MS = 180_000;

/** Calls under way on one lane: the one that runs, and the next, so that the thread never waits for the event loop. */
export const CALLS = 2;

interface Call {
  readonly resolve: (answer: FromLane) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One thread, which does what it is asked in order. A thread that dies is replaced at the next call. It is never ended
 * from outside: tearing one down in the middle of a native run ends the whole process. One that hangs is therefore given
 * up with its lane: `lost` is true from then on.
 */
export class Lane {
  lost = false;
  #started: Promise<StartedLane> | undefined;
  #closed = false;
  /** In the order in which the thread will answer. */
  #calls: Call[] = [];
  /** Those and the ones that wait for the thread to start. */
  #underWay = 0;
  #overdue: NodeJS.Timeout | undefined;

  constructor(
    private readonly startThread: () => Worker,
    private readonly hungMs = HUNG_MS,
    private readonly startMs = START_MS,
  ) {}

  /** Calls that it has not answered. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Starts the thread if there is none; rejects when its model cannot be used. */
  start(): Promise<StartedLane> {
    this.#started ??= this.#start();
    return this.#started;
  }

  #start(): Promise<StartedLane> {
    const worker = this.startThread();
    let patience: NodeJS.Timeout | undefined;
    const started = new Promise<StartedLane>((resolve, reject) => {
      worker.on("message", (message: FromLane) => {
        if (message.type === "ready") resolve({ worker, ...message });
        else if (message.type === "unusable") {
          reject(message.code ? new PackError(message.message, message.code) : new Error(message.message));
        } else this.#answered(message);
      });
      let reason = "";
      worker.on("error", (error: Error) => {
        reason = `: ${error.message}`;
        reject(error);
      });
      worker.once("exit", () => {
        if (this.#started === started) this.#started = undefined;
        reject(new Error("the model's thread ended before it was ready"));
        this.#giveUp(new Error(`the model's thread ended in the middle of a window${reason}`));
      });
      patience = setTimeout(() => {
        this.lost = true;
        worker.unref();
        reject(new Error(`the model was not ready after ${this.startMs / 1000} s`));
      }, this.startMs);
    });
    started.catch(() => {}).finally(() => clearTimeout(patience));
    return started;
  }

  async explain(windows: readonly WindowQuery[]): Promise<WindowResult[]> {
    const memory = windows.map(({ magnitudes }) => magnitudes.buffer as ArrayBuffer);
    const answer = await this.#ask({ type: "explain", windows }, memory);
    if (answer.type !== "results") throw new Error(`the model's thread answered with "${answer.type}"`);
    return answer.results;
  }

  async prepare(pack: PackReading): Promise<void> {
    await this.#ask({ type: "prepare", pack }, []);
  }

  async #ask(message: ToLane, memory: ArrayBuffer[]): Promise<FromLane> {
    if (this.#closed) throw new Error("the backend was closed");
    this.#underWay++;
    try {
      const { worker } = await this.start();
      return await new Promise<FromLane>((resolve, reject) => {
        worker.postMessage(message, memory);
        this.#calls.push({ resolve, reject });
        if (this.#calls.length === 1) this.#watch();
      });
    } finally {
      this.#underWay--;
    }
  }

  #answered(message: FromLane): void {
    const call = this.#calls.shift();
    this.#watch();
    if (message.type === "failed") call?.reject(new Error(message.message));
    else call?.resolve(message);
  }

  /** Counts the time of the call that runs now. */
  #watch(): void {
    clearTimeout(this.#overdue);
    if (this.#calls.length === 0) return;
    this.#overdue = setTimeout(() => {
      this.lost = true;
      this.#giveUp(new Error(`the model was silent for ${this.hungMs / 1000} s`));
    }, this.hungMs);
  }

  #giveUp(error: Error): void {
    const calls = this.#calls;
    this.#calls = [];
    clearTimeout(this.#overdue);
    for (const { reject } of calls) reject(error);
  }

  /** Lets the thread finish its windows. One that hangs is left to the end of the process. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const started = await this.#started?.catch(() => undefined);
    if (!started || this.#started === undefined) return;
    if (this.lost) return started.worker.unref();
    await new Promise<void>((resolve) => {
      started.worker.once("exit", () => resolve());
      started.worker.postMessage({ type: "close" } satisfies ToLane);
    });
  }
}

/** A thread that runs the model, asked from here. One that dies is replaced at the next question. */
import type { Worker } from "node:worker_threads";
import { PackError } from "../../models/pack/pack.ts";
import { startThread } from "../../models/runtime/start-thread-node.ts";
import type { AnalysisSettings, FromAnalysis, TaskName, Tasks, ToAnalysis } from "./messages.ts";

/** The thread ended, and with it the channels that it had open. */
export class ThreadLost extends Error {
  override name = "ThreadLost";
}

interface Started {
  readonly worker: Worker;
  readonly description: string;
  readonly notices: readonly string[];
}

export class AnalysisThread {
  readonly #settings: AnalysisSettings;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #started: Promise<Started> | undefined;
  #nextId = 1;
  #closed = false;

  constructor(settings: AnalysisSettings) {
    this.#settings = settings;
  }

  /** @throws PackError or Error when the pack or the runtime cannot be used. */
  start(): Promise<Started> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** Rejects with a ThreadLost when the thread ends before it answers, else with what the task failed of. */
  async ask<Name extends TaskName>(name: Name, task: Tasks[Name]["task"]): Promise<Tasks[Name]["result"]> {
    if (this.#closed) throw new ThreadLost("the monitor is ending");
    const { worker } = await this.start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as Tasks[Name]["result"]), reject });
      worker.postMessage({ id, name, task } as ToAnalysis);
    });
  }

  /** Lets the thread finish what it was asked: ended in the midst of a window, onnxruntime takes the process with it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const started = await this.#started?.catch(() => undefined);
    if (!started || this.#started === undefined) return;
    await new Promise<void>((resolve) => {
      started.worker.once("exit", () => resolve());
      started.worker.postMessage({ name: "close" } satisfies ToAnalysis);
    });
  }

  #start(): Promise<Started> {
    const worker = startThread("monitor-worker", import.meta.url, this.#settings);
    const started = new Promise<Started>((resolve, reject) => {
      worker.on("message", (message: FromAnalysis) => {
        if (message.type === "ready") resolve({ worker, ...message });
        else if (message.type === "unusable") {
          reject(message.code ? new PackError(message.message, message.code) : new Error(message.message));
        } else this.#answer(message);
      });
      const lost = (reason: string) => {
        if (this.#started === started) this.#started = undefined;
        const error = new ThreadLost(`the model's thread ended (${reason})`);
        reject(error);
        for (const { reject } of this.#waiting.values()) reject(error);
        this.#waiting.clear();
      };
      worker.on("error", (error) => lost(error.message));
      worker.once("exit", (code) => lost(`exit code ${code}`));
    });
    return started;
  }

  #answer(message: Extract<FromAnalysis, { id: number }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === "result") waiting?.resolve(message.result);
    else waiting?.reject(new Error(message.message));
  }
}

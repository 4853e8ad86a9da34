/** Runs models in worker threads: as many one-thread lanes side by side as the machine is meant to give. */
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { PackError } from "../models/pack.ts";
import type { Backend, WindowResult } from "./backend.ts";
import type { FromLane, LaneSettings, ToLane } from "./inference-messages.ts";
import { startThread } from "./start-thread.ts";

export interface WorkerBackendOptions {
  readonly packFolder: string;
  /** "auto" takes native onnxruntime and falls back to WASM. */
  readonly build?: "auto" | "native" | "wasm";
  /** Threads that each run one window at a time. Default: the machine's cores less one for the event loop, 1 to 8. */
  readonly lanes?: number;
  /** A run that takes longer is given up and its thread replaced. Default 30 s. */
  readonly runLimitMs?: number;
  readonly log?: (line: string) => void;
}

/** @throws PackError or Error when the pack or the runtime cannot be used. */
export async function openWorkerBackend(options: WorkerBackendOptions): Promise<Backend> {
  const count = options.lanes ?? Math.min(8, Math.max(1, availableParallelism() - 1));
  const settings: LaneSettings = {
    packFolder: options.packFolder,
    build: options.build ?? "auto",
    threads: 1,
  };
  const lanes = Array.from({ length: count }, () => new Lane(settings, options.runLimitMs ?? 30_000));
  const opened = await Promise.allSettled(lanes.map((lane) => lane.start()));
  const failed = opened.find((each) => each.status === "rejected");
  if (failed) {
    await Promise.all(lanes.map((lane) => lane.close()));
    throw failed.reason;
  }
  const [first] = opened as PromiseFulfilledResult<Started>[];
  // Every lane finds the same machine, so one tells it for all.
  for (const notice of first.value.notices) options.log?.(notice);
  return new WorkerBackend(`${first.value.description}${count > 1 ? `, ${count} side by side` : ""}`, lanes);
}

class WorkerBackend implements Backend {
  constructor(
    readonly description: string,
    private readonly all: readonly Lane[],
  ) {}

  get lanes(): number {
    return this.all.length;
  }

  async explain(method: string, magnitudes: Float32Array, target: number): Promise<WindowResult> {
    const lane = this.all.find((each) => !each.busy);
    if (!lane) throw new Error(`all ${this.lanes} lanes are busy`);
    return lane.explain(method, magnitudes, target);
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((lane) => lane.close()));
  }
}

interface Started {
  readonly worker: Worker;
  readonly description: string;
  readonly notices: readonly string[];
}

/** One thread and its one job. A thread that dies is replaced at the next job. */
class Lane {
  busy = false;
  #started: Promise<Started> | undefined;
  #closed = false;

  constructor(
    private readonly settings: LaneSettings,
    private readonly runLimitMs: number,
  ) {}

  start(): Promise<Started> {
    this.#started ??= this.#start();
    return this.#started;
  }

  #start(): Promise<Started> {
    const worker = startThread("inference-worker", this.settings);
    const started = new Promise<Started>((resolve, reject) => {
      worker.once("message", (message: FromLane) => {
        if (message.type === "ready") resolve({ worker, ...message });
        else if (message.type === "unusable") {
          reject(message.code ? new PackError(message.message, message.code) : new Error(message.message));
        }
      });
      worker.once("error", reject);
      worker.once("exit", () => {
        if (this.#started === started) this.#started = undefined;
        reject(new Error("the model's thread ended before it was ready"));
      });
    });
    return started;
  }

  async explain(method: string, magnitudes: Float32Array, target: number): Promise<WindowResult> {
    if (this.#closed) throw new Error("the backend was closed");
    this.busy = true;
    try {
      const { worker } = await this.start();
      return await this.#run(worker, { type: "explain", method, magnitudes, target });
    } finally {
      this.busy = false;
    }
  }

  #run(worker: Worker, job: ToLane & { type: "explain" }): Promise<WindowResult> {
    return new Promise((resolve, reject) => {
      const answered = (message: FromLane) => {
        if (message.type === "result") resolve(message.result);
        else
          reject(
            new Error(message.type === "failed" ? message.message : "the model's thread lost its place"),
          );
        end();
      };
      const died = (error?: unknown) => {
        const reason = error instanceof Error ? `: ${error.message}` : "";
        reject(new Error(`the model's thread ended in the middle of a window${reason}`));
        end();
      };
      const overdue = setTimeout(() => {
        reject(new Error(`the model took longer than ${this.runLimitMs / 1000} s and was stopped`));
        end();
        this.#started = undefined;
        void worker.terminate();
      }, this.runLimitMs);
      const end = () => {
        clearTimeout(overdue);
        worker.off("message", answered).off("error", died).off("exit", died);
        // Later errors of an idle thread must not end the server; its exit makes the next job start another.
        worker.on("error", () => {});
      };
      worker.on("message", answered).on("error", died).on("exit", died);
      worker.postMessage(job, [job.magnitudes.buffer as ArrayBuffer]);
    });
  }

  /** Lets the thread finish its window: a native run must not be torn down half way. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const started = await this.#started?.catch(() => undefined);
    if (!started) return;
    await new Promise<void>((resolve) => {
      started.worker.once("exit", () => resolve());
      started.worker.postMessage({ type: "close" } satisfies ToLane);
    });
  }
}

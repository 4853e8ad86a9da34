/** Runs models in worker threads: as many one-thread lanes side by side as the machine is meant to give. */
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { PackError } from "../models/pack.ts";
import { startThread } from "../models/runtime/start-thread-node.ts";
import type { Backend, WindowResult } from "./backend.ts";
import type { FromLane, LaneSettings, ToLane } from "./inference-messages.ts";

export interface WorkerBackendOptions {
  readonly packFolder: string;
  /** "auto" takes native onnxruntime and falls back to WASM. */
  readonly build?: "auto" | "native" | "wasm";
  /** Threads that each run one window at a time. Default: the machine's cores less one for the event loop, 1 to 8. */
  readonly lanes?: number;
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
  const lanes = Array.from(
    { length: count },
    () => new Lane(() => startThread("inference-worker", import.meta.url, settings)),
  );
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

/**
 * One thread and its one job at a time. A thread that dies is replaced at the next job. A thread is never ended from
 * outside: tearing one down in the middle of a native run ends the whole process.
 */
export class Lane {
  busy = false;
  #started: Promise<Started> | undefined;
  #closed = false;

  constructor(private readonly startThread: () => Worker) {}

  /** Starts the thread if there is none; rejects when its model cannot be used. */
  start(): Promise<Started> {
    this.#started ??= this.#start();
    return this.#started;
  }

  #start(): Promise<Started> {
    const worker = this.startThread();
    const started = new Promise<Started>((resolve, reject) => {
      worker.once("message", (message: FromLane) => {
        if (message.type === "ready") resolve({ worker, ...message });
        else if (message.type === "unusable") {
          reject(message.code ? new PackError(message.message, message.code) : new Error(message.message));
        }
      });
      // Stays for good: without a listener, an error of an idle thread would end the server.
      worker.on("error", reject);
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
      return await run(worker, { type: "explain", method, magnitudes, target });
    } finally {
      this.busy = false;
    }
  }

  /** Lets the thread finish its window. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const started = await this.#started?.catch(() => undefined);
    if (!started || this.#started === undefined) return;
    await new Promise<void>((resolve) => {
      started.worker.once("exit", () => resolve());
      started.worker.postMessage({ type: "close" } satisfies ToLane);
    });
  }
}

function run(worker: Worker, job: ToLane & { type: "explain" }): Promise<WindowResult> {
  return new Promise<WindowResult>((resolve, reject) => {
    const end = (settle: () => void) => {
      worker.off("message", answered).off("error", died).off("exit", died);
      settle();
    };
    const answered = (message: FromLane) => {
      if (message.type === "result") end(() => resolve(message.result));
      else if (message.type === "failed") end(() => reject(new Error(message.message)));
    };
    const died = (error: unknown) => {
      const reason = error instanceof Error ? `: ${error.message}` : "";
      end(() => reject(new Error(`the model's thread ended in the middle of a window${reason}`)));
    };
    worker.on("message", answered).on("error", died).on("exit", died);
    try {
      worker.postMessage(job, [job.magnitudes.buffer as ArrayBuffer]);
    } catch (error) {
      end(() => reject(error));
    }
  });
}

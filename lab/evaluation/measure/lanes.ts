/** Threads that measure sounds side by side; each has its own sessions and takes one task at a time. */
import type { Worker } from "node:worker_threads";
import { PackError } from "../../../models/pack/pack.ts";
import { startThread } from "../../../models/runtime/start-thread-node.ts";
import type { FromLane, LanePart, LaneResult, LaneSettings, LaneTask, ToLane } from "./lane-messages.ts";
import type { SoundPools } from "./measure-sound.ts";

export class Lanes {
  private constructor(
    private readonly lanes: readonly Lane[],
    /** For people: the runtime and how many of them. */
    readonly description: string,
    readonly notices: readonly string[],
  ) {}

  /** @throws PackError when a thread cannot use the pack. */
  static async start(settings: LaneSettings, count: number): Promise<Lanes> {
    const lanes = Array.from({ length: count }, () => new Lane(settings));
    try {
      const ready = await Promise.all(lanes.map((lane) => lane.ready));
      const [{ description, notices }] = ready;
      return new Lanes(lanes, count === 1 ? description : `${count} × ${description}`, notices);
    } catch (error) {
      await Promise.all(lanes.map((lane) => lane.stop()));
      throw error;
    }
  }

  /** Sounds that are mixed into others from now on. */
  setPools(pools: SoundPools): void {
    for (const lane of this.lanes) lane.setPools(pools);
  }

  /**
   * Runs the tasks, as many at a time as there are lanes. `onDone` gets each task's result, or the error that it met.
   * Rejects as soon as the signal is aborted; what was under way is dropped.
   */
  async run<Task extends LaneTask>(
    tasks: readonly Task[],
    handlers: {
      readonly onPart?: (task: Task, part: LanePart) => void;
      readonly onDone: (task: Task, result: LaneResult | Error) => void;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<void> {
    const { onPart, onDone, signal } = handlers;
    let next = 0;
    const work = async (lane: Lane) => {
      while (next < tasks.length) {
        const task = tasks[next++];
        const result = await lane
          .perform(task, (part) => {
            if (!signal?.aborted) onPart?.(task, part);
          })
          .catch((error: Error) => {
            if (error instanceof LaneLost) throw error;
            return error;
          });
        if (signal?.aborted) return;
        onDone(task, result);
      }
    };
    let onAbort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal?.reason);
      if (signal?.aborted) onAbort();
      signal?.addEventListener("abort", onAbort);
    });
    try {
      await Promise.race([Promise.all(this.lanes.map(work)), aborted]);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.stop()));
  }
}

/** Lanes that start when they are first needed: a finished run needs none. */
export class LazyLanes {
  #lanes?: Promise<Lanes>;

  constructor(
    private readonly settings: LaneSettings,
    private readonly count: number,
    private readonly onStart: (lanes: Lanes) => void = () => {},
  ) {}

  get(): Promise<Lanes> {
    this.#lanes ??= Lanes.start(this.settings, this.count).then((lanes) => {
      this.onStart(lanes);
      return lanes;
    });
    return this.#lanes;
  }

  async stop(): Promise<void> {
    await (await this.#lanes?.catch(() => undefined))?.stop();
  }
}

/** A thread is gone, and with it the task: nothing more can be measured. */
export class LaneLost extends Error {
  override name = "LaneLost";
}

class Lane {
  readonly ready: Promise<{ description: string; notices: readonly string[] }>;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #pending:
    | {
        resolve: (result: LaneResult) => void;
        reject: (error: Error) => void;
        onPart: (part: LanePart) => void;
      }
    | undefined;

  constructor(settings: LaneSettings) {
    this.#worker = startThread("evaluation-worker", import.meta.url, settings);
    this.#ended = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on("message", (message: FromLane) => {
        if (message.type === "ready") resolve(message);
        else if (message.type === "unusable") {
          reject(message.code ? new PackError(message.message, message.code) : new Error(message.message));
        } else this.#take(message);
      });
      const lost = (reason: string) => {
        const error = new LaneLost(`a thread of the evaluation ended (${reason}); the same command goes on`);
        reject(error);
        this.#pending?.reject(error);
        this.#pending = undefined;
      };
      this.#worker.on("error", (error) => lost(error.message));
      this.#worker.on("exit", (code) => lost(`exit code ${code}`));
    });
    this.ready.catch(() => {});
  }

  setPools(pools: SoundPools): void {
    this.#send({ type: "pools", pools });
  }

  perform(task: LaneTask, onPart: (part: LanePart) => void): Promise<LaneResult> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject, onPart };
      this.#send({ type: "task", task });
    });
  }

  /** Ends the thread after the window that it is at: ended in the midst of one, onnxruntime takes the process with it. */
  async stop(): Promise<void> {
    this.#send({ type: "stop" });
    await this.#ended;
  }

  #send(message: ToLane): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromLane): void {
    const pending = this.#pending;
    if (!pending) return;
    if (message.type === "part") {
      pending.onPart(message.part);
      return;
    }
    this.#pending = undefined;
    if (message.type === "done") pending.resolve(message.result);
    else if (message.type === "failed") pending.reject(new Error(message.message));
  }
}

/** Threads that measure sounds side by side; each has its own sessions and takes one task at a time. */
import type { Worker } from "node:worker_threads";
import {
  ModelThread,
  type ModelThreadOptions,
  ThreadLost,
} from "../../../models/runtime/model-thread-node.ts";
import { startThread } from "../../../models/runtime/start-thread-node.ts";
import type { SoundPools } from "./measure-sound.ts";
import type {
  MeasuringContract,
  MeasuringSettings,
  MeasuringTask,
  TaskPart,
  TaskResult,
} from "./measuring-contract.ts";

type MeasuringThread = ModelThread<MeasuringContract>;

/** Between two runs of a model, sounds are read and drawn; the slowest methods explain a batch in seconds. */
const HUNG_MS = 300_000;

/** A task whose thread was lost so often has failed. */
const MOST_ATTEMPTS = 2;

interface MeasuringOptions {
  /** Told what happened, in sentences. */
  readonly onNotice?: ((sentence: string) => void) | undefined;
  readonly hungMs?: number;
  readonly start?: (settings: MeasuringContract["settings"]) => Worker;
}

export class MeasuringThreads {
  readonly #threads: readonly MeasuringThread[];
  #pools: SoundPools = { clips: [], sentences: [] };
  #description = "";

  private constructor(settings: MeasuringSettings, count: number, options: MeasuringOptions) {
    const {
      onNotice,
      hungMs = HUNG_MS,
      start = (all) => startThread("evaluation-worker", import.meta.url, all),
    } = options;
    const each: ModelThreadOptions = {
      // One that takes another's place knows what is mixed in too.
      start: () => start({ ...settings, pools: this.#pools }),
      work: "a sound",
      atOnce: 1,
      hungMs,
      onLost: ({ message }) => onNotice?.(`${message}; another thread takes its place`),
    };
    this.#threads = Array.from({ length: count }, () => new ModelThread<MeasuringContract>(each));
  }

  /** @throws PackError when a thread cannot use the pack. */
  static async start(
    settings: MeasuringSettings,
    count: number,
    options: MeasuringOptions = {},
  ): Promise<MeasuringThreads> {
    const started = new MeasuringThreads(settings, count, options);
    try {
      const [{ description, notices }] = await Promise.all(started.#threads.map((thread) => thread.start()));
      started.#description = count === 1 ? description : `${count} × ${description}`;
      for (const notice of notices) options.onNotice?.(notice);
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  /** For people: the runtime and how many of them. */
  get description(): string {
    return this.#description;
  }

  /** Sounds that are mixed into others from now on. */
  setPools(pools: SoundPools): void {
    this.#pools = pools;
    // A thread that is lost with the call is replaced by one that knows them.
    for (const thread of this.#threads) thread.ask("mixIn", pools).catch(() => {});
  }

  /**
   * Runs the tasks, as many at a time as there are threads. `onDone` gets each task's result, or the error that it met; a
   * task whose thread is lost is tried once more, less what was measured by then. Rejects when no thread can be started,
   * and as soon as the signal is aborted; what was under way is dropped.
   */
  async run<Task extends MeasuringTask>(
    tasks: readonly Task[],
    handlers: {
      readonly onPart?: (task: Task, part: TaskPart) => void;
      readonly onDone: (task: Task, result: TaskResult | Error) => void;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<void> {
    const { onPart, onDone, signal } = handlers;
    let next = 0;
    const work = async (thread: MeasuringThread) => {
      while (next < tasks.length) {
        const task = tasks[next++];
        const result = await performed(thread, task, (part) => {
          if (!signal?.aborted) onPart?.(task, part);
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
      await Promise.race([Promise.all(this.#threads.map(work)), aborted]);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** After the run of the model that each is at. */
  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close("drop")));
  }
}

/** @throws Error when no thread can be started: no other task would fare better. */
async function performed(
  thread: MeasuringThread,
  task: MeasuringTask,
  onPart: (part: TaskPart) => void,
): Promise<TaskResult | Error> {
  let rest = task;
  for (let attempt = 1; ; attempt++) {
    await thread.start().catch((error: Error) => {
      if (!(error instanceof ThreadLost)) throw error;
      throw new Error(`${error.message}; the same command goes on`, { cause: error });
    });
    try {
      return await thread.ask("perform", rest, {
        onProgress: (part) => {
          rest = without(rest, part);
          onPart(part);
        },
      });
    } catch (error) {
      if (!(error instanceof ThreadLost)) return error as Error;
      if (error.how === "closed") throw error;
      if (attempt === MOST_ATTEMPTS) return error;
    }
  }
}

/** The task without what was told of it. */
function without(task: MeasuringTask, { row }: TaskPart): MeasuringTask {
  return task.type === "measure" ? { ...task, rows: task.rows.filter((each) => each !== row) } : task;
}

/** Threads that start when they are first needed: a finished run needs none. */
export class LazyThreads {
  #threads?: Promise<MeasuringThreads>;

  constructor(
    private readonly settings: MeasuringSettings,
    private readonly count: number,
    private readonly options: MeasuringOptions = {},
  ) {}

  /** For people: the runtime; empty as long as nothing was measured. */
  async description(): Promise<string> {
    return (await this.#threads)?.description ?? "";
  }

  get(): Promise<MeasuringThreads> {
    this.#threads ??= MeasuringThreads.start(this.settings, this.count, this.options);
    return this.#threads;
  }

  async stop(): Promise<void> {
    await (await this.#threads?.catch(() => undefined))?.stop();
  }
}

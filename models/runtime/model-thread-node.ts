/** A thread that runs models, asked from here: one that dies or hangs is replaced. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { type BackOff, backOffMs } from "../../protocol/back-off.ts";
import { type Answer, RunningThread, ThreadLost, type ThreadPatience } from "./running-thread-node.ts";
import {
  type CallName,
  errorOf,
  type Progress,
  type Reply,
  type Request,
  type ThreadContract,
  type ToThread,
} from "./thread-contract.ts";

export { ThreadLost };

export interface ModelThreadOptions extends Omit<ThreadPatience, "startMs"> {
  /** Starts a thread that calls `serveCalls`: the first one, and each that takes the place of another. */
  readonly start: () => Worker;
  /** Default 180,000: large models and cold GPU caches take a minute. */
  readonly startMs?: number;
  /**
   * Calls that the thread has at a time: the one that runs, and those that wait at its door. Others wait here, in their
   * order, and are not lost with the thread.
   */
  readonly atOnce: number;
  /** Threads that hang and were replaced; they keep their memory. With more than these no other is started. Default 2. */
  readonly mostHanging?: number;
  /** Between the end of a thread and the start of the next, until a call is answered. Default 0.1 s to 5 s. */
  readonly backOff?: BackOff;
  /** Told of each thread that was ready and ended or hangs, after its calls were. */
  readonly onLost?: (error: ThreadLost) => void;
}

interface CallOptions<Part> {
  /** Memory that moves to the thread instead of being copied; it is gone here then. */
  readonly give?: readonly ArrayBuffer[];
  readonly onProgress?: (part: Part) => void;
}

interface Call<C extends ThreadContract> {
  readonly message: ToThread<C>;
  readonly give: readonly ArrayBuffer[];
  readonly progress: (part: unknown) => void;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

const START_MS = 180_000;
const MOST_HANGING = 2;
const BACK_OFF: BackOff = { firstMs: 100, longestMs: 5_000 };

/**
 * Does what it is asked in order. When its thread dies or hangs, every call that the thread had rejects with a
 * `ThreadLost`; whether to ask again is the caller's choice. The next call starts another thread.
 */
export class ModelThread<C extends ThreadContract> {
  readonly #options: ModelThreadOptions;
  readonly #hanging = new Set<RunningThread<C>>();
  readonly #closing = new AbortController();
  /** In their order; the thread has the first `#given` of them. */
  #calls: Call<C>[] = [];
  #given = 0;
  #starting: Promise<RunningThread<C>> | undefined;
  /** The one that is ready. */
  #thread: RunningThread<C> | undefined;
  /** Threads that ended, hung or never were ready, since a call was answered. */
  #failures = 0;
  #closed: Promise<void> | undefined;

  constructor(options: ModelThreadOptions) {
    this.#options = options;
  }

  /** Calls that are not answered. */
  get underWay(): number {
    return this.#calls.length;
  }

  /** Its thread is there: what is asked now is not asked of one that is still to be started. */
  get ready(): boolean {
    return this.#thread !== undefined;
  }

  /** So many threads hang that no more are started, until one of them ends. */
  get lost(): boolean {
    return this.#hanging.size > (this.#options.mostHanging ?? MOST_HANGING);
  }

  /**
   * Starts the thread if there is none, and tells what it told when it was ready.
   *
   * @throws PackError or Error when its model cannot be used; ThreadLost when it ended or hung.
   */
  async start(): Promise<C["ready"]> {
    return (await this.#started()).ready;
  }

  /** Rejects with what the call failed of, with what the thread could not be started for, or with a ThreadLost. */
  ask<Name extends CallName<C>>(
    name: Name,
    request: Request<C, Name>,
    { give = [], onProgress = () => {} }: CallOptions<Progress<C, Name>> = {},
  ): Promise<Reply<C, Name>> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise<Reply<C, Name>>((resolve, reject) => {
      this.#calls.push({
        message: { type: "call", name, request } as ToThread<C>,
        give,
        progress: (part) => onProgress(part as Progress<C, Name>),
        resolve: (reply) => resolve(reply as Reply<C, Name>),
        reject,
      });
      this.#give();
    });
  }

  /** "finish" lets the thread do what it was asked; "drop" ends it after the run of its model, and the calls reject. */
  close(how: "finish" | "drop" = "finish"): Promise<void> {
    this.#closed ??= this.#close(how);
    return this.#closed;
  }

  async #close(how: "finish" | "drop"): Promise<void> {
    this.#closing.abort();
    if (how === "drop") this.#rejectAll(closedError());
    const thread = await this.#starting?.catch(() => undefined);
    if (!thread || thread !== this.#thread) return;
    this.#give(Number.POSITIVE_INFINITY);
    thread.post({ type: how });
    await thread.left;
  }

  #started(): Promise<RunningThread<C>> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<RunningThread<C>> {
    try {
      await this.#pause();
      const thread: RunningThread<C> = new RunningThread<C>(
        this.#options.start(),
        { startMs: START_MS, ...this.#options },
        { answer: (message) => this.#take(message), gone: (error) => this.#gone(thread, error) },
      );
      await thread.ready;
      this.#thread = thread;
      // Node tells of messages and end at once where a thread ends as soon as it is ready: before it got here.
      if (thread.lost) this.#gone(thread, thread.lost);
      return thread;
    } catch (error) {
      this.#starting = undefined;
      this.#failures++;
      this.#rejectAll(error as Error);
      throw error;
    }
  }

  /** @throws ThreadLost when no thread may be started. */
  async #pause(): Promise<void> {
    const { backOff = BACK_OFF } = this.#options;
    if (this.lost) {
      throw new ThreadLost("too many of the model's threads hang: start the program again", "hung");
    }
    if (this.#failures === 0) return;
    const { signal } = this.#closing;
    await sleep(backOffMs(this.#failures - 1, backOff), undefined, { signal }).catch(() => {
      throw closedError();
    });
  }

  #give(most = this.#options.atOnce): void {
    const thread = this.#thread;
    if (!thread) {
      if (this.#calls.length === 0) return;
      // What stops the start rejects the calls.
      const begun = this.#started().then(() => this.#give());
      begun.catch(() => {});
      return;
    }
    while (this.#given < Math.min(most, this.#calls.length)) {
      const call = this.#calls[this.#given];
      try {
        thread.post(call.message, call.give);
        this.#given++;
      } catch (error) {
        this.#calls.splice(this.#given, 1);
        call.reject(error as Error);
      }
    }
  }

  #take(answer: Answer<C>): void {
    // A call that was dropped is answered in vain.
    if (this.#given === 0) return;
    if (answer.type === "progress") {
      this.#calls[0].progress(answer.part);
      return;
    }
    const call = this.#calls.shift()!;
    this.#given--;
    this.#failures = 0;
    this.#give();
    if (answer.type === "failed") call.reject(errorOf(answer.error));
    else call.resolve(answer.reply);
  }

  #gone(thread: RunningThread<C>, error: ThreadLost): void {
    if (error.how === "hung") {
      this.#hanging.add(thread);
      void thread.ended.then(() => this.#hanging.delete(thread));
    }
    if (thread !== this.#thread) return;
    this.#thread = undefined;
    this.#starting = undefined;
    this.#failures++;
    for (const { reject } of this.#calls.splice(0, this.#given)) reject(error);
    this.#given = 0;
    if (this.#closed) this.#rejectAll(error);
    else {
      this.#options.onLost?.(error);
      this.#give();
    }
  }

  #rejectAll(error: Error): void {
    this.#given = 0;
    for (const { reject } of this.#calls.splice(0)) reject(error);
  }
}

function closedError(): ThreadLost {
  return new ThreadLost("the model's thread was closed", "closed");
}

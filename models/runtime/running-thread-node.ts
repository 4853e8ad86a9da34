/** One thread that runs models, from its start until it has ended or hangs. */
import type { Worker } from "node:worker_threads";
import { errorOf, type FromThread, type ThreadContract, type ToThread } from "./thread-contract.ts";

/** A thread that ended, hangs or was closed took its calls with it: whether they were done is not known. */
export class ThreadLost extends Error {
  override name = "ThreadLost";
  constructor(
    message: string,
    readonly how: "died" | "hung" | "closed",
  ) {
    super(message);
  }
}

export interface ThreadPatience {
  /** What it is at when it runs a call, for errors: "a window". */
  readonly work: string;
  /** One that says nothing for so long, while it has something to do, hangs. */
  readonly hungMs: number;
  /** One that is not ready after so long will never be. */
  readonly startMs: number;
}

export type Answer<C extends ThreadContract> = Exclude<
  FromThread<C>,
  { type: "ready" | "unusable" | "alive" }
>;

/**
 * It is never ended from outside: tearing a thread down in the middle of a native run ends the whole process. One that
 * hangs is given up, keeps the process from nothing, and ends should it ever wake.
 */
export class RunningThread<C extends ThreadContract> {
  /** Rejects with what made its model unusable, or with a ThreadLost. */
  readonly ready: Promise<C["ready"]>;
  /** When it has ended or was given up. */
  readonly left: Promise<void>;
  /** When it has ended, which one that hangs may never do. */
  readonly ended: Promise<void>;
  /** Why it is no more, once it has ended or was given up. */
  #lost: ThreadLost | undefined;
  #leftBehind = () => {};
  /** Messages that it has not answered. */
  #due = 0;
  #overdue: NodeJS.Timeout | undefined;

  /** @param on `gone` is told once, when it has ended or is given up. */
  constructor(
    private readonly worker: Worker,
    private readonly patience: ThreadPatience,
    private readonly on: { answer(message: Answer<C>): void; gone(error: ThreadLost): void },
  ) {
    const { work, startMs } = patience;
    let ready = false;
    let reason = "";
    this.left = new Promise((resolve) => {
      this.#leftBehind = resolve;
    });
    this.ended = new Promise((resolve) => worker.once("exit", () => resolve()));
    this.ready = new Promise((resolve, reject) => {
      const lost = (error: ThreadLost) => {
        reject(error);
        this.#leave(error);
      };
      worker.on("message", (message: FromThread<C>) => {
        if (this.#lost) return;
        if (message.type === "unusable") {
          clearTimeout(this.#overdue);
          reject(errorOf(message.error));
        } else if (message.type === "ready") {
          clearTimeout(this.#overdue);
          ready = true;
          resolve(message.ready);
        } else this.#take(message);
      });
      worker.on("error", (error: Error) => {
        reason = error.message;
      });
      worker.once("exit", (code) => {
        const idle = ready ? "by itself" : "before it was ready";
        const when = this.#due > 0 ? `in the middle of ${work}` : idle;
        lost(new ThreadLost(`the model's thread ended ${when} (${reason || `exit code ${code}`})`, "died"));
      });
      this.#overdue = setTimeout(
        () => lost(new ThreadLost(`the model was not ready after ${startMs / 1000} s`, "hung")),
        startMs,
      );
    });
    this.ready.catch(() => {});
  }

  get lost(): ThreadLost | undefined {
    return this.#lost;
  }

  /** @throws DataCloneError when the message cannot be sent. */
  post(message: ToThread<C>, memory: readonly ArrayBuffer[] = []): void {
    this.worker.postMessage(message, memory);
    if (this.#due++ === 0) this.#watch();
  }

  #take(message: Exclude<FromThread<C>, { type: "ready" | "unusable" }>): void {
    if (message.type === "reply" || message.type === "failed") this.#due--;
    this.#watch();
    if (message.type !== "alive") this.on.answer(message);
  }

  /** From now on its silence counts, if it has something to do. */
  #watch(): void {
    clearTimeout(this.#overdue);
    if (this.#due === 0) return;
    const { hungMs } = this.patience;
    this.#overdue = setTimeout(
      () => this.#leave(new ThreadLost(`the model was silent for ${hungMs / 1000} s`, "hung")),
      hungMs,
    );
  }

  #leave(error: ThreadLost): void {
    if (this.#lost) return;
    this.#lost = error;
    clearTimeout(this.#overdue);
    if (error.how === "hung") {
      this.worker.postMessage({ type: "drop" } satisfies ToThread<C>);
      this.worker.unref();
    }
    this.on.gone(error);
    this.#leftBehind();
  }
}

/** Refusals in the log: the first one at once, then one line a second for all that came since, however many they were. */
import type { HttpLog } from "./observe.ts";

const EVERY_MS = 1_000;

export class RefusalLog {
  #last: object = {};
  readonly #counts = new Map<string, number>();
  #waiting = false;

  /** @param later runs something in a second, if the process lasts so long. */
  constructor(
    private readonly log: HttpLog,
    private readonly later = (run: () => void): unknown => setTimeout(run, EVERY_MS).unref(),
  ) {}

  /**
   * @param kind one of a few.
   * @param facts of which clients wrote nothing, or as much as `cut` left.
   */
  note(kind: string, facts: object, text: string): void {
    if (this.#waiting) {
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
      this.#last = facts;
      return;
    }
    this.log.warn(facts, text);
    this.#wait();
  }

  /** Tells what has not been told yet. */
  flush(): void {
    if (this.#counts.size === 0) return;
    this.log.warn({ refused: Object.fromEntries(this.#counts), last: this.#last }, "more were refused");
    this.#counts.clear();
  }

  #wait(): void {
    this.#waiting = true;
    this.later(() => {
      this.#waiting = this.#counts.size > 0;
      this.flush();
      if (this.#waiting) this.#wait();
    });
  }
}

/** Windows that count: two seconds at 16 a second. */
export const JUDGED_WINDOWS = 32;
/** Misses among them that are forgiven. */
const FORGIVEN = 6;

/** Counts the windows of late whose masks missed their deadline; more of them than are forgiven is too many. */
export class DeadlineJudge {
  readonly #late = new Uint8Array(JUDGED_WINDOWS);
  #next = 0;
  #misses = 0;

  add(late: boolean): void {
    this.#misses += Number(late) - this.#late[this.#next];
    this.#late[this.#next] = Number(late);
    this.#next = (this.#next + 1) % JUDGED_WINDOWS;
  }

  clear(): void {
    this.#late.fill(0);
    this.#misses = 0;
  }

  get tooMany(): boolean {
    return this.#misses > FORGIVEN;
  }

  get misses(): number {
    return this.#misses;
  }
}

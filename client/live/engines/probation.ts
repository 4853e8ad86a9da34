/** A window now and then tells enough, and burdens neither side. */
const INTERVAL_MS = 1_000;
const SHORTEST_RUN = 8;
const LONGEST_RUN = 128;
/** An engine that held for so long begins anew. */
const HELD_MS = 300_000;

/**
 * Decides when an engine that was found too slow, or was lost, may answer again: after a run of windows that it
 * answered in time while another engine did the work. Each time that it fails again soon, the run must be twice as
 * long, so that the two don't take turns.
 */
export class Probation {
  #needed = SHORTEST_RUN;
  #run = 0;
  #totalMs = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** NaN before the first run was complete. */
  #passedAt = Number.NaN;

  begin(now: number): void {
    const failedAgain = now - this.#passedAt < HELD_MS;
    this.#needed = failedAgain ? Math.min(LONGEST_RUN, 2 * this.#needed) : SHORTEST_RUN;
    this.#askedAt = now;
    this.#restart();
  }

  /** Windows in time, one after the other, that are wanted. */
  get needed(): number {
    return this.#needed;
  }

  /** Of the run so far; it is not empty. */
  get meanMs(): number {
    return this.#totalMs / this.#run;
  }

  /** Whether a window should be tried at `now`; one that is, has been. */
  due(now: number): boolean {
    if (now - this.#askedAt < INTERVAL_MS) return false;
    this.#askedAt = now;
    return true;
  }

  /** A window was answered after `ms`; true when the run is complete. */
  answered(ms: number, inTime: boolean, now: number): boolean {
    if (!inTime) {
      this.#restart();
      return false;
    }
    this.#run++;
    this.#totalMs += ms;
    if (this.#run < this.#needed) return false;
    this.#passedAt = now;
    return true;
  }

  #restart(): void {
    this.#run = 0;
    this.#totalMs = 0;
  }
}

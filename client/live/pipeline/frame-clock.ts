/** Milliseconds over which the earliest arrival counts; clocks drift less than a tenth of one in that time. */
const SPAN_MS = 4_000;
/** Without a record for so long, the audio thread may have stood still, and its frames are late by that from now on. */
const PAUSE_MS = 500;

/**
 * Tells when a frame was played to us, by the steadiest clock there is: frames are one hop apart, and the earliest
 * arrivals show when the audio thread made them. Records reach the worker in bursts; measured from here, the time
 * that a frame waited for its burst counts too.
 */
export class FrameClock {
  #previous = Number.POSITIVE_INFINITY;
  #current = Number.POSITIVE_INFINITY;
  #spanStart = Number.NEGATIVE_INFINITY;
  #arrivedAt = Number.NEGATIVE_INFINITY;

  constructor(readonly hopMs: number) {}

  arrived(frame: number, now: number): void {
    const paused = now - this.#arrivedAt > PAUSE_MS;
    if (paused || now - this.#spanStart > SPAN_MS) {
      this.#previous = paused ? Number.POSITIVE_INFINITY : this.#current;
      this.#current = Number.POSITIVE_INFINITY;
      this.#spanStart = now;
    }
    this.#arrivedAt = now;
    this.#current = Math.min(this.#current, now - frame * this.hopMs);
  }

  /** Milliseconds since `frame` was ready on the audio thread, at best; 0 before anything arrived. */
  age(frame: number, now: number): number {
    const zero = Math.min(this.#previous, this.#current);
    return Number.isFinite(zero) ? Math.max(0, now - frame * this.hopMs - zero) : 0;
  }
}

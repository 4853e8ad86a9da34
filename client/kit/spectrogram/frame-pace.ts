/** Screens that show more are given no more than every other picture: columns hardly come faster. */
const FULL_MS = 12;
/** Every other frame of a screen that shows sixty. */
const HALF_MS = 28;
/** A frame is late so long after the one before. */
const LATE_MS = 25;
/** Frames looked at together, and how many of them may be late. */
const LOOK = 64;
const MOST_LATE = 16;
/** Half as many pictures for so long, then it tries again; twice as long each time that it was too much again. */
const REST_MS = 10_000;
const LONGEST_REST_MS = 320_000;

/**
 * At which animation frames a picture is drawn: some sixty times a second, and thirty where the browser does not
 * keep up, as on a large screen without a graphics processor, so that the rest of the page gets its frames.
 */
export class FramePace {
  #at = Number.NaN;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #frames = 0;
  #late = 0;
  #restUntil = Number.NEGATIVE_INFINITY;
  #restMs = REST_MS;

  /** Asked at each animation frame, at `now` (milliseconds). */
  due(now: number): boolean {
    const resting = now < this.#restUntil;
    if (!resting) this.#look(now - this.#at, now);
    this.#at = now;
    if (now - this.#drawnAt < (resting ? HALF_MS : FULL_MS)) return false;
    this.#drawnAt = now;
    return true;
  }

  /** No frames are asked for until the next call of `due`, so that the time until then says nothing. */
  pause(): void {
    this.#at = Number.NaN;
  }

  #look(gap: number, now: number): void {
    if (Number.isNaN(gap)) return;
    this.#frames++;
    if (gap > LATE_MS) this.#late++;
    if (this.#frames < LOOK) return;
    if (this.#late > MOST_LATE) {
      this.#restUntil = now + this.#restMs;
      this.#restMs = Math.min(LONGEST_REST_MS, 2 * this.#restMs);
    } else this.#restMs = REST_MS;
    this.#frames = 0;
    this.#late = 0;
  }
}

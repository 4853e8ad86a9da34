import { type Clock, machineClock, wallTimeOf } from "./clock.ts";

/** Beginnings of stairs that are remembered; the oldest are forgotten. A stair is a pause, or a millisecond of drift. */
const MOST_STAIRS = 4096;
/** Milliseconds by which a stair may be too early. */
const FLAT_MS = 1;
/** By how much a sender's own clock may be fast: more than any sound card's is. */
const FAST = 300e-6;

interface Stair {
  /** The last sample of it, counted from 1. */
  end: number;
  /** Steady time of sample 0, had the sender never paused but as before this. */
  readonly start: number;
}

/**
 * Tells when samples of a live sound were made, from when they came. A sample comes when it was made or later: it waited
 * in the sender, on the way, in ffmpeg while that looked what it has before it. So where sample n came at time t, the sound
 * began at t - n / rate at the latest; and what is true of a sample is true of all before it, as a sender may pause but
 * never be ahead of itself. Of sample n the best that is known is therefore the least of all t - m / rate for m from n to
 * now: stairs that go up with each pause of the sender, and stay where they were when what was held up comes after all.
 * A burst at the beginning (what a radio has kept for new listeners, what ffmpeg probed) lies before the moment it came.
 * A sender whose clock is fast or slow moves the stairs along with it.
 */
export class ArrivalClock {
  readonly #stairs: Stair[] = [];
  #samples = 0;

  /**
   * @param earliest steady time before which the sound cannot have begun, or a file that is sent as fast as it is read would
   *   end now and have begun long ago.
   */
  constructor(
    private readonly sampleRate: number,
    private readonly earliest: number,
    private readonly clock: Clock = machineClock,
  ) {}

  /** Samples that have come. */
  get samples(): number {
    return this.#samples;
  }

  /** So many more have just come. */
  arrived(samples: number): void {
    if (samples === 0) return;
    this.#samples += samples;
    const start = this.clock.steady() - this.#ms(this.#samples);
    const stairs = this.#stairs;
    while (stairs.length > 0 && stairs[stairs.length - 1].start >= start) stairs.pop();
    const last = stairs.at(-1);
    if (last && start - last.start < FLAT_MS) last.end = this.#samples;
    else stairs.push({ end: this.#samples, start });
    if (stairs.length > MOST_STAIRS) stairs.shift();
  }

  /** By the wall clock as it is set now. */
  timeOf(sample: number): Date {
    const { clock, earliest } = this;
    const start = this.#stairFor(sample)?.start ?? clock.steady() - this.#ms(sample);
    const bound = earliest - FAST * this.#ms(sample);
    return new Date(wallTimeOf(Math.max(start, bound) + this.#ms(sample), clock));
  }

  /** The first stair that reaches beyond the sample. */
  #stairFor(sample: number): Stair | undefined {
    const stairs = this.#stairs;
    let low = 0;
    let high = stairs.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (stairs[middle].end > sample) high = middle;
      else low = middle + 1;
    }
    return stairs[low];
  }

  #ms(samples: number): number {
    return (1000 * samples) / this.sampleRate;
  }
}

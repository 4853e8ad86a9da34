/** The machine's two clocks. */

export interface Clock {
  /** Milliseconds of a clock that nobody sets. */
  steady(): number;
  /** Milliseconds since 1970, by a clock that may be set at any time. */
  wall(): number;
}

export const machineClock: Clock = { steady: () => performance.now(), wall: () => Date.now() };

/**
 * What the wall clock showed, or would have shown had it been right, at a moment of the steady one. Asked late, it goes by
 * what the wall clock shows by then: on a computer that has no clock of its own, which gets the time some while after it
 * has started, nothing keeps the date of the start.
 */
export function wallTimeOf(steady: number, clock: Clock): number {
  return clock.wall() - (clock.steady() - steady);
}

/** Moments of a sound that runs with the clock from now on. */
export function clockFromNow(clock: Clock = machineClock): (seconds: number) => Date {
  const start = clock.steady();
  return (seconds) => new Date(wallTimeOf(start + 1000 * seconds, clock));
}

/** The daily restart: when it is due, and when nobody minds. */
import type { Clock } from "./clock.ts";

const LOOK_MS = 20_000;
/** Nobody was noticed for so long. After `LATEST_MS` it happens all the same. */
const QUIET_SECONDS = 60;
const LATEST_MS = 2 * 3_600_000;
/** A page so young needs none. */
const LEAST_UP_MS = 3_600_000;

interface RestartParts {
  readonly clock: Clock;
  /** "04:00", local time; "never". */
  readonly time: string;
  readonly quietSeconds: () => number;
  readonly restart: () => void;
}

/** Looks at the clock now and then, so that a computer that slept through the moment restarts when it wakes. */
export class DailyRestart {
  readonly #parts: RestartParts;
  readonly #since: number;
  #due: number;
  #cancel = () => {};

  constructor(parts: RestartParts) {
    this.#parts = parts;
    this.#since = parts.clock.now();
    this.#due = nextTime(parts.time, this.#since);
    if (Number.isFinite(this.#due)) this.#wait();
  }

  close(): void {
    this.#cancel();
  }

  #wait(): void {
    this.#cancel = this.#parts.clock.after(LOOK_MS, () => this.#look());
  }

  #look(): void {
    const { clock, time, quietSeconds, restart } = this.#parts;
    const now = clock.now();
    const late = now - this.#due;
    if (late >= 0 && now - this.#since < LEAST_UP_MS) this.#due = nextTime(time, now);
    else if (late >= 0 && (quietSeconds() >= QUIET_SECONDS || late >= LATEST_MS)) {
      this.#due = nextTime(time, now);
      restart();
    }
    this.#wait();
  }
}

/** The next moment after `now` at which local clocks show `time`; infinite for "never". */
export function nextTime(time: string, now: number): number {
  if (time === "never") return Number.POSITIVE_INFINITY;
  const [hours, minutes] = time.split(":").map(Number);
  const next = new Date(now);
  next.setHours(hours, minutes, 0, 0);
  if (next.getTime() <= now) next.setDate(next.getDate() + 1);
  return next.getTime();
}

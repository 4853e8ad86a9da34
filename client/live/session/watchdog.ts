/** How often it looks. */
export const LOOK_MS = 1_000;
/** Without a step of the audio clock or a new frame for so long, something stands still. */
const STILL_MS = 4_000;
/** After a gentle attempt so long passes before the last resort. */
const PATIENCE_MS = 6_000;
/** A longer pause between two looks means that timers slept. Hidden pages get one look a minute. */
const SLEPT_MS = 3_000;

interface WatchdogParts {
  /** Milliseconds; goes on while the computer sleeps, or jumps when it wakes up. */
  readonly now: () => number;
  /** Seconds that the audio device has played. */
  readonly audioTime: () => number;
  /** Whether the audio device says that it runs; what it says otherwise is dealt with elsewhere. */
  readonly running: () => boolean;
  /** Messages with frames that came from the worker so far. */
  readonly frames: () => number;
  /** The audio clock stood still while timers did: the computer slept so many seconds. */
  readonly onSlept: (seconds: number) => void;
  /** Sound stands still though the device says that it runs: a gentle attempt is due. */
  readonly onStill: (what: "device" | "frames") => void;
  /** It flows again. */
  readonly onFlowing: () => void;
  /** The gentle attempt didn't help. */
  readonly onDead: (what: "device" | "frames") => void;
}

/** Sees that sound flows: the audio clock advances and frames arrive. `look` is to be called every `LOOK_MS`. */
export class Watchdog {
  readonly #parts: WatchdogParts;
  #lookedAt: number;
  #audioTime: number;
  #frames: number;
  /** When clock and frames were last seen to move. */
  #audioMoved: number;
  #framesMoved: number;
  #stillSince = Number.NaN;

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
    this.#lookedAt = this.#audioMoved = this.#framesMoved = parts.now();
    this.#audioTime = parts.audioTime();
    this.#frames = parts.frames();
  }

  look(): void {
    const { now, audioTime, frames, running } = this.#parts;
    const time = now();
    const paused = time - this.#lookedAt;
    const heard = 1_000 * (audioTime() - this.#audioTime);
    this.#lookedAt = time;
    if (heard !== 0) this.#audioMoved = time;
    if (frames() !== this.#frames) this.#framesMoved = time;
    this.#audioTime = audioTime();
    this.#frames = frames();
    // Somebody may also set the clock back.
    if (paused > SLEPT_MS || paused < 0) {
      if (running() && heard < paused / 2) this.#parts.onSlept(Math.round(paused / 1_000));
      // Everything gets its time to wake up.
      this.#audioMoved = this.#framesMoved = time;
      if (!Number.isNaN(this.#stillSince)) this.#stillSince = time;
    }
    if (running()) this.#judge(time);
    // What stands still is stopped and started to get it going: that is no sign of life.
    else if (Number.isNaN(this.#stillSince)) this.#audioMoved = this.#framesMoved = time;
  }

  #judge(time: number): void {
    const { onStill, onFlowing, onDead } = this.#parts;
    const still =
      time - this.#audioMoved >= STILL_MS ? "device" : time - this.#framesMoved >= STILL_MS ? "frames" : null;
    if (still === null) {
      if (!Number.isNaN(this.#stillSince)) onFlowing();
      this.#stillSince = Number.NaN;
    } else if (Number.isNaN(this.#stillSince)) {
      this.#stillSince = time;
      onStill(still);
    } else if (time - this.#stillSince >= PATIENCE_MS) {
      this.#stillSince = Number.NaN;
      this.#audioMoved = this.#framesMoved = time;
      onDead(still);
    }
  }
}

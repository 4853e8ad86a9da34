/**
 * The clock by which events grow old. The computer's may be set while the monitor runs, or be wrong when it starts: one
 * that is forty days ahead would make everything old at once. This one runs by the time that really passed, and takes
 * over what passed while no monitor ran, which nobody can know, a day's worth an hour.
 */

import type { Database } from "./database.ts";

/** What is kept of it from run to run, in milliseconds. */
export interface KeptClock {
  /** Its own time. */
  readonly time: number;
  /** What it still has to take over. */
  readonly owed: number;
  /** What has to be added to what the computer's clock says, which was set ahead while a monitor ran; mostly 0. */
  readonly offset: number;
  /** Time in which a monitor ran. */
  readonly ran: number;
  /** When the newest pause was found. */
  readonly doubted: number;
}

export interface Look {
  /** The time by which ages count. */
  readonly now: number;
  /** How far the computer's clock jumped since the last look, or while no monitor ran; 0 for what is no jump. */
  readonly jump: number;
  /** Whether no monitor ran in between. */
  readonly first: boolean;
}

interface Clocks {
  /** What the computer's clock says, as Date.now. */
  readonly wall: () => number;
  /** Milliseconds that passed, which nobody can set, as performance.now. */
  readonly elapsed: () => number;
}

/** Taken over beside what passes. */
const CATCH_UP = 23;
/** Clocks that are kept right by a server are moved by less. */
const JUMP_MS = 60_000;
/** A restart takes less; a longer pause may be one, or a clock that is wrong. */
const PAUSE_MS = 3_600_000;
const SURE_MS = 12 * PAUSE_MS;
/** Earlier settings of the clock that this run remembers. */
const MOST_SETTINGS = 50;

export class RetentionClock {
  #time: number;
  #owed: number;
  #ran: number;
  readonly #doubted: number;
  /** At the start, and now: a clock that is behind changes nothing, as it will be set. */
  readonly #offsetBefore: number;
  #offset: number;
  #wall: number;
  #elapsed: number;
  #jump: number;
  #first = true;
  /** From which time of the computer's clock on what has to be added to it to get full time. */
  readonly #settings: { readonly wall: number; readonly offset: number }[] = [];

  /**
   * @param kept where it stood when the monitor was last there.
   * @param newest where nothing was kept: a time at which there surely was one, as that of the newest event.
   */
  constructor(
    kept: KeptClock | undefined,
    newest: number | undefined,
    private readonly clocks: Clocks,
  ) {
    this.#wall = clocks.wall();
    this.#elapsed = clocks.elapsed();
    const time = newest ?? this.#wall;
    const last = kept ?? { time, owed: 0, offset: 0, ran: time, doubted: time };
    this.#ran = last.ran;
    this.#offsetBefore = last.offset;
    this.#offset = last.offset;
    const pause = this.#wall + last.offset - (last.time + last.owed);
    const full = last.time + last.owed + pause;
    // A pause that a later start, half a day on, still finds as long was one: whoever starts us every night is no clock.
    const sure = pause >= 0 && full - last.doubted >= SURE_MS ? last.owed : 0;
    this.#time = last.time + sure;
    this.#owed = Math.max(0, last.owed - sure + pause);
    this.#doubted = pause > PAUSE_MS ? full : last.doubted;
    this.#jump = Math.abs(pause) > PAUSE_MS ? pause : 0;
    this.#noteSetting();
  }

  /** For a new event of this time by the computer's clock: by which its age will count. Never in the future. */
  stampOf(at: number): number {
    this.#advance();
    const setting = this.#settings.findLast(({ wall }) => at >= wall - JUMP_MS) ?? this.#settings[0];
    return Math.min(at + setting.offset, this.#fullTime);
  }

  look(): Look {
    this.#advance();
    const look = { now: this.#time, jump: this.#jump, first: this.#first };
    this.#jump = 0;
    this.#first = false;
    return look;
  }

  /** Events of a time when the clock was ahead are as old as they can be: new. */
  forgetTheFuture(database: Database): void {
    const time = Math.round(this.#fullTime);
    database.run("UPDATE event SET added = ? WHERE coalesce(added, at) > ?", [time, time]);
  }

  get kept(): KeptClock {
    this.#advance();
    const [time, owed, offset, ran, doubted] = [
      ...[this.#time, this.#owed, this.#offset, this.#ran],
      this.#doubted,
    ].map(Math.round);
    return { time, owed, offset, ran, doubted };
  }

  /** Time in which a monitor ran, and nothing else: by it what waits to be sent is tried again and given up. */
  get ran(): number {
    this.#advance();
    return this.#ran;
  }

  /** Its time once all is taken over: what is new counts from there. */
  get #fullTime(): number {
    return this.#time + this.#owed;
  }

  #advance(): void {
    const wall = this.clocks.wall();
    const elapsed = this.clocks.elapsed();
    const passed = elapsed - this.#elapsed;
    const jump = wall - this.#wall - passed;
    const taken = Math.min(this.#owed, CATCH_UP * passed);
    this.#time += passed + taken;
    this.#ran += passed;
    this.#owed -= taken;
    this.#wall = wall;
    this.#elapsed = elapsed;
    if (Math.abs(jump) <= JUMP_MS) return;
    this.#jump += jump;
    // Set back: what is owed was never time.
    if (jump < 0) this.#owed = Math.max(0, this.#owed + jump);
    this.#offset = Math.min(this.#offsetBefore, this.#fullTime - wall);
    this.#noteSetting();
  }

  #noteSetting(): void {
    this.#settings.push({ wall: this.#wall, offset: this.#fullTime - this.#wall });
    if (this.#settings.length > MOST_SETTINGS) this.#settings.shift();
  }
}

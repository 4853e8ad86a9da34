/**
 * Keeps the closed events of one input. What cannot be written is tried again until it can, later and later. What waits
 * is bounded: then files wait too, and of live sound the oldest event is given up, which is told. An event that fails
 * again and again while others are kept is at fault itself, and is given up likewise: it costs nobody else anything.
 */
import { type BackOff, backOffMs } from "../protocol/back-off.ts";
import type { Feed } from "./feed.ts";
import { waitingDetail } from "./inputs/endless.ts";
import type { MonitorEvent } from "./protocol.ts";
import { type Sleep, sleep } from "./sleep.ts";

interface EventKeeperParts {
  readonly feed: Feed;
  /** Writes the event; when it has returned, the event survives a kill. Called again after it failed. */
  readonly write: (event: MonitorEvent, clip: Uint8Array) => Promise<void>;
  /** Told of every event that is kept. */
  readonly onKept: () => void;
  /** Told, for people, why something is not kept and when the next try is. */
  readonly onRetry: (detail: string) => void;
  readonly sleep?: Sleep | undefined;
  readonly random?: (() => number) | undefined;
  /** Bytes of clips that may wait. Default 64 MB. */
  readonly limit?: number | undefined;
}

interface Unkept {
  readonly event: MonitorEvent;
  readonly clip: Uint8Array;
  tries: number;
  /** How many events had been kept when it failed for the first time. */
  readonly keptBefore: number;
}

const BACK_OFF: BackOff = { firstMs: 1000, longestMs: 30_000 };
const LIMIT = 64e6;
const MOST_TRIES = 5;

export class EventKeeper {
  #unkept: Unkept[] = [];
  #kept = 0;
  #problem = "";
  #retrying: Promise<void> | undefined;
  /** The wait and the tries that are under way. */
  #round: Promise<void> = Promise.resolve();

  constructor(
    private readonly input: string,
    private readonly signal: AbortSignal,
    private readonly parts: EventKeeperParts,
  ) {}

  get waits(): boolean {
    return this.#unkept.length > 0;
  }

  /** Whether more waits than may. */
  get full(): boolean {
    const bytes = this.#unkept.reduce((sum, { clip }) => sum + clip.length, 0);
    return this.#unkept.length > 1 && bytes > (this.parts.limit ?? LIMIT);
  }

  /** Resolves when the event is kept, or failed for the first time: then it is tried again by itself. */
  async keep(event: MonitorEvent, clip: Uint8Array): Promise<void> {
    const unkept = { event, clip, tries: 0, keptBefore: this.#kept };
    this.#unkept.push(unkept);
    if (this.#retrying) return;
    await this.#try(unkept);
    if (!this.waits) return;
    this.#tell(`event ${event.id} cannot be kept: ${this.#problem}; it is tried again`);
    this.#retry();
  }

  /** Until no more waits than may, or all is kept, or the signal is aborted. */
  async room(how: "some" | "all"): Promise<void> {
    while (this.#retrying && !this.signal.aborted && (how === "all" ? this.waits : this.full)) {
      await this.#round;
    }
  }

  /** Gives up the oldest until no more waits than may. */
  giveUpOldest(): void {
    while (this.full) this.#giveUp(this.#unkept[0]!, "more events wait than there is memory for");
  }

  /** A last try. What is not kept then is lost, unless it will be `heardAgain`. */
  async close(heardAgain: boolean): Promise<void> {
    await this.#retrying;
    await this.#tryAll();
    for (const unkept of heardAgain ? [] : [...this.#unkept]) this.#giveUp(unkept, this.#problem);
  }

  #retry(): void {
    this.#retrying = this.#tryAgain().finally(() => {
      this.#retrying = undefined;
      // One may have come between its last look and its end.
      if (this.waits && !this.signal.aborted) this.#retry();
    });
  }

  async #tryAgain(): Promise<void> {
    for (let attempt = 0; this.waits && !this.signal.aborted; attempt++) {
      const kept = this.#kept;
      this.#round = this.#tryLater(backOffMs(attempt, BACK_OFF, this.parts.random));
      await this.#round;
      if (this.#kept > kept) attempt = 0;
    }
    this.#tellCount();
  }

  async #tryLater(ms: number): Promise<void> {
    this.#tellCount();
    this.parts.onRetry(waitingDetail(`events cannot be kept: ${this.#problem}`, ms));
    await (this.parts.sleep ?? sleep)(ms, this.signal);
    if (!this.signal.aborted) await this.#tryAll();
  }

  async #tryAll(): Promise<void> {
    for (const unkept of [...this.#unkept]) await this.#try(unkept);
  }

  async #try(unkept: Unkept): Promise<void> {
    try {
      await this.parts.write(unkept.event, unkept.clip);
    } catch (error) {
      unkept.tries++;
      this.#problem = (error as Error).message;
      const fault = faultOf(error as Error);
      const itsOwn = fault === "event" || (fault === "system" && this.#kept > unkept.keptBefore);
      if (unkept.tries >= MOST_TRIES && itsOwn) this.#giveUp(unkept, this.#problem);
      return;
    }
    this.#remove(unkept);
    this.#kept++;
    this.parts.feed.tell({ type: "closed", event: unkept.event });
    this.parts.onKept();
  }

  #giveUp(unkept: Unkept, reason: string): void {
    this.#remove(unkept);
    this.#tell(`event ${unkept.event.id} is lost: ${reason}`);
    this.parts.feed.tell({ type: "lost", input: this.input });
    this.#tellCount();
  }

  #remove(unkept: Unkept): void {
    this.#unkept = this.#unkept.filter((each) => each !== unkept);
  }

  #tell(message: string): void {
    this.parts.feed.tell({ type: "problem", input: this.input, message });
  }

  #tellCount(): void {
    this.parts.feed.tell({ type: "pending", input: this.input, what: "events", count: this.#unkept.length });
  }
}

/**
 * Whose fault it is that an event cannot be written. A disk without room may have room again, and may have some for a
 * shorter clip meanwhile; what else the system refuses may be for all or for this one.
 */
function faultOf(error: Error): "room" | "system" | "event" {
  const { code, name, message } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return "room";
  if (name === "SQLite3Error") return /full|disk I\/O/i.test(message) ? "room" : "system";
  return typeof code === "string" ? "system" : "event";
}

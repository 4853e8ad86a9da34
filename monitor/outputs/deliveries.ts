/**
 * Messages that must arrive, kept in the database until they did: they survive a stop of the monitor and of whoever
 * gets them. Each target is served on its own and in order, one message at a time; a failure is tried again later and
 * later, but a message that its target will never take is given up at once, as all behind it would wait for it.
 */
import { type BackOff, backOffMs } from "../../protocol/back-off.ts";
import { type Sleep, sleep } from "../sleep.ts";
import type { Database } from "../storage/database.ts";

/** Sends one message; rejects when it did not arrive, with one of the two errors below where it is known what that means. */
export type Send = (body: string, id: number) => Promise<void>;

/** The target will not take this message, however often it gets it. */
export class RefusedForGood extends Error {
  override name = "RefusedForGood";
}

/** The target says when to come again. */
export class TryLater extends Error {
  override name = "TryLater";
  constructor(
    message: string,
    readonly waitMs: number,
  ) {
    super(message);
  }
}

export type DeliveryResult = "sent" | "failed" | "refused" | "given-up";

export interface DeliveryOptions {
  readonly backOff?: BackOff;
  /** Messages older than this are given up. Default 3 days. */
  readonly longestMs?: number;
  /** Messages kept for one target; beyond it the oldest are given up. Default 10,000. */
  readonly most?: number;
  readonly now?: () => number;
  /** By which messages grow old. Default: `now`. */
  readonly ages?: () => number;
  readonly sleep?: Sleep;
  readonly random?: () => number;
  /** "failed" is tried again; "refused" and "given-up" (too old, or too many) are not. */
  readonly onResult?: (target: string, result: DeliveryResult, problem?: string) => void;
}

const BACK_OFF: BackOff = { firstMs: 5_000, longestMs: 3_600_000 };
const LONGEST_MS = 3 * 24 * 3600 * 1000;
/** New messages wake a target at once; this is only how often clocks that were set are noticed. */
const LONGEST_SLEEP_MS = 60_000;
/** So often a target's own word for when to come again counts alone, from this much on. */
const TRUSTED_ATTEMPTS = 5;
const LEAST_WAIT_MS = 1000;
/** A database that cannot be written, as on a full disk, is asked again after so long. */
const DATABASE_TROUBLE_MS = 10_000;

interface Row {
  readonly id: number;
  readonly body: string;
  readonly attempts: number;
  readonly nextAt: number;
}

export class Deliveries {
  readonly #stop = new AbortController();
  readonly #wakes = new Map<string, () => void>();
  /** Targets for which there is something new since they were last looked at. */
  readonly #news = new Set<string>();
  /** Targets of which the next message need not wait its time. */
  readonly #thereAgain = new Set<string>();
  /** When messages that failed in this run are tried again, by a clock that nobody can set. */
  readonly #due = new Map<number, number>();
  /** Messages that are done with, and that the database could not be told of. */
  readonly #done = new Set<number>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly targets: ReadonlyMap<string, Send>,
    private readonly options: DeliveryOptions = {},
  ) {}

  start(): void {
    this.#forgetOthers();
    this.#trustNoFuture();
    this.#running = Promise.all([...this.targets].map(([target, send]) => this.#serve(target, send)));
  }

  /** Times of a clock that was ahead, or of an earlier version, which went by the computer's, count as now. */
  #trustNoFuture(): void {
    const { longestMs = LONGEST_MS, now = Date.now } = this.options;
    const time = Math.round(now());
    try {
      this.database.run("UPDATE delivery SET next_at = ?1 WHERE created_at > ?1 OR next_at > ?2", [
        time,
        time + longestMs,
      ]);
      this.database.run("UPDATE delivery SET created_at = ?1 WHERE created_at > ?1", [time]);
    } catch {
      // A full disk: the next start tries again, and meanwhile what waits is sent later than it could be.
    }
  }

  /** There is something new to send. */
  wake(): void {
    for (const target of this.targets.keys()) this.#wake(target);
  }

  /** The target is there again: what waits for it is sent at once. */
  retry(target: string): void {
    this.#thereAgain.add(target);
    this.#wake(target);
  }

  /** Messages that wait for a target. */
  waiting(target: string): number {
    return Number(this.database.get("SELECT count(*) AS n FROM delivery WHERE target = ?", [target])?.["n"]);
  }

  /** Ends after the messages that are under way; what waits is kept. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.wake();
    await this.#running;
  }

  /** Messages for targets that there are no more: they wait as long as any, in case theirs comes back. */
  #forgetOthers(): void {
    const { longestMs = LONGEST_MS, now = Date.now, ages = now } = this.options;
    const known = [...this.targets.keys()];
    try {
      this.database.run(
        `DELETE FROM delivery WHERE created_at < ? AND target NOT IN (${known.map(() => "?").join(", ")})`,
        [ages() - longestMs, ...known],
      );
    } catch {
      // A disk that is full now has room at another start.
    }
  }

  #wake(target: string): void {
    this.#news.add(target);
    this.#wakes.get(target)?.();
  }

  async #serve(target: string, send: Send): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#news.delete(target);
      let wait: number;
      try {
        wait = await this.#step(target, send);
      } catch (error) {
        this.options.onResult?.(target, "failed", `the database: ${(error as Error).message}`);
        wait = DATABASE_TROUBLE_MS;
      }
      if (wait > 0) await this.#rest(target, Math.min(wait, LONGEST_SLEEP_MS));
    }
  }

  /** At most one message. @returns milliseconds until there may be something to do. Rejects when the database does. */
  async #step(target: string, send: Send): Promise<number> {
    const { onResult } = this.options;
    this.#giveUp(target);
    const row = this.#next(target);
    if (!row) return LONGEST_SLEEP_MS;
    const wait = this.#waitOf(row);
    if (wait > 0 && !this.#thereAgain.delete(target)) return wait;
    if (!this.#done.has(row.id)) {
      try {
        await send(row.body, row.id);
        onResult?.(target, "sent");
      } catch (error) {
        const problem = (error as Error).message.slice(0, 500);
        if (!(error instanceof RefusedForGood)) {
          this.#postpone(row, problem, error instanceof TryLater ? error.waitMs : undefined);
          onResult?.(target, "failed", problem);
          return 0;
        }
        onResult?.(target, "refused", problem);
      }
      this.#done.add(row.id);
    }
    this.database.run("DELETE FROM delivery WHERE id = ?", [row.id]);
    this.#done.delete(row.id);
    this.#due.delete(row.id);
    return 0;
  }

  /** Over a restart only the computer's clock tells; one that was set since may not hold a message for ever. */
  #waitOf({ id, nextAt }: Row): number {
    const { longestMs = LONGEST_MS, now = Date.now } = this.options;
    const due = this.#due.get(id);
    if (due !== undefined) return due - this.#elapsed();
    const wait = nextAt - now();
    return wait > longestMs ? 0 : wait;
  }

  #elapsed(): number {
    return this.options.now?.() ?? performance.now();
  }

  #postpone({ id, attempts }: Row, problem: string, wantedMs: number | undefined): void {
    const { backOff = BACK_OFF, longestMs = LONGEST_MS, now = Date.now, random } = this.options;
    const usual = backOffMs(attempts, backOff, random);
    // What the other side says is better than our guess, but for one that says "at once" again and again.
    const least = attempts < TRUSTED_ATTEMPTS ? LEAST_WAIT_MS : usual;
    const wait = wantedMs === undefined ? usual : Math.max(least, Math.min(wantedMs, longestMs));
    this.#due.set(id, this.#elapsed() + wait);
    this.database.run("UPDATE delivery SET attempts = attempts + 1, next_at = ?, problem = ? WHERE id = ?", [
      now() + Math.round(wait),
      problem,
      id,
    ]);
  }

  /** The oldest message: those behind it wait, so that they arrive in order. */
  #next(target: string): Row | undefined {
    const row = this.database.get(
      "SELECT id, body, attempts, next_at FROM delivery WHERE target = ? ORDER BY id LIMIT 1",
      [target],
    );
    return row
      ? {
          id: Number(row["id"]),
          body: String(row["body"]),
          attempts: Number(row["attempts"]),
          nextAt: Number(row["next_at"]),
        }
      : undefined;
  }

  #giveUp(target: string): void {
    const { longestMs = LONGEST_MS, most = 10_000, now = Date.now, ages = now, onResult } = this.options;
    const { changes } = this.database.run(
      `DELETE FROM delivery WHERE target = ?1 AND (created_at < ?2 OR id <=
        (SELECT id FROM delivery WHERE target = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?3))`,
      [target, ages() - longestMs, most],
    );
    if (changes > 0) this.#due.clear();
    for (let n = 0; n < changes; n++) onResult?.(target, "given-up");
  }

  async #rest(target: string, ms: number): Promise<void> {
    const rest = new AbortController();
    this.#wakes.set(target, () => rest.abort());
    if (!this.#news.has(target)) await (this.options.sleep ?? sleep)(ms, rest.signal);
    this.#wakes.delete(target);
  }
}

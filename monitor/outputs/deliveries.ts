/**
 * Messages that must arrive, kept in the database until they did: they survive a stop of the monitor and of whoever
 * gets them. Each target is served in order, one message at a time; a failure is tried again later and later.
 */
import { type BackOff, backOffMs } from "../../protocol/back-off.ts";
import { type Sleep, sleep } from "../sleep.ts";
import type { Database } from "../storage/database.ts";

/** Sends one message; rejects when it did not arrive. */
export type Send = (body: string, id: number) => Promise<void>;

export interface DeliveryOptions {
  readonly backOff?: BackOff;
  /** Messages older than this are given up. Default 3 days. */
  readonly longestMs?: number;
  /** Messages kept for one target; beyond it the oldest are given up. Default 10,000. */
  readonly most?: number;
  readonly now?: () => number;
  readonly sleep?: Sleep;
  readonly random?: () => number;
  readonly onResult?: (target: string, result: "sent" | "failed" | "given-up", problem?: string) => void;
}

const BACK_OFF: BackOff = { firstMs: 5_000, longestMs: 3_600_000 };
const DAY = 24 * 3600 * 1000;
/** New messages wake a target at once; this is only how often clocks that were set are noticed. */
const LONGEST_SLEEP_MS = 60_000;

interface Row {
  readonly id: number;
  readonly body: string;
  readonly attempts: number;
  readonly nextAt: number;
}

export class Deliveries {
  readonly #stop = new AbortController();
  readonly #wakes = new Map<string, () => void>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly targets: ReadonlyMap<string, Send>,
    private readonly options: DeliveryOptions = {},
  ) {}

  start(): void {
    this.#running = Promise.all([...this.targets].map(([target, send]) => this.#serve(target, send)));
  }

  /** There is something new to send. */
  wake(): void {
    for (const wake of this.#wakes.values()) wake();
  }

  /** The target is there again: what waits for it is sent at once. */
  retry(target: string): void {
    this.database.run("UPDATE delivery SET next_at = 0 WHERE target = ?", [target]);
    this.#wakes.get(target)?.();
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

  async #serve(target: string, send: Send): Promise<void> {
    const { backOff = BACK_OFF, now = Date.now, random, onResult } = this.options;
    while (!this.#stop.signal.aborted) {
      this.#giveUp(target);
      const row = this.#next(target);
      const wait = row ? row.nextAt - now() : LONGEST_SLEEP_MS;
      if (!row || wait > 0) {
        await this.#rest(target, Math.min(wait, LONGEST_SLEEP_MS));
        continue;
      }
      try {
        await send(row.body, row.id);
        this.database.run("DELETE FROM delivery WHERE id = ?", [row.id]);
        onResult?.(target, "sent");
      } catch (error) {
        const problem = (error as Error).message.slice(0, 500);
        const nextAt = now() + Math.round(backOffMs(row.attempts, backOff, random));
        this.database.run(
          "UPDATE delivery SET attempts = attempts + 1, next_at = ?, problem = ? WHERE id = ?",
          [nextAt, problem, row.id],
        );
        onResult?.(target, "failed", problem);
      }
    }
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
    const { longestMs = 3 * DAY, most = 10_000, now = Date.now, onResult } = this.options;
    const { changes } = this.database.run(
      `DELETE FROM delivery WHERE target = ?1 AND (created_at < ?2 OR id <=
        (SELECT id FROM delivery WHERE target = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?3))`,
      [target, now() - longestMs, most],
    );
    for (let n = 0; n < changes; n++) onResult?.(target, "given-up");
  }

  async #rest(target: string, ms: number): Promise<void> {
    const rest = new AbortController();
    this.#wakes.set(target, () => rest.abort());
    if (!this.#stop.signal.aborted) await (this.options.sleep ?? sleep)(ms, rest.signal);
    this.#wakes.delete(target);
  }
}

/**
 * Answers on their way to the server: one at a time, in order, again and again until it has them. They are kept by this
 * browser too, so that a closed tab loses nothing.
 */
import { keyHere } from "../../client/kit/key-here.ts";
import { backOffMs } from "../../protocol/back-off.ts";
import type { Progress, StudyAction, StudyEvent } from "../protocol.ts";
import { Denied, send } from "./api.ts";
import { randomId } from "./participant.ts";

const BACK_OFF = { firstMs: 500, longestMs: 10_000 };

interface OutboxEvents {
  /** How many answers wait; `failing` when the last try came to nothing. */
  changed(waiting: number, failing: boolean): void;
  /** The server does not go along: what waited is given up, and its progress counts. */
  refused(progress: Progress): void;
  /** The server will take nothing more, for the reason given. */
  denied(reason: string): void;
}

export class Outbox {
  #waiting: StudyEvent[];
  #running = false;
  readonly #key: string;

  constructor(
    private readonly participant: string,
    private readonly events: OutboxEvents,
  ) {
    this.#key = keyHere(`listenable.study.waiting.${participant}`);
    this.#waiting = this.#kept();
  }

  /** What an earlier visit could not send. */
  get actions(): readonly StudyAction[] {
    return this.#waiting.map(({ action }) => action);
  }

  push(action: StudyAction): void {
    this.#waiting.push({ id: randomId(), action });
    this.#keep();
    void this.run();
  }

  /** Sends what waits. */
  async run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    let failures = 0;
    while (this.#waiting.length > 0) {
      this.events.changed(this.#waiting.length, failures > 0);
      try {
        const { refused, progress } = await send(this.participant, this.#waiting[0]);
        failures = 0;
        this.#waiting.shift();
        if (refused !== undefined) {
          this.#waiting = [];
          this.events.refused(progress);
        }
        this.#keep();
      } catch (error) {
        if (error instanceof Denied) {
          this.events.denied(error.message);
          break;
        }
        this.events.changed(this.#waiting.length, true);
        const wait = backOffMs(failures++, BACK_OFF);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
    this.#running = false;
    this.events.changed(this.#waiting.length, false);
  }

  #kept(): StudyEvent[] {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }

  #keep(): void {
    try {
      if (this.#waiting.length > 0) localStorage.setItem(this.#key, JSON.stringify(this.#waiting));
      else localStorage.removeItem(this.#key);
    } catch {
      // Storage may be forbidden or full; the answers still go out from memory.
    }
  }
}

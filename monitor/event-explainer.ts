/**
 * Explains closed events one after the other, the oldest first. The queue is the store itself, so it survives a stop. What
 * cannot be read or written, as on a full disk, is tried again, later and later.
 */
import { readFile } from "node:fs/promises";
import { readWav, writeWav } from "../dsp/wav.ts";
import { classWords } from "../models/explain/class-words.ts";
import type { Pack } from "../models/pack/pack.ts";
import { ThreadLost } from "../models/runtime/model-thread-node.ts";
import { type BackOff, backOffMs } from "../protocol/back-off.ts";
import type { AnalysisThread } from "./analysis/analysis-thread.ts";
import type { EventFile } from "./event.ts";
import type { Feed } from "./feed.ts";
import type { MonitorEvent } from "./protocol.ts";
import { type Sleep, sleep as sleepFor } from "./sleep.ts";
import type { EventStore, NewDelivery } from "./storage/event-store.ts";

interface EventExplainerParts {
  readonly pack: Pack;
  readonly thread: AnalysisThread;
  readonly store: EventStore;
  readonly feed: Feed;
  /** What is sent of an event to where. */
  readonly deliveries: (event: MonitorEvent) => readonly NewDelivery[];
  readonly now?: () => number;
  readonly sleep?: Sleep;
  readonly random?: () => number;
}

/** Each try runs the model again. */
const BACK_OFF: BackOff = { firstMs: 5000, longestMs: 300_000 };

/** An event at which the thread ended or hung so often is left unexplained. */
const MOST_ATTEMPTS = 2;

const PIECE = 20;

export class EventExplainer {
  readonly #parts: EventExplainerParts;
  #running: Promise<void> | undefined;
  #again = false;
  readonly #closing = new AbortController();
  /** Rounds in a row in which something could not be kept. */
  #failures = 0;
  #waiting = false;
  /** Events of which it was told that they cannot be kept as explained. */
  readonly #told = new Set<string>();

  constructor(parts: EventExplainerParts) {
    this.#parts = parts;
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** There may be something to explain. */
  nudge(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again && !this.#closed) this.nudge();
    });
  }

  /** When all that is closed is explained, or could not be kept as explained. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** After the event that it is at. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      if (await this.#explainAll()) this.#failures = 0;
      else void this.#tryLater();
    }
  }

  /** @returns whether all that was made is kept. */
  async #explainAll(): Promise<boolean> {
    let kept = true;
    try {
      for (const event of this.#unexplained()) {
        if (this.#closed) return true;
        try {
          await this.#explain(event);
          this.#told.delete(event.id);
        } catch (error) {
          kept = false;
          this.#tellOnce(event, error as Error);
        }
      }
    } catch (error) {
      this.#parts.feed.tell({
        type: "problem",
        message: `events cannot be explained: ${(error as Error).message}; it is tried again`,
      });
      return false;
    }
    return kept;
  }

  /** A few at a time: after a bad night there may be thousands. */
  *#unexplained(): Generator<MonitorEvent> {
    for (let last: MonitorEvent | undefined; ; ) {
      const piece = this.#parts.store.unexplained(PIECE, last);
      if (piece.length === 0) return;
      yield* piece;
      last = piece[piece.length - 1];
    }
  }

  #tellOnce({ id, input }: MonitorEvent, error: Error): void {
    if (this.#told.has(id)) return;
    this.#told.add(id);
    const message = `event ${id} cannot be kept as explained: ${error.message}; it is tried again`;
    this.#parts.feed.tell({ type: "problem", input, message });
  }

  async #tryLater(): Promise<void> {
    if (this.#waiting) return;
    this.#waiting = true;
    const { sleep = sleepFor, random } = this.#parts;
    await sleep(backOffMs(this.#failures++, BACK_OFF, random), this.#closing.signal);
    this.#waiting = false;
    if (!this.#closed) this.nudge();
  }

  async #explain(event: MonitorEvent): Promise<void> {
    const { store, feed, deliveries, now = Date.now } = this.#parts;
    let done: MonitorEvent;
    let files = new Map<EventFile, Uint8Array>();
    const bytes = await this.#clip(event);
    try {
      if (!bytes) throw new Error("its clip is gone");
      const clip = readWav(bytes, event.id);
      const explained = await this.#ask(event, clip.channels[0], clip.sampleRate);
      files = new Map<EventFile, Uint8Array>([
        ["explanation", writeWav([explained.explanation], clip.sampleRate)],
        ["rest", writeWav([explained.rest], clip.sampleRate)],
        ["picture", explained.picture],
      ]);
      const { original, explanation, rest, ...others } = explained.faithfulness;
      done = {
        ...event,
        state: "explained",
        faithfulness: {
          original: rounded(original),
          explanation: rounded(explanation),
          rest: rounded(rest),
          ...others,
        },
      };
    } catch (error) {
      if (this.#closed && error instanceof ThreadLost) return;
      done = { ...event, state: "unexplained", problem: (error as Error).message };
    }
    // Retention may have taken it meanwhile.
    if (!store.get(event.id)) return;
    await store.explain(done, files, deliveries(done), now());
    feed.tell({ type: "explained", event: done });
  }

  /** Undefined when there is none. @throws Error when it cannot be read now. */
  #clip({ id }: MonitorEvent): Promise<Buffer | undefined> {
    return readFile(this.#parts.store.file(id, "clip")).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
  }

  async #ask(event: MonitorEvent, samples: Float32Array, sampleRate: number) {
    const { thread, pack } = this.#parts;
    const [heard] = event.classes;
    const offset = event.clip.before - event.start;
    const name = classWords(heard.label);
    const task = {
      samples,
      sampleRate,
      heard: { label: heard.label, start: heard.start + offset, end: heard.end + offset },
      title: `${name} · ${Math.round(100 * heard.confidence)} %`,
      subtitle: `${event.input} · ${event.at.slice(0, 19).replace("T", " ")} UTC · ${event.method} · ${pack.title} ${pack.version}`,
    };
    for (let attempt = 1; ; attempt++) {
      try {
        return await thread.ask("explain", task);
      } catch (error) {
        if (!(error instanceof ThreadLost) || attempt === MOST_ATTEMPTS || this.#closed) throw error;
      }
    }
  }
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

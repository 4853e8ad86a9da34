/** Explains closed events one after the other, the oldest first. The queue is the store itself, so it survives a stop. */
import { readFile } from "node:fs/promises";
import { readWav, writeWav } from "../dsp/wav.ts";
import type { Pack } from "../models/pack/pack.ts";
import { ThreadLost } from "../models/runtime/model-thread-node.ts";
import type { AnalysisThread } from "./analysis/analysis-thread.ts";
import type { EventFile } from "./event.ts";
import type { Feed } from "./feed.ts";
import type { MonitorEvent } from "./protocol.ts";
import type { EventStore, NewDelivery } from "./storage/event-store.ts";

interface EventExplainerParts {
  readonly pack: Pack;
  readonly thread: AnalysisThread;
  readonly store: EventStore;
  readonly feed: Feed;
  /** What is sent of an event to where. */
  readonly deliveries: (event: MonitorEvent) => readonly NewDelivery[];
  readonly now?: () => number;
}

/** An event at which the thread ended or hung so often is left unexplained. */
const MOST_ATTEMPTS = 2;

export class EventExplainer {
  readonly #parts: EventExplainerParts;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(parts: EventExplainerParts) {
    this.#parts = parts;
  }

  /** There may be something to explain. */
  nudge(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again && !this.#closed) this.nudge();
    });
  }

  /** When all that is closed is explained. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** After the event that it is at. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { store, feed } = this.#parts;
    while (this.#again && !this.#closed) {
      this.#again = false;
      for (const event of store.unexplained()) {
        if (this.#closed) return;
        try {
          await this.#explain(event);
        } catch (error) {
          feed.tell({
            type: "problem",
            input: event.input,
            message: `event ${event.id} cannot be kept as explained: ${(error as Error).message}`,
          });
        }
      }
    }
  }

  async #explain(event: MonitorEvent): Promise<void> {
    const { store, feed, deliveries, now = Date.now } = this.#parts;
    let done: MonitorEvent;
    let files = new Map<EventFile, Uint8Array>();
    try {
      const clip = readWav(await readFile(store.file(event.id, "clip")), event.id);
      const explained = await this.#ask(event, clip.channels[0], clip.sampleRate);
      files = new Map<EventFile, Uint8Array>([
        ["explanation", writeWav([explained.explanation], clip.sampleRate)],
        ["rest", writeWav([explained.rest], clip.sampleRate)],
        ["picture", explained.picture],
      ]);
      const { original, explanation, rest, badge, windows } = explained.faithfulness;
      done = {
        ...event,
        state: "explained",
        faithfulness: {
          original: rounded(original),
          explanation: rounded(explanation),
          rest: rounded(rest),
          badge,
          windows,
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

  async #ask(event: MonitorEvent, samples: Float32Array, sampleRate: number) {
    const { thread, pack } = this.#parts;
    const [heard] = event.classes;
    const offset = event.clip.before - event.start;
    const name = heard.label.replaceAll("_", " ");
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

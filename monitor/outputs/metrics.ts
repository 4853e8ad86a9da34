/** Figures for Prometheus. */
import { Counter, Gauge, Registry } from "prom-client";
import type { FeedMessage } from "../feed.ts";

interface MetricsSources {
  readonly eventBytes: () => number;
  readonly listeners: () => number;
  readonly lateSeconds: () => number;
  /** Events that the database still has to be made anew of. */
  readonly toRebuild?: () => number;
  /** Messages that wait, by kind of target. */
  readonly waiting: () => ReadonlyMap<string, number>;
}

export class MonitorMetrics {
  readonly #registry = new Registry();
  readonly #windows = this.#counter("windows_total", "Windows of sound that the model was asked about", [
    "input",
  ]);
  readonly #events = this.#counter("events_total", "Events kept, by the class they are called", [
    "input",
    "label",
  ]);
  readonly #badges = this.#counter("explanations_total", "Explanations made, by faithfulness", ["badge"]);
  readonly #discarded = this.#counter("discarded_total", "Clips thrown away because of a class in them", [
    "input",
    "label",
  ]);
  readonly #dropped = this.#counter(
    "dropped_seconds_total",
    "Live sound thrown away, analysis being behind",
    ["input"],
  );
  readonly #connects = this.#counter("connects_total", "Times that an input was opened", ["input"]);
  readonly #problems = this.#counter("problems_total", "Things that went wrong and were told", ["input"]);
  readonly #deliveries = this.#counter("deliveries_total", "Messages sent, failed or given up", [
    "target",
    "result",
  ]);
  readonly #running = this.#gauge("input_running", "1 while sound comes from the input");
  readonly #waiting = this.#gauge(
    "input_waiting",
    "1 while something is wrong with the input and tried again",
  );
  readonly #ended = this.#gauge("input_ended", "1 when nothing will come from the input any more");
  readonly #pending = {
    events: this.#gauge("events_unkept", "Closed events that wait to be written"),
    files: this.#gauge("files_unread", "Files that could not be read and are tried again"),
  };
  readonly #lost = this.#counter("events_lost_total", "Closed events that could not be kept", ["input"]);
  readonly #level = this.#gauge("input_level_db", "Level of the input in dB of full scale");

  constructor(sources: MetricsSources) {
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name: `listenable_monitor_${name}`,
        help,
        registers: [this.#registry],
        collect() {
          this.set(read());
        },
      });
    gauge("event_bytes", "Space that all events take", sources.eventBytes);
    gauge(
      "events_to_rebuild",
      "Events that the database has still to be made anew of",
      sources.toRebuild ?? (() => 0),
    );
    gauge("listeners", "Listeners to live sound", sources.listeners);
    gauge("listener_late_seconds", "Live sound that slow listeners did not get", sources.lateSeconds);
    new Gauge({
      name: "listenable_monitor_deliveries_waiting",
      help: "Messages that wait to be sent",
      labelNames: ["target"],
      registers: [this.#registry],
      collect() {
        for (const [target, count] of sources.waiting()) this.set({ target }, count);
      },
    });
  }

  readonly take = (message: FeedMessage): void => {
    switch (message.type) {
      case "windows":
        this.#windows.inc({ input: message.input }, message.count);
        break;
      case "closed": {
        const { input, classes } = message.event;
        for (const { label } of classes) this.#events.inc({ input, label });
        break;
      }
      case "explained":
        this.#badges.inc({ badge: message.event.faithfulness?.badge ?? "none" });
        break;
      case "discarded":
        this.#discarded.inc({ input: message.input, label: message.label });
        break;
      case "dropped":
        this.#dropped.inc({ input: message.input }, message.seconds);
        break;
      case "input":
        if (message.state === "connecting") this.#connects.inc({ input: message.input });
        this.#running.set({ input: message.input }, message.state === "running" ? 1 : 0);
        this.#waiting.set({ input: message.input }, message.state === "waiting" ? 1 : 0);
        this.#ended.set({ input: message.input }, message.state === "ended" ? 1 : 0);
        break;
      case "pending":
        this.#pending[message.what].set({ input: message.input }, message.count);
        break;
      case "lost":
        this.#lost.inc({ input: message.input });
        break;
      case "levels":
        this.#level.set({ input: message.levels.input }, message.levels.level);
        break;
      case "notice":
      case "problem":
        this.#problems.inc({ input: message.input ?? "" });
        break;
      default:
        message satisfies never;
    }
  };

  delivered(target: string, result: string): void {
    this.#deliveries.inc({ target, result });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `listenable_monitor_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string): Gauge<"input"> {
    const labelNames = ["input"] as const;
    return new Gauge({ name: `listenable_monitor_${name}`, help, labelNames, registers: [this.#registry] });
  }
}

/** Everything that the monitor tells the outside: messages that must arrive, server-sent events, live sound, metrics. */

import { shownAddress } from "../../protocol/shown-address.ts";
import type { FeedMessage } from "../feed.ts";
import type { MonitorEvent } from "../protocol.ts";
import type { EventStore, NewDelivery } from "../storage/event-store.ts";
import { Deliveries, type DeliveryOptions, type DeliveryResult, type Send } from "./deliveries.ts";
import { EventStream } from "./event-stream.ts";
import { keptInputIds } from "./input-ids.ts";
import { LiveAudio } from "./live-audio.ts";
import { eventMessage } from "./message.ts";
import { MonitorMetrics } from "./metrics.ts";
import type { MqttOptions, MqttOutput } from "./mqtt.ts";
import { checkBroker, MQTT_TARGET } from "./mqtt-broker.ts";
import { webhook, webhookTarget } from "./webhook.ts";

export interface OutputWishes {
  readonly webhooks?: readonly string[] | undefined;
  readonly webhookSecret?: string | undefined;
  readonly mqtt?:
    | Pick<MqttOptions, "url" | "username" | "password" | "topic" | "discovery" | "reconnectMs">
    | undefined;
  readonly deliveries?: Omit<DeliveryOptions, "onResult">;
}

/** What became of a message that was not sent, for the log. */
const WHAT_BECAME: Readonly<Record<Exclude<DeliveryResult, "sent">, string>> = {
  failed: "a message did not arrive and is tried again",
  refused: "a message was refused, and is not sent again",
  "given-up": "a message was given up, as it waited too long or too many did",
};

interface OutputParts {
  readonly store: EventStore;
  /** Names. */
  readonly inputs: readonly string[];
  /** Classes that events can have. */
  readonly labels: readonly string[];
  readonly version: string;
  /** Whether what goes wrong with inputs is kept from the readers of the event stream. */
  readonly readOnly: boolean;
  readonly log: (line: string) => void;
}

export class Outputs {
  readonly stream: EventStream;
  /** By input. */
  readonly live: ReadonlyMap<string, LiveAudio>;
  readonly metrics: MonitorMetrics;
  readonly #wishes: OutputWishes;
  readonly #parts: OutputParts;
  readonly #targets: Map<string, Send>;
  readonly #deliveries: Deliveries;
  #mqtt: MqttOutput | null = null;

  /** Connects to nothing yet. @throws Error when an address is none. */
  constructor(wishes: OutputWishes, parts: OutputParts) {
    this.#wishes = wishes;
    this.#parts = parts;
    this.#targets = new Map(
      (wishes.webhooks ?? []).map((url) => [
        webhookTarget(url),
        webhook(url, { secret: wishes.webhookSecret, now: wishes.deliveries?.now }),
      ]),
    );
    const names = new Map(
      (wishes.webhooks ?? []).map((url) => [webhookTarget(url), `web hook ${shownAddress(url)}`]),
    );
    if (wishes.mqtt) checkBroker(wishes.mqtt.url);
    this.stream = new EventStream();
    this.live = new Map(parts.inputs.map((name) => [name, new LiveAudio()]));
    this.#deliveries = new Deliveries(parts.store.database, this.#targets, {
      // A clock that jumps makes no message old.
      ages: () => parts.store.clock.kept.time,
      now: () => parts.store.clock.ran,
      ...wishes.deliveries,
      onResult: (target, result, problem) => {
        this.metrics.delivered(kindOf(target), result);
        if (result === "sent") return;
        const why = problem === undefined ? "" : `: ${problem}`;
        parts.log(`${names.get(target) ?? "MQTT"}: ${WHAT_BECAME[result]}${why}`);
      },
    });
    this.metrics = new MonitorMetrics({
      eventBytes: () => parts.store.bytes,
      toRebuild: () => (parts.store.rebuilding?.total ?? 0) - (parts.store.rebuilding?.done ?? 0),
      listeners: () => this.#sumOfLive(({ listeners }) => listeners),
      lateSeconds: () => this.#sumOfLive(({ droppedSeconds }) => droppedSeconds),
      waiting: () => this.#waiting(),
    });
  }

  /** Connects, and sends what still waits from an earlier run. */
  async start(): Promise<void> {
    const { mqtt } = this.#wishes;
    if (mqtt) {
      // Loaded where there is a broker: it would take a quarter of every command's start.
      const { MqttOutput } = await import("./mqtt.ts");
      const onConnect = () => this.#deliveries.retry(MQTT_TARGET);
      const ids = keptInputIds(this.#parts.inputs, this.#parts.store.database);
      this.#mqtt = new MqttOutput({ ...mqtt, ...this.#parts, ids, onConnect });
      this.#targets.set(MQTT_TARGET, this.#mqtt.send);
    }
    this.#deliveries.start();
  }

  /** What is sent of an event to where. */
  deliveriesOf(event: MonitorEvent): NewDelivery[] {
    return [...this.#targets.keys()].map((target) => ({ target, body: eventMessage(event) }));
  }

  readonly take = (message: FeedMessage): void => {
    this.metrics.take(message);
    if (message.type === "levels" || message.type === "pending") this.stream.tell(message);
    else if (message.type === "input") {
      this.stream.tell(this.#parts.readOnly ? { ...message, detail: undefined } : message);
      this.#mqtt?.setState(message.input, message.state);
    } else if (message.type === "explained") {
      this.stream.tell({ type: "event", event: message.event });
      this.#deliveries.wake();
    }
  };

  /** Ends what is open towards listeners and readers, who would keep the server open. */
  hangUp(): void {
    for (const audio of this.live.values()) audio.close();
    this.stream.close();
  }

  /** After `hangUp`. Ends after the messages that are under way; what waits is kept. */
  async close(): Promise<void> {
    await this.#deliveries.close();
    await this.#mqtt?.close();
  }

  /** Messages that wait, by kind of target. */
  #waiting(): Map<string, number> {
    const waiting = new Map<string, number>();
    for (const target of this.#targets.keys()) {
      const kind = kindOf(target);
      waiting.set(kind, (waiting.get(kind) ?? 0) + this.#deliveries.waiting(target));
    }
    return waiting;
  }

  #sumOfLive(figure: (audio: LiveAudio) => number): number {
    return [...this.live.values()].reduce((sum, audio) => sum + figure(audio), 0);
  }
}

/** "webhook" for all of them: what tells them apart says nothing to people. */
function kindOf(target: string): string {
  return target.split(" ")[0];
}

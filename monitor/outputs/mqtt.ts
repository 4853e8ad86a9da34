/** MQTT: events with acknowledgement, the inputs' states, and Home Assistant's discovery. */
import { connect, type MqttClient } from "mqtt";
import { withoutSecrets } from "../../protocol/shown-address.ts";
import type { InputState } from "../protocol.ts";
import { RefusedForGood, type Send } from "./deliveries.ts";
import { distinct, inputIds, slug } from "./input-ids.ts";
import { checkBroker } from "./mqtt-broker.ts";

export interface MqttOptions {
  /** mqtt:// or mqtts://, user and password in it or in the next two. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** First part of every topic. Default "listenable". */
  readonly topic?: string;
  /** Home Assistant's own; null leaves discovery out. Default "homeassistant". */
  readonly discovery?: string | null | undefined;
  /** Names. */
  readonly inputs: readonly string[];
  /** Ids by name, also of inputs whose events still wait. Default: made of the names. */
  readonly ids?: ReadonlyMap<string, string>;
  /** Classes that events can have. */
  readonly labels: readonly string[];
  readonly version: string;
  /** From a lost connection to the next try. Default 5000. */
  readonly reconnectMs?: number;
  /** At every connection, the first and those after losses. */
  readonly onConnect?: () => void;
  readonly log: (line: string) => void;
}

const TIMEOUT_MS = 10_000;
/** Home Assistant's recorder keeps no attributes of an entity that are more; the event types are among them. */
const MOST_TYPES_BYTES = 16_384;
/** The one event type of packs with more classes than that: which one it was is the attribute `class`. */
const ANY_TYPE = "heard";

export class MqttOutput {
  readonly #client: MqttClient;
  readonly #options: MqttOptions;
  readonly #states = new Map<string, InputState>();
  readonly #ids: ReadonlyMap<string, string>;
  readonly #topic: string;
  #complaint = "";

  /** Connects in the background, and again whenever the connection is lost. */
  constructor(options: MqttOptions) {
    this.#options = options;
    this.#topic = options.topic ?? "listenable";
    this.#ids = inputIds(options.inputs, options.ids);
    checkBroker(options.url);
    this.#client = connect(options.url, {
      ...(options.username !== undefined && { username: options.username }),
      ...(options.password !== undefined && { password: options.password }),
      reconnectPeriod: options.reconnectMs ?? 5000,
      connectTimeout: TIMEOUT_MS,
      // What waits is kept in the database, not here.
      queueQoSZero: false,
      will: { topic: this.statusTopic, payload: Buffer.from("offline"), qos: 1, retain: true },
    });
    this.#client.on("connect", () => {
      this.#complaint = "";
      this.#greet().catch(this.#complain);
      options.onConnect?.();
    });
    this.#client.on("error", this.#complain);
  }

  /** Once for each reason: a broker that is away is asked every few seconds, for days. */
  readonly #complain = (error: Error): void => {
    const complaint = withoutSecrets(error.message, [this.#options.url]);
    if (complaint !== this.#complaint) this.#options.log(`MQTT: ${complaint}`);
    this.#complaint = complaint;
  };

  get connected(): boolean {
    return this.#client.connected;
  }

  get statusTopic(): string {
    return `${this.#topic}/status`;
  }

  /** Resolves when the broker has acknowledged the event. */
  readonly send: Send = async (body) => {
    if (!this.#client.connected) throw new Error("the broker is not connected");
    await this.#publish(this.#topicOf(inputOf(body), "event"), body);
  };

  /** Told again after every new connection. */
  setState(input: string, state: InputState): void {
    this.#states.set(input, state);
    if (this.#client.connected) this.#publishState(input, state).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#client.connected) {
      await this.#publish(this.statusTopic, "offline", true).catch(() => {});
      await this.#client.endAsync();
    } else await this.#client.endAsync(true);
  }

  async #greet(): Promise<void> {
    const { discovery = "homeassistant", inputs } = this.#options;
    if (discovery !== null) {
      for (const input of inputs) {
        for (const [topic, config] of this.#discoveryOf(input)) {
          await this.#publish(`${discovery}/${topic}/config`, JSON.stringify(config), true);
        }
      }
    }
    for (const [input, state] of this.#states) await this.#publishState(input, state);
    await this.#publish(this.statusTopic, "online", true);
  }

  async #publishState(input: string, state: InputState): Promise<void> {
    await this.#publish(this.#topicOf(input, "running"), state === "running" ? "ON" : "OFF", true);
  }

  async #publish(topic: string, payload: string, retain = false): Promise<void> {
    const published = this.#client.publishAsync(topic, payload, { qos: 1, retain });
    // A broker's words may hold its address; and late it is nobody's.
    const plain = published.catch((error: Error) => {
      throw new Error(withoutSecrets(error.message, [this.#options.url]));
    });
    plain.catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("the broker did not acknowledge")), TIMEOUT_MS);
    });
    await Promise.race([plain, late]).finally(() => clearTimeout(timer));
  }

  #idOf(input: string): string {
    return this.#ids.get(input) ?? inputIds([input], this.#ids).get(input)!;
  }

  #topicOf(input: string, what: "event" | "running"): string {
    return `${this.#topic}/${this.#idOf(input)}/${what}`;
  }

  #discoveryOf(input: string): [topic: string, config: Record<string, unknown>][] {
    const { version, labels } = this.#options;
    const types = eventTypes(labels);
    const id = `${topicId(this.#topic)}_${this.#idOf(input)}`;
    const common = {
      availability_topic: this.statusTopic,
      device: {
        identifiers: [id],
        name: `Listenable ${input}`,
        manufacturer: "Listenable",
        sw_version: version,
      },
    };
    const events = this.#topicOf(input, "event");
    return [
      [
        `event/${id}/heard`,
        {
          ...common,
          name: "Heard",
          unique_id: `${id}_heard`,
          state_topic: events,
          event_types: types,
          value_template:
            types === labels
              ? "{{ {'event_type': value_json.event_type, 'confidence': value_json.confidence, 'badge': value_json.badge, 'id': value_json.id} | tojson }}"
              : `{{ {'event_type': '${ANY_TYPE}', 'class': value_json.event_type, 'confidence': value_json.confidence, 'badge': value_json.badge, 'id': value_json.id} | tojson }}`,
          icon: "mdi:ear-hearing",
        },
      ],
      [
        `sensor/${id}/last`,
        {
          ...common,
          name: "Last heard",
          unique_id: `${id}_last`,
          state_topic: events,
          value_template: "{{ value_json.event_type }}",
          json_attributes_topic: events,
          json_attributes_template:
            "{{ {'confidence': value_json.confidence, 'badge': value_json.badge, 'at': value_json.at, 'id': value_json.id} | tojson }}",
          icon: "mdi:waveform",
        },
      ],
      [
        `binary_sensor/${id}/running`,
        {
          ...common,
          name: "Listening",
          unique_id: `${id}_running`,
          state_topic: this.#topicOf(input, "running"),
          device_class: "running",
        },
      ],
    ];
  }
}

/** The classes, or one type for all where they are thousands. */
function eventTypes(labels: readonly string[]): readonly string[] {
  return Buffer.byteLength(JSON.stringify(labels)) <= MOST_TYPES_BYTES ? labels : [ANY_TYPE];
}

/** @throws RefusedForGood for a message that no topic is for: all behind it would wait for it. */
function inputOf(body: string): string {
  try {
    const { input } = JSON.parse(body) as { input?: unknown };
    if (typeof input === "string") return input;
  } catch {
    // Told below.
  }
  throw new RefusedForGood("the message is damaged");
}

/** What tells several monitors of one Home Assistant apart; a topic in another script would leave nothing of it. */
function topicId(topic: string): string {
  return slug(topic) !== "" && /^[\x20-\x7e]+$/.test(topic) ? slug(topic) : distinct(topic);
}

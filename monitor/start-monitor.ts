/** Puts the monitor together and starts it. */
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { openPackFolder } from "../models/pack/open-pack-node.ts";
import { type Pack, packMethod } from "../models/pack/pack.ts";
import type { HttpServer } from "../server/http/index.ts";
import { analysisThread } from "./analysis/analysis-thread.ts";
import { Channel } from "./channel.ts";
import { type ChannelWishes, channelSettingsOf } from "./channel-settings.ts";
import { EventExplainer } from "./event-explainer.ts";
import { Feed, type FeedMessage } from "./feed.ts";
import { InputLog } from "./input-log.ts";
import { InputStatuses } from "./input-status.ts";
import type { Input } from "./inputs/input.ts";
import { Outputs, type OutputWishes } from "./outputs/outputs.ts";
import type { EventStore } from "./storage/event-store.ts";
import { renameInputs } from "./storage/rename-input.ts";
import { Retention, type RetentionRules } from "./storage/retention.ts";
import { type MonitorWebOptions, openPages, servePages } from "./web/pages.ts";

export interface MonitorOptions extends OutputWishes, ChannelWishes {
  /** Folder of the pack. */
  readonly pack: string;
  /** The pack's default one when absent. */
  readonly method?: string | undefined;
  readonly build?: "auto" | "native" | "wasm";
  /** Opened by the caller, closed with the monitor. */
  readonly store: EventStore;
  readonly inputs: readonly Input[];
  readonly retention?: RetentionRules;
  /** Without it nothing is served. */
  readonly web?: MonitorWebOptions | undefined;
  readonly version: string;
  readonly log: (line: string) => void;
}

export type { MonitorWebOptions };

export interface RunningMonitor {
  /** "http://127.0.0.1:8090/", where something is served. */
  readonly url?: string | undefined;
  readonly feed: Feed;
  /** For people: the runtime. */
  readonly backend: string;
  /** When all inputs have ended and their events are explained; what could not be heard, in sentences. */
  readonly finished: Promise<readonly string[]>;
  /** Reads certificate and tokens of the pages again; what cannot be used is logged, and the old ones stay. */
  reload(): Promise<void>;
  /** Ends everything; clips that are still to be explained are explained at the next start. */
  close(): Promise<void>;
}

const RETENTION_MS = 60_000;
const MOST_PROBLEMS = 100;

/** @throws PackError, or as `HttpServer.open` when the port cannot be had; nothing is left running then. */
export async function startMonitor(options: MonitorOptions): Promise<RunningMonitor> {
  const { store, inputs, log, web, version } = options;
  const { pack } = await openPackFolder(options.pack);
  const method = packMethod(pack, options.method).name;
  // What is wrong with an address should show before anything runs.
  const outputs = new Outputs(options, {
    store,
    inputs: inputs.map(({ name }) => name),
    labels: pack.labels.filter((label) => label !== pack.other),
    version,
    readOnly: web?.readOnly ?? false,
    log,
  });
  const feed = new Feed((error) => log(`what happens cannot be told to everybody: ${error.message}`));
  const threads = analysisThreads(options, method, feed);
  try {
    const [{ description: backend, notices }] = await Promise.all(
      threads.all.map((thread) => thread.start()),
    );
    for (const notice of notices) log(notice);
    const http = web && (await openPages(web, log));
    const monitor = new Monitor(options, { pack, method, backend, feed, outputs, threads, http });
    await monitor.begin();
    return monitor;
  } catch (error) {
    await Promise.all(threads.all.map((thread) => thread.close()));
    outputs.hangUp();
    throw error;
  }
}

interface MonitorParts {
  readonly pack: Pack;
  readonly method: string;
  readonly backend: string;
  readonly feed: Feed;
  readonly outputs: Outputs;
  readonly threads: ReturnType<typeof analysisThreads>;
  readonly http: HttpServer | undefined;
}

class Monitor implements RunningMonitor {
  readonly #problems = new RecentProblems();
  readonly #explainer: EventExplainer;
  readonly #channels: readonly Channel[];
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #finished: Promise<readonly string[]> = Promise.resolve([]);
  readonly #retention: Retention;
  #looks: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    private readonly options: MonitorOptions,
    private readonly parts: MonitorParts,
  ) {
    const { store, inputs, web, version } = options;
    const { pack, feed, outputs, threads, http } = parts;
    this.#retention = new Retention(store, options.retention ?? {}, options.log);
    const statuses = new InputStatuses(inputs);
    const inputLog = new InputLog(options.log);
    for (const take of [statuses.take, outputs.take, this.#problems.take, this.#logProblem, inputLog.take])
      feed.listen(take);
    this.#explainer = new EventExplainer({
      pack,
      thread: threads.explaining,
      store,
      feed,
      deliveries: (event) => outputs.deliveriesOf(event),
      now: () => Math.round(store.clock.ran),
    });
    const settings = channelSettingsOf(options, pack, parts.method);
    this.#channels = inputs.map(
      (input, n) =>
        new Channel(n, input, settings, {
          thread: threads.hearing[n % threads.hearing.length],
          store,
          feed,
          live: outputs.live.get(input.name)!,
          onClosed: () => this.#explainer.nudge(),
        }),
    );
    if (http && web) {
      const discards = [...settings.discard.keys()];
      servePages(http, web, { version, pack, store, statuses, outputs, discards });
    }
  }

  /** Removes what is too old, and hears from then on. */
  async begin(): Promise<void> {
    void this.options.store.whole().then(() => this.#onWhole());
    this.#looks = setInterval(() => void this.#retain(), RETENTION_MS).unref();
    await this.parts.outputs.start();
    this.#explainer.nudge();
    this.#running = Promise.all(this.#channels.map((channel) => this.#run(channel)));
    this.#finished = this.#running.then(async () => {
      await this.options.store.whole();
      await this.#explainer.idle();
      return this.#problems.messages;
    });
  }

  get url(): string | undefined {
    return this.parts.http?.url;
  }

  get feed(): Feed {
    return this.parts.feed;
  }

  get backend(): string {
    return this.parts.backend;
  }

  get finished(): Promise<readonly string[]> {
    return this.#finished;
  }

  async reload(): Promise<void> {
    await this.parts.http?.reload();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { outputs, threads, http } = this.parts;
    this.#stop.abort();
    clearInterval(this.#looks);
    outputs.hangUp();
    await http?.close();
    await this.#running;
    await this.#explainer.close();
    await outputs.close();
    await Promise.all(threads.all.map((thread) => thread.close()));
    this.options.store.end();
  }

  async #run(channel: Channel): Promise<void> {
    await channel.run(this.#stop.signal).catch((error: Error) => {
      this.feed.tell({ type: "problem", input: channel.input.name, message: error.message });
    });
  }

  /** The database says what the folders hold: what is too old can be told, and what is not explained yet. */
  async #onWhole(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#explainer.nudge();
    await this.#retain();
  }

  async #retain(): Promise<void> {
    const { store, inputs, log } = this.options;
    try {
      while (!this.#stop.signal.aborted && renameInputs(store.database, inputs)) await setImmediate();
    } catch (error) {
      log(
        `events of before cannot be given the names that their inputs have now: ${(error as Error).message}`,
      );
    }
    await this.#retention.look().catch((error: Error) => {
      if (!this.#stop.signal.aborted) log(`old events cannot be removed: ${error.message}`);
    });
  }

  readonly #logProblem = (message: FeedMessage): void => {
    if (message.type !== "problem") return;
    const { input, message: text } = message;
    this.options.log(input === undefined ? text : `${input}: ${text}`);
  };
}

/** One explains; the others share the inputs, as many as there are cores for. */
function analysisThreads({ pack, build = "auto", inputs }: MonitorOptions, method: string, feed: Feed) {
  const settings = { packFolder: pack, method, build } as const;
  const open = (consequence: string) =>
    analysisThread(settings, ({ message }) =>
      feed.tell({ type: "problem", message: `${message}; ${consequence}` }),
    );
  const explaining = open("its event is tried once more");
  const lanes = Math.max(1, Math.min(inputs.length, availableParallelism() - 1));
  const hearing = Array.from({ length: lanes }, () => open("the sound that it had is lost"));
  return { explaining, hearing, all: [explaining, ...hearing] };
}

/** The newest of what went wrong, in sentences. */
class RecentProblems {
  readonly messages: string[] = [];

  readonly take = (message: FeedMessage): void => {
    if (message.type === "problem") this.messages.push(message.message);
    if (this.messages.length > MOST_PROBLEMS) this.messages.shift();
  };
}

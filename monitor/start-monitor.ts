/** Puts the monitor together and starts it. */
import { availableParallelism } from "node:os";
import { openPackFolder } from "../models/pack/open-pack-node.ts";
import { type Pack, packMethod } from "../models/pack/pack.ts";
import { type AccessOptions, type HttpLog, HttpServer } from "../server/http/index.ts";
import { analysisThread } from "./analysis/analysis-thread.ts";
import { Channel, type ChannelSettings } from "./channel.ts";
import { EventExplainer } from "./event-explainer.ts";
import { Feed, type FeedMessage } from "./feed.ts";
import { InputStatuses } from "./input-status.ts";
import type { Input } from "./inputs/input.ts";
import { Outputs, type OutputWishes } from "./outputs/outputs.ts";
import type { MonitorStatus } from "./protocol.ts";
import type { EventStore } from "./storage/event-store.ts";
import { applyRetention, type RetentionRules } from "./storage/retention.ts";
import { monitorRoutes } from "./web/routes.ts";

export interface MonitorOptions extends OutputWishes {
  /** Folder of the pack. */
  readonly pack: string;
  /** The pack's default one when absent. */
  readonly method?: string | undefined;
  readonly build?: "auto" | "native" | "wasm";
  /** Opened by the caller, closed with the monitor. */
  readonly store: EventStore;
  readonly inputs: readonly Input[];
  /** Seconds from one window to the next. Default 0.25. */
  readonly stride?: number;
  /** Default: the pack's threshold, 2 of 3 windows, a gap of 1 s, a cool-down of 3 s, at most 60 s. */
  readonly detector?: Partial<Omit<ChannelSettings["detector"], "labels" | "stride">>;
  /** Decibels of full scale below which windows count as silence. Default -60. */
  readonly floor?: number;
  /** Seconds of a clip before and after its event. Default 2 each. */
  readonly before?: number;
  readonly after?: number;
  readonly discard?: ReadonlyMap<string, number>;
  readonly retention?: RetentionRules;
  /** Without it nothing is served. */
  readonly web?: MonitorWebOptions | undefined;
  readonly version: string;
  readonly log: (line: string) => void;
}

export interface MonitorWebOptions extends AccessOptions {
  readonly pages: string;
  readonly host?: string;
  readonly port: number;
  readonly readOnly?: boolean | undefined;
  readonly liveAudio?: boolean | undefined;
}

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

/** @throws PackError, or the system's error when the port cannot be had; nothing is left running then. */
export async function startMonitor(options: MonitorOptions): Promise<RunningMonitor> {
  const { store, inputs, log } = options;
  const web = options.web && withDefaults(options.web);
  const { pack } = await openPackFolder(options.pack);
  const method = packMethod(pack, options.method);
  // What is wrong with an address should show before anything runs.
  const outputs = new Outputs(options, {
    store,
    inputs: inputs.map(({ name }) => name),
    labels: pack.labels.filter((label) => label !== pack.other),
    version: options.version,
    readOnly: web?.readOnly ?? false,
    log,
  });
  const feed = new Feed();
  const threads = analysisThreads(options, method.name, feed);
  let http: HttpServer | undefined;
  let backend: string;
  try {
    const started = await Promise.all(threads.all.map((thread) => thread.start()));
    backend = started[0].description;
    for (const notice of started[0].notices) log(notice);
    // Reviews change what is kept: a name that somebody else points at this machine must not do.
    if (web) http = await HttpServer.open({ ...web, knownNamesOnly: true, log: lines(log) });
  } catch (error) {
    await Promise.all(threads.all.map((thread) => thread.close()));
    outputs.hangUp();
    throw error;
  }

  const statuses = new InputStatuses(inputs);
  const failures = new RecentProblems();
  feed.listen(statuses.take);
  feed.listen(outputs.take);
  feed.listen(failures.take);
  feed.listen((message) => {
    if (message.type !== "problem") return;
    log(message.input === undefined ? message.message : `${message.input}: ${message.message}`);
  });
  const explainer = new EventExplainer({
    pack,
    thread: threads.explaining,
    store,
    feed,
    deliveries: (event) => outputs.deliveriesOf(event),
  });
  const channelSettings = channelSettingsOf(options, pack, method.name);
  const channels = inputs.map(
    (input, n) =>
      new Channel(n, input, channelSettings, {
        thread: threads.hearing[n % threads.hearing.length],
        store,
        feed,
        live: outputs.live.get(input.name)!,
        onClosed: () => explainer.nudge(),
      }),
  );
  if (http && web) {
    const { stream, live, metrics } = outputs;
    const status = (): MonitorStatus => ({
      version: options.version,
      pack: { name: pack.name, version: pack.version, title: pack.title },
      labels: pack.labels,
      other: pack.other,
      inputs: statuses.list(!web.readOnly),
      events: store.count(),
      discarded: statuses.discarded,
      discards: [...channelSettings.discard.keys()],
      readOnly: web.readOnly,
      liveAudio: web.liveAudio,
    });
    const metricsApart = web.metricsTokenFile !== undefined;
    http.serve(
      monitorRoutes({ ...web, store, stream, live, status, metrics: () => metrics.text(), metricsApart }),
    );
  }

  const retain = () =>
    applyRetention(store, options.retention ?? {}, Date.now()).catch((error: Error) =>
      log(`old events cannot be removed: ${error.message}`),
    );
  await retain();
  const retention = setInterval(() => void retain(), RETENTION_MS).unref();
  outputs.start();
  explainer.nudge();
  const stop = new AbortController();
  const running = Promise.all(
    channels.map((channel) =>
      channel.run(stop.signal).catch((error: Error) => {
        feed.tell({ type: "problem", input: channel.input.name, message: error.message });
      }),
    ),
  );
  const finished = running.then(async () => {
    await explainer.idle();
    return failures.messages;
  });

  const close = async () => {
    stop.abort();
    clearInterval(retention);
    outputs.hangUp();
    await http?.close();
    await running;
    await explainer.close();
    await outputs.close();
    await Promise.all(threads.all.map((thread) => thread.close()));
    store.end();
  };
  let closing: Promise<void> | undefined;
  return {
    url: http?.url,
    feed,
    backend,
    finished,
    reload: async () => http?.reload(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function withDefaults(web: MonitorWebOptions) {
  const { readOnly = false, liveAudio = false } = web;
  return { ...web, readOnly, liveAudio };
}

/** What the HTTP room says, as sentences among the monitor's own. */
function lines(log: (line: string) => void): HttpLog {
  const tell = (facts: object, text: string) => {
    const { err, reason = err } = facts as { err?: Error; reason?: unknown };
    log(reason === undefined ? text : `${text}: ${reason instanceof Error ? reason.message : reason}`);
  };
  return { debug() {}, info: tell, warn: tell, error: tell };
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

function channelSettingsOf(options: MonitorOptions, pack: Pack, method: string): ChannelSettings {
  const strideFrames = Math.max(
    1,
    Math.min(pack.windowFrames, Math.round(((options.stride ?? 0.25) * pack.sampleRate) / pack.stft.hop)),
  );
  return {
    pack,
    method,
    stride: strideFrames,
    detector: {
      ignored: pack.other === undefined ? [] : [pack.other],
      threshold: pack.threshold,
      confirm: { hits: 2, of: 3 },
      gap: 1,
      coolDown: 3,
      longest: 60,
      ...options.detector,
      labels: pack.labels,
      stride: (strideFrames * pack.stft.hop) / pack.sampleRate,
    },
    floor: options.floor ?? -60,
    before: options.before ?? 2,
    after: options.after ?? 2,
    discard: options.discard ?? new Map(),
  };
}

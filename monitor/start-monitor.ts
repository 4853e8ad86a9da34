/** Puts the monitor together and starts it. */
import type { Server } from "node:http";
import { availableParallelism } from "node:os";
import { type Pack, packMethod } from "../models/pack.ts";
import { openPackFolder } from "../models/runtime/open-pack-node.ts";
import type { MonitorStatus } from "../protocol/monitor.ts";
import { AnalysisThread } from "./analysis/analysis-thread.ts";
import { Channel, type ChannelSettings } from "./channel.ts";
import { EventExplainer } from "./event-explainer.ts";
import { Feed } from "./feed.ts";
import { InputStatuses } from "./input-status.ts";
import type { Input } from "./inputs/input.ts";
import { Deliveries, type DeliveryOptions, type Send } from "./outputs/deliveries.ts";
import { EventStream } from "./outputs/event-stream.ts";
import { LiveAudio } from "./outputs/live-audio.ts";
import { eventMessage } from "./outputs/message.ts";
import { MonitorMetrics } from "./outputs/metrics.ts";
import { checkBroker, MQTT_TARGET, type MqttOptions, MqttOutput } from "./outputs/mqtt.ts";
import { webhook, webhookTarget } from "./outputs/webhook.ts";
import type { EventStore } from "./storage/event-store.ts";
import { applyRetention, type RetentionRules } from "./storage/retention.ts";
import { addressOf, listen } from "./web/listen.ts";
import { monitorApp, type WebTools } from "./web/monitor-app.ts";

export interface MonitorOptions {
  /** Folder of the pack. */
  readonly pack: string;
  /** The pack's default one when absent. */
  readonly method?: string;
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
  readonly webhooks?: readonly string[];
  readonly webhookSecret?: string;
  readonly mqtt?: Pick<MqttOptions, "url" | "username" | "password" | "topic" | "discovery" | "reconnectMs">;
  readonly deliveries?: Omit<DeliveryOptions, "onResult">;
  /** Without it nothing is served. */
  readonly web?: MonitorWebOptions;
  readonly version: string;
  readonly log: (line: string) => void;
}

export interface MonitorWebOptions {
  readonly tools: WebTools;
  readonly pages: string;
  readonly host?: string;
  readonly port: number;
  readonly readOnly?: boolean;
  readonly liveAudio?: boolean;
  readonly allowedHosts?: readonly string[];
}

export interface RunningMonitor {
  /** "http://127.0.0.1:8090/", where something is served. */
  readonly url?: string;
  readonly feed: Feed;
  /** For people: the runtime. */
  readonly backend: string;
  /** When all inputs have ended and their events are explained; what could not be heard, in sentences. */
  readonly finished: Promise<readonly string[]>;
  /** Ends everything; clips that are still to be explained are explained at the next start. */
  close(): Promise<void>;
}

const RETENTION_MS = 60_000;

/** @throws PackError, or the system's error when the port cannot be had; nothing is left running then. */
export async function startMonitor(options: MonitorOptions): Promise<RunningMonitor> {
  const { store, inputs, log, web } = options;
  // What is wrong with an address should show before anything runs.
  const targets = new Map<string, Send>(
    (options.webhooks ?? []).map((url) => [
      webhookTarget(url),
      webhook(url, { secret: options.webhookSecret }),
    ]),
  );
  if (options.mqtt) checkBroker(options.mqtt.url);
  const { pack } = await openPackFolder(options.pack);
  const method = packMethod(pack, options.method);
  const feed = new Feed();
  const statuses = new InputStatuses(inputs);
  const live = new Map(inputs.map(({ name }) => [name, new LiveAudio()]));
  const stream = new EventStream();

  const settings = { packFolder: options.pack, method: method.name, build: options.build ?? "auto" } as const;
  const explaining = new AnalysisThread(settings);
  const lanes = Math.max(1, Math.min(inputs.length, availableParallelism() - 1));
  const hearing = Array.from({ length: lanes }, () => new AnalysisThread(settings));
  const threads = [explaining, ...hearing];
  let http: Server | undefined;
  let backend: string;
  try {
    const started = await Promise.all(threads.map((thread) => thread.start()));
    backend = started[0].description;
    for (const notice of started[0].notices) log(notice);
    if (web) http = await listen(web.port, web.host);
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.close()));
    stream.close();
    throw error;
  }

  const stop = new AbortController();
  const labels = pack.labels.filter((label) => label !== pack.other);
  const mqtt = options.mqtt
    ? new MqttOutput({
        ...options.mqtt,
        inputs: inputs.map(({ name }) => name),
        labels,
        version: options.version,
        log,
      })
    : undefined;
  if (mqtt) targets.set(MQTT_TARGET, mqtt.send);

  const deliveries: Deliveries = new Deliveries(store.database, targets, {
    ...options.deliveries,
    onResult: (target, result, problem) => {
      metrics.delivered(target.split(" ")[0], result);
      if (result !== "sent") log(`${target}: ${result}${problem ? ` (${problem})` : ""}`);
    },
  });
  const metrics = new MonitorMetrics({
    eventBytes: () => store.bytes,
    listeners: () => [...live.values()].reduce((sum, { listeners }) => sum + listeners, 0),
    lateSeconds: () => [...live.values()].reduce((sum, { droppedSeconds }) => sum + droppedSeconds, 0),
    waiting: () =>
      new Map([...targets.keys()].map((target) => [target.split(" ")[0], deliveries.waiting(target)])),
  });
  const explainer = new EventExplainer({
    pack,
    thread: explaining,
    store,
    feed,
    deliveries: (event) => [...targets.keys()].map((target) => ({ target, body: eventMessage(event) })),
  });

  feed.listen(statuses.take);
  feed.listen(metrics.take);
  feed.listen((message) => {
    if (message.type === "levels") stream.tell(message);
    else if (message.type === "input") {
      stream.tell(web?.readOnly ? { ...message, detail: undefined } : message);
      mqtt?.setState(message.input, message.state);
    } else if (message.type === "explained") {
      stream.tell({ type: "event", event: message.event });
      deliveries.wake();
    } else if (message.type === "problem") {
      log(message.input === undefined ? message.message : `${message.input}: ${message.message}`);
    }
  });

  const channelSettings = channelSettingsOf(options, pack, method.name);
  const channels = inputs.map(
    (input, n) =>
      new Channel(n, input, channelSettings, {
        thread: hearing[n % hearing.length],
        store,
        feed,
        live: live.get(input.name)!,
        onClosed: () => explainer.nudge(),
      }),
  );

  if (http && web) {
    const status = (): MonitorStatus => ({
      version: options.version,
      pack: { name: pack.name, version: pack.version, title: pack.title },
      labels: pack.labels,
      other: pack.other,
      inputs: statuses.list(!web.readOnly),
      events: store.count(),
      discarded: statuses.discarded,
      discards: [...channelSettings.discard.keys()],
      readOnly: web.readOnly ?? false,
      liveAudio: web.liveAudio ?? false,
    });
    http.on(
      "request",
      monitorApp({
        tools: web.tools,
        pages: web.pages,
        store,
        stream,
        live,
        status,
        metrics: () => metrics.text(),
        readOnly: web.readOnly ?? false,
        liveAudio: web.liveAudio ?? false,
        allowedHosts: web.allowedHosts ?? [],
        log,
      }),
    );
  }

  const retain = () =>
    applyRetention(store, options.retention ?? {}, Date.now()).catch((error: Error) =>
      log(`old events cannot be removed: ${error.message}`),
    );
  await retain();
  const retention = setInterval(() => void retain(), RETENTION_MS).unref();
  deliveries.start();
  explainer.nudge();
  const failures: string[] = [];
  feed.listen((message) => {
    if (message.type === "problem") failures.push(message.message);
    if (failures.length > 100) failures.shift();
  });
  const running = Promise.all(
    channels.map((channel) =>
      channel.run(stop.signal).catch((error: Error) => {
        feed.tell({ type: "problem", input: channel.input.name, message: error.message });
      }),
    ),
  );
  const finished = running.then(async () => {
    await explainer.idle();
    return failures;
  });

  const close = async () => {
    stop.abort();
    clearInterval(retention);
    for (const audio of live.values()) audio.close();
    stream.close();
    const closed = http && new Promise((resolve) => http.close(resolve));
    http?.closeAllConnections();
    await closed;
    await running;
    await explainer.close();
    await deliveries.close();
    await mqtt?.close();
    await Promise.all(threads.map((thread) => thread.close()));
    store.end();
  };
  let closing: Promise<void> | undefined;
  return {
    url: http && addressOf(http),
    feed,
    backend,
    finished,
    close: () => {
      closing ??= close();
      return closing;
    },
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

/** `listenable monitor`: hears inputs all the time and keeps what it recognises, with explanations. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { classWords } from "../models/explain/class-words.ts";
import { framesAnswered } from "../models/explain/window-times.ts";
import { findPack, openPackFolder, packageFolder, packageVersion } from "../models/pack/open-pack-node.ts";
import { type Pack, PackError, packMethod } from "../models/pack/pack.ts";
import { checkFfmpeg } from "../monitor/inputs/ffmpeg-input.ts";
import type { Input } from "../monitor/inputs/input.ts";
import { InputError, parseInputs } from "../monitor/inputs/parse-input.ts";
import type { MonitorEvent } from "../monitor/protocol.ts";
import { type MonitorWebOptions, type RunningMonitor, startMonitor } from "../monitor/start-monitor.ts";
import { EventStore } from "../monitor/storage/event-store.ts";
import { StoredHeardFiles } from "../monitor/storage/heard-files.ts";
import { localTime } from "../protocol/local-time.ts";
import { accessOptions } from "./access-options.ts";
import { UsageError } from "./errors.ts";
import { addMonitorOptions, type MonitorCommandOptions } from "./monitor-options.ts";
import { RUNTIMES } from "./options.ts";
import { reloadOnHangUp, stopSignal } from "./run-until-told.ts";
import { say as log, printJson, printLine } from "./say.ts";

export function registerMonitor(program: Command): void {
  const command = program
    .command("monitor")
    .description("listen for hours or for ever, and keep every event with its explanation")
    .argument(
      "<inputs...>",
      "files, folders, - (standard input), addresses or device:NAME; NAME=INPUT names one",
    );
  addMonitorOptions(command);
  command.action(monitor);
}

async function monitor(words: string[], options: MonitorCommandOptions): Promise<void> {
  const stop = stopSignal();
  const packFolder = findPack(options.pack);
  const { pack } = await openPackFolder(packFolder);
  checkAgainstPack(pack, options);
  const store = EventStore.begin(options.data, { log });
  let running: RunningMonitor;
  try {
    running = await start(words, options, packFolder, store);
  } catch (error) {
    store.end();
    throw error;
  }
  const counts = { events: 0, discarded: 0 };
  running.feed.listen((message) => {
    if (message.type === "discarded") counts.discarded++;
    if (message.type !== "explained") return;
    counts.events++;
    if (options.json) printJson(message.event);
    else printLine(eventLine(message.event));
  });
  reloadOnHangUp(running);
  tellStart(running, pack, options);
  const failures = await Promise.race([running.finished, stop.then(() => undefined)]);
  // With pages, what was found stays to be looked at.
  if (failures && running.url) {
    log("all inputs have ended; the pages stay until Ctrl+C");
    await stop;
  }
  await running.close();
  if (failures && failures.length > 0 && counts.events === 0) throw new Error(failures[0]);
  const sum = `${counts.events} events kept in ${options.data}${counts.discarded > 0 ? `, ${counts.discarded} discarded` : ""}`;
  log(sum);
}

async function start(
  words: readonly string[],
  options: MonitorCommandOptions,
  pack: string,
  store: EventStore,
): Promise<RunningMonitor> {
  const inputs = inputsOf(words, options, store);
  if (inputs.some(({ live }) => live)) await checkFfmpeg();
  return startMonitor({
    pack,
    method: options.method,
    build: RUNTIMES[options.runtime],
    store,
    inputs,
    stride: options.stride,
    detector: {
      ...(options.threshold.usual === undefined ? {} : { threshold: options.threshold.usual }),
      thresholds: options.threshold.byLabel,
      confirm: options.confirm,
      gap: options.gap,
      coolDown: options.coolDown,
      longest: options.longest,
    },
    floor: options.floor,
    before: options.before,
    after: options.after,
    discard: options.discard,
    retention: {
      days: options.keepDays,
      classDays: options.keepClass,
      bytes: options.keepGb === undefined ? undefined : options.keepGb * 1e9,
    },
    webhooks: options.webhook,
    webhookSecret: process.env["LISTENABLE_WEBHOOK_SECRET"],
    mqtt: brokerOf(options),
    web: webOptions(options),
    version: packageVersion(),
    log,
  });
}

function brokerOf({ mqtt: url, mqttTopic: topic, mqttDiscovery }: MonitorCommandOptions) {
  if (url === undefined) return undefined;
  return {
    url,
    username: process.env["LISTENABLE_MQTT_USER"],
    password: process.env["LISTENABLE_MQTT_PASSWORD"],
    topic,
    discovery: mqttDiscovery ? undefined : null,
  };
}

function inputsOf(words: readonly string[], options: MonitorCommandOptions, store: EventStore): Input[] {
  try {
    return parseInputs(words, {
      pcm: {
        sampleRate: options.rate,
        channels: options.channels,
        format: options.format,
        channel: options.channel,
      },
      folder: {
        watch: options.watch,
        realTime: options.realTime,
        channel: options.channel,
        heard: new StoredHeardFiles(store.database),
        leftOut: join(store.folder, "events"),
      },
      ffmpeg: { channel: options.channel, followTo: options.followTo },
    });
  } catch (error) {
    throw error instanceof InputError ? new UsageError(error.message) : error;
  }
}

const PAGE_OPTIONS: readonly (readonly [keyof MonitorCommandOptions, string])[] = [
  ["public", "--public"],
  ["liveAudio", "--live-audio"],
  ["tokenFile", "--token-file"],
  ["metricsTokenFile", "--metrics-token-file"],
  ["tlsCert", "--tls-cert"],
  ["tlsKey", "--tls-key"],
  ["behindProxy", "--behind-proxy"],
];

function webOptions(options: MonitorCommandOptions): MonitorWebOptions | undefined {
  if (options.port === undefined) {
    const without = PAGE_OPTIONS.find(([name]) => options[name] !== undefined)?.[1];
    if (without) throw new UsageError(`${without} is about the pages: add --port, as in --port 8090`);
    return undefined;
  }
  const access = accessOptions(options);
  const pages = join(packageFolder(), "dist", "public", "monitor");
  if (!existsSync(join(pages, "index.html"))) {
    throw new Error(
      `the pages are not built (no index.html in ${pages}): run "npm run build", or leave --port out`,
    );
  }
  return {
    ...access,
    pages,
    host: options.host,
    port: options.port,
    readOnly: options.public,
    liveAudio: options.liveAudio,
  };
}

/** Classes and methods that the pack does not have. */
function checkAgainstPack(pack: Pack, options: MonitorCommandOptions): void {
  const named: [string, Iterable<string>][] = [
    ["--threshold", options.threshold.byLabel.keys()],
    ["--discard", options.discard.keys()],
    ["--keep-class", options.keepClass.keys()],
  ];
  for (const [option, labels] of named) {
    for (const label of labels) {
      if (pack.labels.includes(label)) continue;
      throw new UsageError(
        `${option}: pack ${pack.name} has no class "${label}"; it has: ${pack.labels.join(", ")}`,
      );
    }
  }
  try {
    packMethod(pack, options.method);
  } catch (error) {
    throw error instanceof PackError ? new UsageError(`--method: ${error.message}`) : error;
  }
  const window = (framesAnswered(pack) * pack.stft.hop) / pack.sampleRate;
  if (options.stride > window) {
    throw new UsageError(`--stride ${options.stride} leaves gaps; windows last ${window} s`);
  }
}

function tellStart(running: RunningMonitor, pack: Pack, options: MonitorCommandOptions): void {
  const url = running.url?.replace("//127.0.0.1:", "//localhost:");
  const where = url ? `; pages at ${url}` : "";
  log(
    `${pack.title} (${pack.name} ${pack.version}) on ${running.backend}; events in ${options.data}${where}. Ctrl+C ends it.`,
  );
}

/** "2026-07-14 08:30:15 +02:00  yard  rooster 93 % · 2.1 s · faithful · 20260714-063015-250-1f9a3c" */
function eventLine(event: MonitorEvent): string {
  const classes = event.classes
    .map(({ label, confidence }) => `${classWords(label)} ${Math.round(100 * confidence)} %`)
    .join(", ");
  const where = event.file === undefined ? "" : ` at ${event.start.toFixed(1)} s of ${event.file}`;
  const badge = event.faithfulness?.badge ?? `unexplained: ${event.problem}`;
  return `${localTime(new Date(event.at))}  ${event.input}  ${classes} · ${(event.end - event.start).toFixed(1)} s${where} · ${badge} · ${event.id}`;
}

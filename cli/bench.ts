/** `listenable bench`: how fast and how steady it is on this machine. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { type DelaySetting, delaySettings } from "../client/live/live-explainer.ts";
import { writeWav } from "../dsp/wav.ts";
import type { OpenPack } from "../models/pack/open-pack.ts";
import { findPack, openPackFolder, packageFolder } from "../models/pack/open-pack-node.ts";
import { PackError, packMethod } from "../models/pack/pack.ts";
import { nodeRuntime } from "../models/runtime/runtime-node.ts";
import { localDay } from "../protocol/local-time.ts";
import { oneLine, shownValues } from "../protocol/shown-text.ts";
import { startServer } from "../server/start-server.ts";
import { findChromium, launchChromium, NO_CHROMIUM } from "./bench/chromium.ts";
import { type ClipTime, measureClip } from "./bench/clip-time.ts";
import { type EngineTime, measureEngine } from "./bench/engine-time.ts";
import { type LiveFigures, measureLive } from "./bench/live-figures.ts";
import { rawThroughput } from "./bench/load/raw-throughput.ts";
import { meanBatch, serverCalls } from "./bench/load/server-calls.ts";
import { measureMethods, methodTimesAsMarkdown } from "./bench/method-times.ts";
import { type BenchReport, reportAsMarkdown } from "./bench/report.ts";
import { measureStreams, type StreamFigures } from "./bench/server-streams.ts";
import { clickTrain } from "./bench/sounds.ts";
import { registerLatencyQuality } from "./bench-latency-quality.ts";
import { registerBenchServer } from "./bench-server.ts";
import { UsageError } from "./errors.ts";
import { type CommonOptions, commonOptions, packOption, positiveInteger, positiveNumber } from "./options.ts";
import { showProgress } from "./progress.ts";
import { printResult } from "./say.ts";

type Engines = "both" | "local" | "remote";

interface BenchOptions extends CommonOptions {
  pack: string;
  method?: string;
  minutes: number;
  windows: number;
  streams: number;
  engines: Engines;
  setting: DelaySetting | "all";
  browser: boolean;
  methods?: boolean;
  out?: string;
}

const EXAMPLES = `
Measures the model alone (onnxruntime-node and WASM in this process), then many streams on one server, then the whole live page in a headless
Chromium with clicks for a microphone, once with the local and once with the remote engine. Chromium is found in
its usual places or named by LISTENABLE_CHROMIUM. Leave the machine alone meanwhile: other work shows.

Examples:
  $ listenable bench
  $ listenable bench --minutes 1 --json
  $ listenable bench --engines local --setting all --minutes 2
  $ listenable bench --no-browser --pack ./my-pack
  $ listenable bench latency-quality --data ESC-50 --fold 4
  $ listenable bench --methods --windows 50 --pack ./my-pack
  $ listenable bench server --sessions 64
`;

export function registerBench(program: Command): void {
  const command = program
    .command("bench")
    // Options behind a subcommand are the subcommand's, although some have the same name.
    .enablePositionalOptions()
    .description("measure engine times, latency and missed deadlines on this machine")
    .addOption(packOption())
    .option("--method <name>", "explanation method of the pack (default: its first)")
    .option("--minutes <n>", "minutes that each engine runs live", positiveNumber, 10)
    .option("--windows <n>", "windows for the times of the model alone", positiveInteger, 300)
    .option("--streams <n>", "real-time streams on one server, for 20 seconds", positiveInteger, 16)
    .addOption(
      new Option("--engines <which>", "engines that run live")
        .choices(["both", "local", "remote"])
        .default("both"),
    )
    .addOption(
      new Option("--setting <which>", "delay settings in which each of them runs live")
        .choices([...delaySettings, "all"])
        .default("balanced"),
    )
    .option("--no-browser", "leave the live page out")
    .option("--methods", "instead of all that: every method of the pack alone, side by side")
    .option("--out <file>", "also write the table as Markdown to this file")
    .addHelpText("after", EXAMPLES)
    .action(async (options: BenchOptions) => {
      if (options.methods) return benchMethods(options);
      const report = await bench(options);
      const markdown = reportAsMarkdown(shownValues(report));
      if (options.out) await writeFile(options.out, markdown);
      printResult(options.json, report, () => markdown.trimEnd());
    });
  commonOptions(command);
  registerBenchServer(command);
  registerLatencyQuality(command);
}

async function benchMethods(options: BenchOptions): Promise<void> {
  const opened = await openPackFolder(findPack(options.pack));
  const notes: string[] = [];
  const progress = showProgress("methods", opened.pack.methods.length);
  const log = (note: string) => notes.push(note);
  const times = await measureMethods(opened, options.windows, log, (done) => progress.update(done));
  progress.end();
  const text = [
    `Measured ${localDay(new Date())} by \`${commandLine()}\`: ${packName(opened)}; ${machine()}; ` +
      `Node ${process.versions.node}; processor time of one window, median of ${options.windows}, one thread.`,
    methodTimesAsMarkdown(shownValues(times)),
    ...notes.map((note) => `- ${oneLine(note)}`),
  ].join("\n\n");
  if (options.out) await writeFile(options.out, `${text}\n`);
  printResult(options.json, { pack: packName(opened), methods: times, notes }, () => text);
}

const commandLine = () => oneLine(`listenable bench ${process.argv.slice(3).join(" ")}`.trim());
const machine = () => `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? process.arch}`;
const packName = ({ pack }: OpenPack) => oneLine(`${pack.name} ${pack.version}`);

async function bench(options: BenchOptions): Promise<BenchReport> {
  const folder = findPack(options.pack);
  const opened = await openPackFolder(folder);
  const method = methodName(opened, options.method);
  const notes: string[] = [];
  const { engines, clips } = await modelAlone(opened, method, options.windows, notes);
  const { streams, batch } = await manyStreams(folder, opened, method, options.streams);
  const raw = await rawThroughput({
    ...{ pack: folder, method, runtime: "auto", seconds: RAW_SECONDS },
    ...{ batch: Math.round(batch ?? 1), rate: streams.windowsPerSecond },
  });
  const path = options.browser ? findChromium() : null;
  if (options.browser && path === null) notes.push(`the live page was left out: ${NO_CHROMIUM}`);
  const live = path === null ? null : await livePage(path, folder, method, options);
  return {
    command: commandLine(),
    date: localDay(new Date()),
    machine: machine(),
    node: process.versions.node,
    browser: live?.browser ?? null,
    pack: packName(opened),
    method,
    engines,
    clips,
    streams,
    shareOfRaw: streams.answered / streams.seconds / raw.windowsPerSecond,
    live: live?.figures ?? [],
    notes,
  };
}

function methodName({ pack }: OpenPack, name?: string): string {
  try {
    return packMethod(pack, name).name;
  } catch (error) {
    throw error instanceof PackError ? new UsageError(`--method: ${error.message}`) : error;
  }
}

async function modelAlone(
  opened: OpenPack,
  method: string,
  windows: number,
  notes: string[],
): Promise<{ engines: EngineTime[]; clips: ClipTime[] }> {
  const engines: EngineTime[] = [];
  const clips: ClipTime[] = [];
  const builds = ["native", "wasm"] as const;
  const progress = showProgress("model alone", builds.length);
  for (const [done, build] of builds.entries()) {
    try {
      const runtime = await nodeRuntime({ build });
      engines.push(await measureEngine(runtime, opened, method, windows));
      clips.push(await measureClip(runtime, opened, method));
    } catch (error) {
      if (build === "wasm" || error instanceof PackError) throw error;
      notes.push(`onnxruntime-node was left out: ${(error as Error).message}`);
    }
    progress.update(done + 1);
  }
  progress.end();
  return { engines, clips };
}

const STREAM_SECONDS = 20;
const RAW_SECONDS = 3;

async function manyStreams(
  folder: string,
  { pack }: OpenPack,
  method: string,
  count: number,
): Promise<{ streams: StreamFigures; batch: number | null }> {
  const server = await startServer({ pack: folder, port: 0, limits: { sessions: count } });
  const progress = showProgress(`${count} streams`, 1);
  try {
    const streams = await measureStreams(server.explainUrl, pack, method, count, STREAM_SECONDS);
    const batch = meanBatch({ windows: 0, calls: 0 }, await serverCalls(`${server.url}metrics`));
    return { streams, batch };
  } finally {
    progress.end();
    await server.close();
  }
}

async function livePage(
  path: string,
  pack: string,
  method: string,
  { minutes, engines, setting }: BenchOptions,
) {
  const seconds = minutes * 60;
  const folder = await mkdtemp(join(tmpdir(), "listenable-bench-"));
  const microphone = join(folder, "clicks.wav");
  await writeFile(microphone, writeWav([clickTrain(20, 48_000)], 48_000));
  const server = await startServer({ pack, port: 0, publicFolder: join(packageFolder(), "dist", "public") });
  const browser = await launchChromium({ path, microphone });
  try {
    const figures: LiveFigures[] = [];
    const delays = setting === "all" ? delaySettings : [setting];
    const kinds = (["local", "remote"] as const).filter((each) => engines === "both" || engines === each);
    for (const [engine, delay] of kinds.flatMap((kind) => delays.map((each) => [kind, each] as const))) {
      const progress = showProgress(`${engine} engine, ${delay}`, seconds);
      const onProgress = (gone: number) => progress.update(Math.min(seconds, gone));
      const { url } = server;
      figures.push(await measureLive({ browser, url, engine, delay, method, seconds, onProgress }));
      progress.end();
    }
    return { figures, browser: `Chromium ${browser.version()}` };
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** `listenable bench server`: a load generator that speaks the real protocol to a server in another process. */
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { type Command, Option } from "commander";
import { findPack, openPackFolder } from "../models/pack/open-pack-node.ts";
import { localDay } from "../protocol/local-time.ts";
import { shownEndpoint, shownWord } from "../protocol/shown-address.ts";
import { oneLine, shownValues } from "../protocol/shown-text.ts";
import { findKnee } from "./bench/load/find-knee.ts";
import { type LoadReport, type LoadRun, loadReportAsMarkdown, shareOfRaw } from "./bench/load/load-report.ts";
import { rawThroughput, runRawLane } from "./bench/load/raw-throughput.ts";
import { type LoadFigures, runLoad } from "./bench/load/run-load.ts";
import { ownCommand, startServerProcess } from "./bench/server-process.ts";
import { UsageError } from "./errors.ts";
import {
  type CommonOptions,
  packOption,
  positiveInteger,
  positiveNumber,
  RUNTIMES,
  runtimeOption,
} from "./options.ts";
import { showProgress } from "./progress.ts";
import { printResult } from "./say.ts";

interface LoadCommandOptions extends CommonOptions {
  sessions: number;
  rate?: number;
  seconds: number;
  limit: number;
  url?: string;
  pid?: number;
  pack: string;
  method?: string;
  runtime: keyof typeof RUNTIMES;
  lanes?: number;
  batch?: number;
  findKnee?: boolean;
  matrix?: boolean;
  seed: number;
  out?: string;
}

interface RawLaneOptions {
  pack: string;
  method?: string;
  runtime: keyof typeof RUNTIMES;
  seconds: number;
  batch: number;
  rate?: number;
}

const MATRIX_BATCH = 4;

const EXAMPLES = `
Starts a server in a process of its own (or uses a running one), connects so many real-time streams, and measures from
the moment that a window is due to its mask. The streams play made-up sounds; each asks at its own phase, whether or
not the window before was answered. Of a streaming pack each sends the newest blocks, 64 ms at a time. "Share of raw" compares the
answered windows with what as many one-thread lanes as there are cores do without a server, in the same batches. The generator's own processor time comes off the same
machine and is told: leave the machine alone otherwise.

Examples:
  $ listenable bench server --sessions 64
  $ listenable bench server --sessions 16 --find-knee --seconds 20 --out knee.md
  $ listenable bench server --matrix --find-knee --json
  $ listenable bench server --sessions 200 --url ws://192.0.2.7:8080/explain
`;

export function registerBenchServer(bench: Command): void {
  bench
    .command("server")
    .description("measure a server under many real-time streams, from another process")
    .option("--sessions <n>", "streams; where --find-knee begins", positiveInteger, 16)
    .option(
      "--rate <n>",
      "windows that each stream asks for in a second (default: 10, of a streaming pack steps of 64 ms)",
      positiveNumber,
    )
    .option("--seconds <n>", "how long each load is measured", positiveNumber, 30)
    .option("--limit <ms>", "a window without its mask after so long is missed", positiveNumber, 60)
    .option(
      "--url <address>",
      "a running server's endpoint (ws://host:8080/explain) instead of one of its own",
    )
    .option("--pid <n>", "with --url: the server's process, to tell its processor time", positiveInteger)
    .addOption(packOption())
    .option("--method <name>", "explanation method of the pack (default: its first)")
    .addOption(runtimeOption())
    .option("--lanes <n>", "windows that the server explains at the same time", positiveInteger)
    .option("--batch <n>", "most windows that it explains together", positiveInteger)
    .option("--find-knee", "raise the sessions until 1 % of the windows miss the limit")
    .option(
      "--matrix",
      `node and web runtimes, one and two lanes, with and without batches of ${MATRIX_BATCH}`,
    )
    .option("--seed <n>", "start of the random numbers: phases of the streams", positiveInteger, 1)
    .option("--out <file>", "also write the tables as Markdown to this file")
    .addHelpText("after", EXAMPLES)
    .action(benchServer);
  bench
    .command("raw-lane", { hidden: true })
    .requiredOption("--pack <name or dir>")
    .option("--method <name>")
    .addOption(runtimeOption())
    .addOption(new Option("--seconds <n>").argParser(positiveNumber).default(5))
    .addOption(new Option("--batch <n>").argParser(positiveInteger).default(1))
    .addOption(new Option("--rate <n>").argParser(positiveNumber))
    .action(({ runtime, ...options }: RawLaneOptions) =>
      runRawLane({ ...options, build: RUNTIMES[runtime] }),
    );
}

async function benchServer(options: LoadCommandOptions): Promise<void> {
  const { url, matrix, lanes, batch } = options;
  if (url !== undefined && (matrix || lanes !== undefined || batch !== undefined)) {
    throw new UsageError(
      "--url names a server that runs: --matrix, --lanes and --batch are for servers started here",
    );
  }
  const runs: LoadRun[] = [];
  let pack = "the server's pack";
  if (options.url !== undefined) {
    const server = { url: options.url, pid: options.pid };
    runs.push({ ...(await measure(options, shownEndpoint(options.url), server)), raw: null });
  } else {
    const opened = await openPackFolder(findPack(options.pack));
    pack = `${opened.pack.name} ${opened.pack.version}, method ${options.method ?? opened.pack.methods[0].name}`;
    for (const words of configurations(options)) runs.push(await ownServer(options, words));
  }
  const report: LoadReport = {
    command: oneLine(`listenable ${process.argv.slice(2).map(shownWord).join(" ")}`),
    date: localDay(new Date()),
    machine: `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? process.arch}`,
    node: process.versions.node,
    pack,
    runs,
  };
  const markdown = loadReportAsMarkdown(shownValues(report));
  if (options.out) await writeFile(options.out, markdown);
  printResult(options.json, withShares(report), () => markdown.trimEnd());
}

interface Configuration {
  readonly runtime: keyof typeof RUNTIMES;
  readonly words: readonly string[];
}

function configurations({ matrix, runtime, lanes, batch }: LoadCommandOptions): Configuration[] {
  const configuration = (runtime: keyof typeof RUNTIMES, lanes?: number, batch?: number): Configuration => ({
    runtime,
    words: [
      ...["--runtime", runtime],
      ...(lanes === undefined ? [] : ["--lanes", String(lanes)]),
      ...(batch === undefined ? [] : ["--batch", String(batch)]),
    ],
  });
  if (!matrix) return [configuration(runtime, lanes, batch)];
  return (["node", "web"] as const).flatMap((runtime) =>
    [1, 2].flatMap((lanes) => [1, MATRIX_BATCH].map((batch) => configuration(runtime, lanes, batch))),
  );
}

/** Places enough that the server's own bound is never what is measured. */
const PLACES = 10_000;
const RAW_SECONDS = 5;

async function ownServer(options: LoadCommandOptions, { runtime, words }: Configuration): Promise<LoadRun> {
  const { pack, method } = options;
  const places = ["--max-sessions", String(PLACES)];
  const server = await startServerProcess(
    ownCommand(),
    ["--port", "0", "--no-page", "--log-level", "error", "--pack", pack, ...places, ...words],
    ["ignore", "pipe", "pipe"],
  );
  const { explainUrl: url, pid } = server;
  const metrics = `${server.url}metrics`;
  const run = await measure(options, `serve ${words.join(" ")}`, { url, pid, metrics }).finally(() =>
    server.close(),
  );
  const { batch } = atKnee(run);
  const seconds = Math.min(RAW_SECONDS, options.seconds);
  const { rate } = options;
  return {
    ...run,
    raw: await rawThroughput({ pack, method, runtime, seconds, rate, batch: Math.round(batch ?? 1) }),
  };
}

/** The largest load that was carried, or the smallest where none was. */
function atKnee({ loads, knee }: Pick<LoadRun, "loads" | "knee">): LoadFigures {
  return loads.find(({ sessions }) => sessions === knee) ?? loads[0];
}

interface MeasuredServer {
  readonly url: string;
  readonly pid?: number | undefined;
  readonly metrics?: string | undefined;
}

async function measure(
  options: LoadCommandOptions,
  server: string,
  { url, pid, metrics }: MeasuredServer,
): Promise<Omit<LoadRun, "raw">> {
  const { rate, seconds, limit: limitMs, method, seed } = options;
  const load = async (sessions: number): Promise<LoadFigures> => {
    const progress = showProgress(`${server}, ${sessions} sessions`, Math.ceil(seconds));
    const onProgress = (gone: number) => progress.update(Math.min(seconds, gone));
    try {
      return await runLoad({ url, sessions, rate, seconds, limitMs, method, seed, pid, metrics, onProgress });
    } finally {
      progress.end();
    }
  };
  if (!options.findKnee) return { server, loads: [await load(options.sessions)], knee: null };
  const { steps, sessions } = await findKnee(options.sessions, load);
  return { server, loads: steps, knee: sessions };
}

/** For programs: the shares that the tables tell. */
function withShares(report: LoadReport) {
  const runs = report.runs.map((run) => ({
    ...run,
    loads: run.loads.map((load) => ({ ...load, shareOfRaw: run.raw && shareOfRaw(load, run.raw) })),
  }));
  return { ...report, runs };
}

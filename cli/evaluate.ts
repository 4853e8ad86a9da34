/** `listenable evaluate`: what a pack's classifier knows, and how faithful its explanations are. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { findSentences, findSounds } from "../lab/data/sound-folder.ts";
import { defaultThreads, evaluate } from "../lab/evaluation/evaluate.ts";
import type { Evaluation } from "../lab/evaluation/evaluation.ts";
import { LazyLanes } from "../lab/evaluation/measure/lanes.ts";
import { ResultStore } from "../lab/evaluation/measure/result-store.ts";
import { CONTAMINATIONS, type Contamination, TABLE_SETTINGS } from "../lab/evaluation/plan/contamination.ts";
import { REPORT_CLIPS, reportPage } from "../lab/evaluation/report/report.ts";
import { evaluationMarkdown } from "../lab/evaluation/report/tables.ts";
import { findPack, openPackFolder } from "../models/pack/open-pack-node.ts";
import type { Pack } from "../models/pack/pack.ts";
import { InterruptedError, UsageError } from "./errors.ts";
import { interruptible } from "./interrupt.ts";
import { type CommonOptions, packOption, positiveInteger, RUNTIMES, runtimeOption } from "./options.ts";
import { showProgress } from "./progress.ts";
import { packageVersion } from "./version.ts";

interface EvaluateOptions extends CommonOptions {
  data: string;
  fold?: number;
  speech?: string;
  pack: string;
  methods: string[];
  contamination: Contamination[];
  only?: string[];
  clips?: number;
  randomisation?: boolean;
  reportClips: number;
  stride?: number;
  seed: number;
  threads: number;
  runtime: keyof typeof RUNTIMES;
  out: string;
}

const EXAMPLES = `
DIR is ESC-50 or UrbanSound8K in its official layout, or any folder of sounds: explanations need no labels.
Writes into the folder given by --out:
  table.md, table.json   one table a setting: methods, controls and oracles; what was left out, and why
  report.html            the tables, pictures and sounds of the worst clips; one file, nothing is fetched
  results.jsonl          every figure as it comes: the same command goes on where it was stopped
A window is 1.05 s, and windows follow each other without a gap (--stride). A clip's figure is the mean over its
windows within 30 dB of the loudest, a table's the mean over clips. Sounds are measured on their first 30 s.
Unknown classes that the pack's card says were heard in training are left out of the unknown windows.

Examples:
  $ listenable evaluate --data ESC-50 --fold 4 --speech sentences --methods all --contamination all --out results
  $ listenable evaluate --data recordings --contamination white-noise --out results
  $ listenable evaluate --data UrbanSound8K --fold 10 --pack my-pack --speech LJSpeech-1.1 --clips 200 --out results
`;

export function registerEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("measure a pack's explanations, and its classifier where the sounds are labelled")
    .requiredOption("--data <dir>", "ESC-50, UrbanSound8K, or any folder of sounds")
    .requiredOption("--out <dir>", "folder for tables, report and results")
    .option(
      "--fold <n>",
      "only this fold of the data set, one that the pack was not trained on",
      positiveInteger,
    )
    .option("--speech <dir>", "spoken sentences: LJSpeech, or any folder of sounds")
    .addOption(packOption())
    .option("--methods <list>", "methods of the pack, or all", (text) => text.split(","), ["all"])
    .option(
      "--contamination <list>",
      `${CONTAMINATIONS.join(", ")}; all is ${TABLE_SETTINGS.join(", ")}`,
      contaminations,
      ["clean", "mixtures"],
    )
    .option("--only <list>", "of the unknown categories, judge only these", (text) => text.split(","))
    .option(
      "--clips <n>",
      "at most so many clips of known classes and of others, drawn by the seed",
      positiveInteger,
    )
    .option("--randomisation", "also randomise the classifier layer by layer and compare the masks")
    .option("--report-clips <n>", "clips a setting in the report, 0 for none", wholeNumber, REPORT_CLIPS)
    .option(
      "--stride <frames>",
      "frames from one window to the next (default: a whole window)",
      positiveInteger,
    )
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .option("--threads <n>", "sounds measured side by side", positiveInteger, defaultThreads())
    .addOption(runtimeOption())
    .addHelpText("after", EXAMPLES)
    .action(runEvaluate);
}

async function runEvaluate(options: EvaluateOptions): Promise<void> {
  const folder = findPack(options.pack);
  const opened = await openPackFolder(folder);
  const { pack } = opened;
  const methods = chosenMethods(pack, options.methods);
  const speech = options.contamination.includes("speech");
  if (speech && options.speech === undefined) {
    throw new UsageError("--contamination speech needs --speech, a folder of spoken sentences");
  }
  const data = await findSounds(options.data, options.fold);
  const sentences = options.speech === undefined ? undefined : await findSentences(options.speech);
  const log = (line: string) => console.error(`listenable: ${line}`);
  log(`${data.folder}: ${data.layout}, ${data.sounds.length} sounds`);

  const stride = options.stride ?? pack.windowFrames;
  const store = new ResultStore(join(options.out, "results.jsonl"));
  let runtime = "";
  const lanes = new LazyLanes(
    { packFolder: folder, build: RUNTIMES[options.runtime], seed: options.seed, stride },
    options.threads,
    (started) => {
      runtime = started.description;
      for (const notice of started.notices) log(notice);
    },
  );
  const progress = showProgress("evaluate", 1);
  const onProgress = (done: number, total: number, what: string) => {
    progress.setTotal(total);
    progress.update(done, `· ${what}`);
  };
  try {
    await interruptible(async (signal) => {
      const evaluation = await evaluate({
        opened,
        data,
        sentences,
        settings: options.contamination,
        methods,
        only: options.only,
        mostClips: options.clips,
        seed: options.seed,
        stride,
        randomisation: options.randomisation ?? false,
        lanes,
        store,
        onProgress,
        signal,
      });
      await mkdir(options.out, { recursive: true });
      const before = await recordOf(options.out);
      const { perClip, pools, ...figures } = evaluation;
      const record = {
        listenable: packageVersion(),
        pack: { name: pack.name, version: pack.version },
        data: options.data,
        fold: options.fold ?? null,
        speech: options.speech ?? null,
        seed: options.seed,
        stride,
        // A finished run starts no runtime; its figures were computed by the one of before.
        runtime: runtime || (before?.runtime ?? ""),
        ...figures,
      };
      const title = `Seed ${options.seed}${options.fold ? `, fold ${options.fold}` : ""}, pack ${pack.name} ${pack.version}, ${data.layout}, stride ${stride} frames.`;
      const markdown = `${title}\n\n${evaluationMarkdown(evaluation)}`;
      const report = join(options.out, "report.html");
      const key = `${evaluation.key} ${options.reportClips}`;
      if (before?.reportKey !== key || !existsSync(report)) {
        const page = await reportPage({
          evaluation,
          pack,
          title,
          clips: options.reportClips,
          lanes,
          onProgress,
          signal,
        });
        await replaceFile(report, page);
      }
      await replaceFile(join(options.out, "table.md"), markdown);
      await replaceFile(
        join(options.out, "table.json"),
        `${JSON.stringify({ ...record, reportKey: key }, null, 1)}\n`,
      );
      progress.end();
      tellLeftOut(evaluation, log);
      console.log(options.json ? JSON.stringify(record) : markdown);
    });
  } catch (error) {
    progress.end();
    if (error instanceof InterruptedError) {
      throw new InterruptedError(
        `interrupted; what was measured is kept in ${join(options.out, "results.jsonl")}: the same command goes on`,
      );
    }
    throw error;
  } finally {
    progress.end();
    store.close();
    await lanes.stop();
  }
}

function chosenMethods(pack: Pack, names: readonly string[]): string[] {
  const known = [...new Set([...pack.methods, ...(pack.featureMethods ?? [])].map(({ name }) => name))];
  const listenable = pack.methods.map(({ name }) => name);
  if (names.includes("all")) return known;
  for (const name of names) {
    if (!listenable.includes(name)) {
      throw new UsageError(
        `--methods: pack ${pack.name} has no method "${name}"; it has: ${listenable.join(", ")}`,
      );
    }
  }
  return [...names];
}

function tellLeftOut({ skipped, failures }: Evaluation, log: (line: string) => void): void {
  const SHOWN = 5;
  for (const line of [...skipped, ...failures].slice(0, SHOWN)) log(`left out: ${line}`);
  const count = skipped.length + failures.length;
  if (count > 0) {
    log(
      `${skipped.length} sounds were left out and ${failures.length} figures could not be computed; ` +
        "table.json lists them with their reasons",
    );
  }
}

async function recordOf(folder: string): Promise<{ reportKey?: string; runtime?: string } | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, "table.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/** Whole or not at all: an interrupted run leaves the file of before. */
async function replaceFile(path: string, content: string): Promise<void> {
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}

function contaminations(text: string): Contamination[] {
  const names = text.split(",").flatMap((name) => (name === "all" ? [...TABLE_SETTINGS] : [name]));
  return [...new Set(names)].map((name) => {
    const found = CONTAMINATIONS.find((each) => each === name);
    if (!found) throw new InvalidArgumentError(`"${name}" is not one of ${CONTAMINATIONS.join(", ")}.`);
    return found;
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError(`"${text}" is not a whole number of 0 or more.`);
  }
  return value;
}

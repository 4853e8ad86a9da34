/** Evaluates a pack on a folder of sounds, into a folder of tables, a report and every figure on its own. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { ChannelChoice } from "../../dsp/channel-choice.ts";
import { findPack, openPackFolder, packageVersion } from "../../models/pack/open-pack-node.ts";
import type { Pack } from "../../models/pack/pack.ts";
import { oneLine, shownValues } from "../../protocol/shown-text.ts";
import { readSound } from "../data/check-sound.ts";
import { readHeard } from "../data/heard-sounds.ts";
import { type FoundSounds, findBackgrounds, findSentences, findSounds } from "../data/sound-folder.ts";
import { InterruptedError, UsageError } from "../errors.ts";
import { findPerturbation, PERTURBATIONS } from "../methods/perturbation/index.ts";
import { perturbationSettings } from "../methods/perturbation/perturbation.ts";
import type { Follow } from "../progress.ts";
import type { Evaluation } from "./evaluation.ts";
import { evaluationFigures } from "./figures.ts";
import type { MeasuringSettings } from "./measure/measuring-contract.ts";
import { LazyThreads } from "./measure/measuring-threads.ts";
import { ResultStore } from "./measure/result-store.ts";
import { type Setting, type SettingName, settingsNamed } from "./plan/contamination.ts";
import { windowShape } from "./plan/window-shape.ts";
import { REPORT_CLIPS, type ReportOptions, reportPage } from "./report/report.ts";
import { evaluationMarkdown } from "./report/tables.ts";
import { writeScenes } from "./write-scenes.ts";

export interface EvaluateOptions {
  /** ESC-50, UrbanSound8K, or any folder of sounds. */
  readonly data: string;
  /** Folder for tables, report and results; a run that was stopped goes on from there. */
  readonly out: string;
  /** A released pack's name, or a folder with a `pack.json`; the default pack without. */
  readonly pack?: string | undefined;
  /** Only this fold of the data set, one that the pack was not trained on. */
  readonly fold?: number | undefined;
  /** Spoken sentences: LJSpeech, or any folder of sounds. */
  readonly speech?: string | undefined;
  /** Further folders of voices, each counted by itself beside those of `speech`. */
  readonly voices?: readonly string[] | undefined;
  /** Folders of music. */
  readonly music?: readonly string[] | undefined;
  /** Folders of sounds that the pack doesn't know; what of them is of its classes is left out. */
  readonly unknown?: readonly string[] | undefined;
  /** What sounds behind the events of scenes: files or folders of sounds that are of none of the pack's classes; noise without. */
  readonly backgrounds?: readonly string[] | undefined;
  /** Write the scenes, their stems and times into the folder too. */
  readonly keepScenes?: boolean | undefined;
  /** Methods of the pack, all without or for "all"; those without gradients where they are named. */
  readonly methods?: readonly string[] | undefined;
  /** Of methods without gradients: most calls of the classifier for a window. */
  readonly budget?: number | undefined;
  readonly contamination?: readonly SettingName[] | undefined;
  /** Of the unknown categories, judge only these. */
  readonly only?: readonly string[] | undefined;
  /** At most so many clips of known classes and of others, drawn by the seed. */
  readonly clips?: number | undefined;
  /** Also randomise the classifier layer by layer and compare the masks. */
  readonly randomisation?: boolean | undefined;
  /** Clips a setting in the report, 0 for none. */
  readonly reportClips?: number | undefined;
  /** Frames from one window to the next; a whole window without. */
  readonly stride?: number | undefined;
  readonly seed?: number | undefined;
  /** Sounds measured side by side. */
  readonly threads?: number | undefined;
  /** Which channel of the sounds is heard. Default "mix": their mean, or that of those that can be mixed. */
  readonly channel?: ChannelChoice | undefined;
  /** Which onnxruntime. */
  readonly build?: MeasuringSettings["build"] | undefined;
}

export const DEFAULT_CONTAMINATION: readonly SettingName[] = ["clean", "mixtures"];

/** Threads that are worth starting: more than four fight for memory rather than cores. */
export function defaultThreads(): number {
  return Math.max(1, Math.min(4, availableParallelism()));
}

/** What `table.json` holds. */
export interface EvaluationRecord extends Omit<Evaluation, "perClip" | "pools"> {
  /** Version that computed it. */
  readonly listenable: string;
  readonly pack: { readonly name: string; readonly version: string };
  readonly data: string;
  readonly fold: number | null;
  readonly speech: string | null;
  readonly seed: number;
  readonly stride: number;
  readonly runtime: string;
}

export interface Evaluated {
  readonly record: EvaluationRecord;
  /** The text of `table.md`. */
  readonly markdown: string;
}

/**
 * Writes `table.md`, `table.json`, `report.html` and, as they come, `results.jsonl` into the folder.
 *
 * @throws UsageError for methods that the pack does not have, or a setting that needs sentences; PackError where what the pack
 *   says of its training can't be read; InterruptedError when the signal aborts: what was measured is kept.
 */
export async function evaluate(options: EvaluateOptions, follow: Follow = {}): Promise<Evaluated> {
  const { onNotice = () => {}, signal } = follow;
  const packFolder = findPack(options.pack);
  const opened = await openPackFolder(packFolder);
  const heard = await readHeard(opened);
  const methods = chosenMethods(opened.pack, options.methods ?? ["all"]);
  const { data, sentences, settings } = await foundSounds(options, opened.pack);
  onNotice(`${data.folder}: ${data.layout}, ${data.sounds.length} sounds`);

  const { seed = 1, stride = windowShape(opened.pack).frames, build = "auto", channel, budget } = options;
  checkBudget(budget);
  const results = join(options.out, "results.jsonl");
  const store = new ResultStore(results);
  const threads = new LazyThreads(
    { packFolder, build, seed, stride, channel, budget },
    options.threads ?? defaultThreads(),
    {
      onNotice,
    },
  );
  const onProgress = (done: number, total: number, what: string) =>
    follow.onProgress?.({ stage: "evaluate", done, total, detail: `· ${what}` });
  try {
    const evaluation = await evaluationFigures({
      ...{ heard, fold: options.fold, onNotice },
      ...{ opened, data, sentences, settings, methods, seed, stride, threads, store, onProgress, signal },
      backgrounds: options.backgrounds && (await findBackgrounds(options.backgrounds)),
      unknown: await foldersOf(options.unknown),
      voices: await foldersOf(options.voices),
      music: await foldersOf(options.music),
      only: options.only,
      ...{ channel, budget },
      mostClips: options.clips,
      randomisation: options.randomisation ?? false,
    });
    if (options.keepScenes) {
      await writeScenes(join(options.out, "scenes"), {
        ...{ pools: evaluation.pools, sampleRate: opened.pack.sampleRate, seed, signal },
        read: (path) => readSound(path, opened.pack.sampleRate, { channel }),
        onProgress: (done, total) => onProgress(done, total, "scenes"),
      });
    }
    const run = { pack: opened.pack, layout: data.layout, seed, stride };
    const evaluated = await written(options, evaluation, run, { threads, onProgress, signal });
    for (const sentence of leftOut(evaluation)) onNotice(sentence);
    return evaluated;
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new InterruptedError(
      `interrupted; what was measured is kept in ${results}: the same command goes on`,
    );
  } finally {
    store.close();
    await threads.stop();
  }
}

/** What tells one run from another, but for what `EvaluateOptions` say. */
interface Run {
  readonly pack: Pack;
  readonly layout: string;
  readonly seed: number;
  readonly stride: number;
}

/** Tables and report in the folder; a report that is there already is made anew only when its figures have changed. */
async function written(
  options: EvaluateOptions,
  evaluation: Evaluation,
  run: Run,
  drawing: Pick<ReportOptions, "threads" | "onProgress" | "signal">,
): Promise<Evaluated> {
  const { out, fold, reportClips: clips = REPORT_CLIPS } = options;
  const { pack, layout, seed, stride } = run;
  const title = `Seed ${seed}${fold ? `, fold ${fold}` : ""}, pack ${pack.name} ${pack.version}, ${layout}, stride ${stride} frames.`;
  await mkdir(out, { recursive: true });
  const before = await recordOf(out);
  const reportKey = `${evaluation.key} ${clips}`;
  const report = join(out, "report.html");
  if (before?.reportKey !== reportKey || !existsSync(report)) {
    await replaceFile(report, await reportPage({ evaluation, pack, title, clips, ...drawing }));
  }
  // A finished run starts no runtime; its figures were computed by the one of before.
  const runtime = (await drawing.threads.description()) || (before?.runtime ?? "");
  const record = recorded(options, evaluation, pack, { seed, stride, runtime });
  // Names of clips and classes are others' words: none of them may make a row of its own.
  const markdown = `${oneLine(title)}\n\n${evaluationMarkdown(shownValues(evaluation))}`;
  await replaceFile(join(out, "table.md"), markdown);
  await replaceFile(join(out, "table.json"), `${JSON.stringify({ ...record, reportKey }, null, 1)}\n`);
  return { record, markdown };
}

function foldersOf(folders: readonly string[] = []): Promise<FoundSounds[]> {
  return Promise.all(folders.map((folder) => findSounds(folder)));
}

async function foundSounds(
  { data, fold, speech, keepScenes, contamination = DEFAULT_CONTAMINATION }: EvaluateOptions,
  { labels }: Pack,
): Promise<{ data: FoundSounds; sentences: FoundSounds | undefined; settings: readonly Setting[] }> {
  const found = await findSounds(data, fold);
  const known = found.sounds.some(({ label }) => label !== undefined && labels.includes(label));
  const settings = settingsNamed(contamination, known);
  if (keepScenes && !settings.includes("scenes")) {
    throw new UsageError("--keep-scenes keeps those of --contamination scenes");
  }
  if (settings.includes("speech") && speech === undefined) {
    throw new UsageError("--contamination speech needs --speech, a folder of spoken sentences");
  }
  return { data: found, settings, sentences: speech === undefined ? undefined : await findSentences(speech) };
}

function chosenMethods(pack: Pack, names: readonly string[]): string[] {
  const known = [...new Set([...pack.methods, ...(pack.featureMethods ?? [])].map(({ name }) => name))];
  const listenable = pack.methods.map(({ name }) => name);
  for (const name of names) {
    if (name !== "all" && !listenable.includes(name) && !findPerturbation(name)) {
      throw new UsageError(
        `--methods: pack ${pack.name} has no method "${name}"; it has: ${listenable.join(", ")}; without gradients there are: ` +
          PERTURBATIONS.map((each) => each.name).join(", "),
      );
    }
  }
  return [...new Set(names.flatMap((name) => (name === "all" ? known : [name])))];
}

function checkBudget(budget: number | undefined): void {
  try {
    perturbationSettings({ budget });
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`--${error.message}`) : error;
  }
}

function recorded(
  { data, fold, speech }: EvaluateOptions,
  { perClip: _clips, pools: _pools, ...figures }: Evaluation,
  { name, version }: Pack,
  run: Pick<EvaluationRecord, "seed" | "stride" | "runtime">,
): EvaluationRecord {
  return {
    listenable: packageVersion(),
    pack: { name, version },
    data,
    fold: fold ?? null,
    speech: speech ?? null,
    ...run,
    ...figures,
  };
}

/** Sentences on what was not measured; the record lists all of it. */
function leftOut({ skipped, failures }: Evaluation): string[] {
  const SHOWN = 5;
  const count = skipped.length + failures.length;
  if (count === 0) return [];
  return [
    ...[...skipped, ...failures].slice(0, SHOWN).map((line) => `left out: ${line}`),
    `${skipped.length} sounds were left out and ${failures.length} figures could not be computed; ` +
      "table.json lists them with their reasons",
  ];
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

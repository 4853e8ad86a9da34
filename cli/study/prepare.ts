/** `listenable study prepare`: sounds and a study file from data and methods. */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type FoundSound, findSentences, findSounds } from "../../lab/data/sound-folder.ts";
import { CONTAMINATIONS, type Contamination } from "../../lab/evaluation/plan/contamination.ts";
import { type Pack, packMethod } from "../../models/pack/pack.ts";
import { openPack } from "../../models/runtime/open-pack-node.ts";
import { ANCHORS, type Anchor, type ForeignMethod, stemOf } from "../../study/conditions.ts";
import { type Prepared, type PrepareOptions, prepareStudy } from "../../study/prepare.ts";
import { STUDY_FILE, type Study } from "../../study/study-file.ts";
import { UsageError } from "../errors.ts";
import { interruptible } from "../interrupt.ts";
import {
  type CommonOptions,
  packOption,
  positiveInteger,
  positiveNumber,
  RUNTIMES,
  repeated,
  runtimeOption,
  strideOption,
} from "../options.ts";
import { showProgress } from "../progress.ts";

interface PrepareCommandOptions extends CommonOptions {
  data?: string;
  fold?: number;
  methods: string[];
  foreign: string[];
  anchors: Anchor[];
  pack: string;
  runtime: keyof typeof RUNTIMES;
  contamination: Contamination;
  speech?: string;
  classes?: string;
  clips: number;
  trials?: number;
  attention: number;
  headphones: boolean;
  scale: Study["scale"];
  seed: number;
  loudness: number;
  seconds: number;
  stride?: number;
  keepWrong?: boolean;
  name?: string;
  title: string;
  out: string;
}

const EXAMPLES = `
Writes into STUDY:
  study.json         texts, questions, conditions, clips and numbers; edit it before the first participant
  sounds/            originals and explanations, each trial's at one loudness (ITU-R BS.1770), under names that tell nothing
  preparation.json   what each clip was made of, its levels, and the sounds that were left out, with the reason
Participants are asked about the class that the classifier decides on. Clips that it gets wrong or is not sure of are left
out (--keep-wrong takes them), and classes take turns. One clip more than --clips is made, for practice.
--foreign adds explanations that were made elsewhere: a folder with a sound for each clip, called as the clip is.

Examples:
  $ listenable study prepare --data ESC-50 --fold 4 --methods lmac,all-ones --contamination mixtures --out my-study
  $ listenable study prepare dog.wav siren.wav rain.wav --methods lmac --anchors original,low --out my-study
  $ listenable study prepare --data mixtures --methods lmac --foreign l2i=l2i-sounds --classes classes.csv --out my-study
`;

export function registerPrepare(study: Command): void {
  study
    .command("prepare")
    .description("choose clips, explain them, level the sounds and write a study file")
    .argument("[files...]", "sound files to ask about, where --data names no folder")
    .requiredOption("--out <dir>", "folder of the study; made if it is not there")
    .option("--data <dir>", "ESC-50, UrbanSound8K, or any folder of sounds")
    .option("--fold <n>", "only this fold of the data set", positiveInteger)
    .option("--methods <list>", "methods of the pack that are rated, or all", list, [])
    .option("--foreign <name=dir>", "explanations made elsewhere; can be given again", repeated, [])
    .option("--anchors <list>", `hidden among the methods: ${ANCHORS.join(", ")}`, anchors, [])
    .addOption(packOption())
    .addOption(
      new Option("--contamination <kind>", "what is mixed into the clips")
        .choices(CONTAMINATIONS)
        .default("clean"),
    )
    .option("--speech <dir>", "spoken sentences, for --contamination speech")
    .option("--classes <file>", "CSV of clip,class for sounds that no data set labels")
    .option("--clips <n>", "clips that are rated", positiveInteger, 12)
    .option("--trials <n>", "clips that each participant rates (default: all)", positiveInteger)
    .option("--attention <n>", "trials that show whether somebody listens", wholeNumber, 1)
    .option("--no-headphones", "leave the headphone check out")
    .addOption(new Option("--scale <kind>", "of the ratings").choices(["0-100", "1-5"]).default("0-100"))
    .option("--loudness <lufs>", "of all sounds, where their peaks allow it", loudness, -23)
    .option("--seconds <n>", "longer sounds are cut", positiveNumber, 10)
    .addOption(strideOption())
    .option("--keep-wrong", "also take clips that the classifier gets wrong or is not sure of")
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .option("--name <name>", "of the study: lower-case letters, digits, dashes (default: the folder's)")
    .option("--title <text>", "what participants see first", "Listening study")
    .addOption(runtimeOption())
    .addHelpText("after", EXAMPLES)
    .action(prepareAndTell);
}

async function prepareAndTell(files: readonly string[], options: PrepareCommandOptions): Promise<void> {
  const { out, json } = options;
  const prepared = await prepare(files, options);
  console.log(json ? JSON.stringify(facts(prepared, out)) : summary(prepared, out));
}

async function prepare(files: readonly string[], options: PrepareCommandOptions): Promise<Prepared> {
  if (existsSync(join(options.out, STUDY_FILE))) {
    throw new UsageError(`${join(options.out, STUDY_FILE)} is there already; name another folder with --out`);
  }
  const log = (line: string) => console.error(`listenable: ${line}`);
  const opened = await openPack(options.pack, { build: RUNTIMES[options.runtime], log });
  const material = await chosenMaterial(files, options, opened.pack);
  const progress = showProgress("prepare", 1);
  try {
    return await interruptible((signal) =>
      prepareStudy({
        ...options,
        ...material,
        opened,
        folder: options.out,
        name: options.name ?? nameOf(options.out),
        mostSeconds: options.seconds,
        keepWrong: options.keepWrong ?? false,
        signal,
        onProgress: (done, total, what) => {
          progress.setTotal(total);
          progress.update(done, `· ${what}`);
        },
      }),
    );
  } finally {
    progress.end();
    await opened.close();
  }
}

type Material = Required<Pick<PrepareOptions, "methods" | "foreign" | "classes" | "sounds" | "sentences">>;

async function chosenMaterial(
  files: readonly string[],
  options: PrepareCommandOptions,
  pack: Pack,
): Promise<Material> {
  const { contamination, speech } = options;
  const methods = chosenMethods(pack, options.methods);
  const foreign = options.foreign.map(foreignMethod);
  if (methods.length + foreign.length === 0) {
    throw new UsageError("nothing to rate: name methods of the pack with --methods, or --foreign sounds");
  }
  if (foreign.length > 0 && contamination !== "clean") {
    throw new UsageError(
      `--foreign sounds explain the clips as they are: leave --contamination ${contamination} out`,
    );
  }
  const classes = options.classes === undefined ? undefined : await readClasses(options.classes);
  const sounds = await chosenSounds(files, options, pack, classes);
  const sentences = speech === undefined ? [] : (await findSentences(speech)).sounds;
  if (contamination === "speech" && sentences.length === 0) {
    throw new UsageError("--contamination speech needs --speech, a folder of spoken sentences");
  }
  if (contamination === "mixtures" && sounds.length < 2) {
    throw new UsageError("--contamination mixtures needs two sounds to mix, and there is one");
  }
  return { methods, foreign, classes, sounds, sentences };
}

/** Sounds of classes that the pack doesn't know can't be asked about, unless somebody else explained them. */
async function chosenSounds(
  files: readonly string[],
  { data, fold, methods }: PrepareCommandOptions,
  pack: Pack,
  classes?: ReadonlyMap<string, string>,
): Promise<readonly FoundSound[]> {
  if ((data === undefined) === (files.length === 0)) {
    throw new UsageError("name either sound files or, with --data, a folder of them");
  }
  if (data === undefined) {
    for (const file of files) {
      if (!(await stat(file).catch(() => undefined))?.isFile()) {
        throw new UsageError(`there is no sound file ${file}; a folder is named with --data`);
      }
    }
    return files.map((path) => ({ name: basename(path), path }));
  }
  const found = await findSounds(data, fold);
  const known = found.sounds.filter(
    ({ label }) => label === undefined || (pack.labels.includes(label) && label !== pack.other),
  );
  if (methods.length > 0 && known.length === 0) {
    throw new Error(
      `none of the classes of ${found.layout} in ${data} is one of pack ${pack.name}: ${pack.labels.join(", ")}`,
    );
  }
  const usable = methods.length > 0 ? known : found.sounds;
  return classes ? usable.filter(({ name }) => classes.has(stemOf(name))) : usable;
}

function chosenMethods(pack: Pack, names: readonly string[]): string[] {
  if (names.includes("all")) return pack.methods.map(({ name }) => name);
  for (const name of names) {
    try {
      packMethod(pack, name);
    } catch (error) {
      throw new UsageError(`--methods: ${(error as Error).message}`);
    }
  }
  return [...names];
}

function foreignMethod(text: string): ForeignMethod {
  const found = /^([a-z0-9][a-z0-9-]*)=(.+)$/.exec(text);
  if (!found) {
    throw new UsageError(
      `--foreign: "${text}" is not a name (lower-case letters, digits, dashes), "=" and a folder: l2i=l2i-sounds`,
    );
  }
  return { id: found[1], folder: found[2] };
}

async function readClasses(path: string): Promise<Map<string, string>> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new UsageError(`--classes: there is no file ${path}`);
  });
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const classes = new Map<string, string>();
  for (const [k, line] of lines.entries()) {
    const cells = line.split(",").map((cell) => cell.trim());
    if (k === 0 && cells[0] === "clip") continue;
    if (cells.length !== 2 || cells.includes("")) {
      throw new UsageError(`${path}, line ${k + 1}: "${line}" is not a clip, a comma and its class`);
    }
    classes.set(stemOf(cells[0]), cells[1]);
  }
  return classes;
}

function nameOf(folder: string): string {
  const name = basename(join(process.cwd(), folder))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
  return name.replaceAll(/^-+|-+$/g, "").slice(0, 64) || "study";
}

function facts({ study, leftOut, faint }: Prepared, out: string) {
  const { name, clips, methods, trials, attention } = study;
  return {
    out,
    name,
    clips: clips.length,
    methods: methods.map(({ id }) => id),
    trials,
    attention: attention.length,
    leftOut,
    faint,
  };
}

function summary({ study, leftOut, faint }: Prepared, out: string): string {
  const { clips, methods, trials, attention, questions } = study;
  const classes = [...new Set(clips.map(({ label }) => label))];
  return [
    `${clips.length} clips of ${classes.length} classes (${classes.join(", ")}), sounds left out: ${leftOut.length}`,
    `rated: ${methods.map(({ title }) => title).join(", ")}`,
    `each participant: practice, ${trials} trials, checks of attention: ${attention.length}, ${trials * methods.length * questions.length} ratings that count`,
    ...(faint.length > 0 ? [`fainter than the others of their trial: ${faint.join(", ")}`] : []),
    `written to ${out}; read ${join(out, STUDY_FILE)}, then: listenable study serve ${out}`,
  ].join("\n");
}

function list(text: string): string[] {
  return [...new Set(text.split(",").map((word) => word.trim()))];
}

function anchors(text: string): Anchor[] {
  return list(text).map((name) => {
    const found = ANCHORS.find((each) => each === name);
    if (!found) throw new InvalidArgumentError(`"${name}" is not one of ${ANCHORS.join(", ")}.`);
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

function loudness(text: string): number {
  const value = Number(text);
  if (!(value >= -50 && value <= -10)) {
    throw new InvalidArgumentError(`"${text}" is not a loudness from -50 to -10 LUFS.`);
  }
  return value;
}

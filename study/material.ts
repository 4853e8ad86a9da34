/** What a study is made of: sounds, methods and classes, found where the options say. */
import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { type FoundSound, findSentences, findSounds } from "../lab/data/sound-folder.ts";
import { UsageError } from "../lab/errors.ts";
import type { Contamination } from "../lab/evaluation/plan/contamination.ts";
import { type Pack, packMethod } from "../models/pack/pack.ts";
import { type ForeignMethod, stemOf } from "./conditions.ts";
import type { PrepareOptions } from "./prepare.ts";

interface MaterialOptions {
  /** Sound files, where `data` names no folder. */
  readonly files: readonly string[];
  /** ESC-50, UrbanSound8K, or any folder of sounds. */
  readonly data?: string | undefined;
  /** Only this fold of the data set. */
  readonly fold?: number | undefined;
  /** Methods of the pack that are rated; "all" for all of them. */
  readonly methods: readonly string[];
  /** Explanations that were made elsewhere. */
  readonly foreign: readonly ForeignMethod[];
  readonly contamination: Contamination;
  /** A folder of spoken sentences, where speech is mixed in. */
  readonly speech?: string | undefined;
  /** CSV of clip,class for sounds that no data set labels. */
  readonly classes?: string | undefined;
}

type Material = Required<Pick<PrepareOptions, "methods" | "foreign" | "classes" | "sounds" | "sentences">>;

/** @throws UsageError for what does not go together, is not there or cannot be read. */
export async function chosenMaterial(options: MaterialOptions, pack: Pack): Promise<Material> {
  const { contamination, speech, foreign } = options;
  const methods = chosenMethods(pack, options.methods);
  if (methods.length + foreign.length === 0) {
    throw new UsageError("nothing to rate: name methods of the pack with --methods, or --foreign sounds");
  }
  if (foreign.length > 0 && contamination !== "clean") {
    throw new UsageError(
      `--foreign sounds explain the clips as they are: leave --contamination ${contamination} out`,
    );
  }
  const classes = options.classes === undefined ? undefined : await readClasses(options.classes);
  const sounds = await chosenSounds(options, pack, classes);
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
  { files, data, fold, methods }: MaterialOptions,
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

/** A name for the study in a folder. */
export function nameOf(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
  return name.replaceAll(/^-+|-+$/g, "").slice(0, 64) || "study";
}

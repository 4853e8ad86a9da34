/** `listenable pack --classifier my.onnx`: from a user's own classifier to a pack, the decoder trained on the way. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { type Command, Option } from "commander";
import { loadSounds } from "../lab/data/load-sounds.ts";
import { classesHeard, figuresTable, shortEvaluation } from "../lab/evaluation/short-evaluation.ts";
import { type ForeignClassifier, foreignClassifier } from "../lab/import/foreign-classifier.ts";
import { parseFront, parseFrontWords } from "../lab/import/front.ts";
import { latentTable } from "../lab/import/latents.ts";
import {
  ANSWERS,
  type Answer,
  type ReadClassifier,
  type ReadOptions,
  readClassifier,
} from "../lab/import/read-classifier.ts";
import { tryClassifier } from "../lab/import/trial.ts";
import { findMethod } from "../lab/methods/methods.ts";
import type { ChosenMethod } from "../lab/methods/pack-graphs.ts";
import type { ForeignDecoderShape } from "../lab/networks/foreign-decoder.ts";
import type { WeightValues } from "../lab/networks/frozen-layers.ts";
import { weightValues } from "../lab/networks/training-layers.ts";
import { buildForeignPack } from "../lab/packing/build-foreign-pack.ts";
import { ForeignBatches, foreignLmacTask } from "../lab/training/train-decoder.ts";
import { IMPROVED } from "../lab/training/train-lmac.ts";
import { trainingRuntime } from "../lab/training/training-runtime.ts";
import { openPackFolder } from "../models/pack/open-pack-node.ts";
import { loadMethod } from "../models/runtime/load-method.ts";
import type { Runtime } from "../models/runtime/runtime.ts";
import { nodeRuntime } from "../models/runtime/runtime-node.ts";
import { UsageError } from "./errors.ts";
import { interruptible } from "./interrupt.ts";
import { chosenMethods } from "./method-options.ts";
import { type CommonOptions, positiveInteger, positiveNumber } from "./options.ts";
import { showProgress } from "./progress.ts";
import { addCourseOptions, type CourseOptions, runTraining } from "./run-training.ts";

export interface ForeignPackOptions extends CommonOptions, CourseOptions {
  classifier: string;
  out?: string;
  name: string;
  title: string;
  version: string;
  threshold: number;
  front?: string;
  labels?: string;
  data?: string;
  output?: string;
  answer?: Answer;
  latents?: string[];
  listLatents?: boolean;
  features?: boolean;
  other?: string;
  licence: string;
  channels: number;
  sparsity: number;
}

const list = (text: string) => text.split(",");

/** The options of `pack` that only a classifier in an `.onnx` file knows. */
export function addForeignOptions(command: Command): void {
  command
    .optionsGroup("Of a classifier in an .onnx file:")
    .option("--front <file or words>", "how it is fed: a JSON file, or name=value,name=value (see the guide)")
    .option("--labels <file>", "its classes in order: one a line, or a JSON list")
    .option("--data <dir>", "any folder of sounds to train the decoder on; labels are not needed")
    .option("--output <name>", "which output is the answer, where there are several")
    .addOption(
      new Option("--answer <kind>", "what the answer is, where the file does not tell").choices(ANSWERS),
    )
    .option("--latents <names>", "activations that the decoder reads (see --list-latents)", list)
    .option("--list-latents", "print the activations that a decoder could read, and stop")
    .option("--other <label>", "the class that means none of the others, if there is one")
    .option("--licence <text>", "licence of the classifier, for pack.json", "not stated")
    .option("--channels <n>", "channels of the decoder's deepest level", positiveInteger, 32)
    .option(
      "--sparsity <weight>",
      "weight of the mask's mean: higher gives smaller masks",
      positiveNumber,
      4,
    );
  addCourseOptions(command, { steps: 1000, batch: 12, rate: 2e-3 }).optionsGroup("Methods:");
}

/** Whether `--classifier` names a file of the user's and not a run folder of this project. */
export function isForeign(classifier: string): boolean {
  return extname(classifier).toLowerCase() === ".onnx";
}

export async function packForeign(command: Command, options: ForeignPackOptions): Promise<void> {
  const given = (name: string) => command.getOptionValueSource(name) === "cli";
  const say = (line: string) => {
    if (!options.json) console.log(line);
  };
  const warn = (line: string) => console.error(`listenable: ${line}`);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const bytes = await readFile(options.classifier).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--classifier ${options.classifier} cannot be read (${cause.code})`, { cause });
  });
  const front = readFront(options.front);
  const readOptions: ReadOptions = {
    source: basename(options.classifier),
    output: options.output,
    answer: options.answer,
    classes: labels?.length,
    external: fileBeside(options.classifier),
  };
  const runtime = await nodeRuntime({ log: warn });
  const read = await readAndTry(runtime, options.classifier, bytes, readOptions, (each) =>
    inputSizes(foreignClassifier(each, { front, latents: options.latents })),
  );
  for (const note of read.notes) warn(note);
  const classifier = foreignClassifier(read, { front, latents: options.latents });
  for (const note of classifier.notes) warn(note);

  if (options.listLatents) {
    const { candidates, latents } = classifier;
    const rows = candidates.map((each) => ({
      name: each.name,
      operator: each.op,
      shape: each.shape,
      share: Number(each.share.toFixed(3)),
      chosen: latents.includes(each),
    }));
    console.log(options.json ? JSON.stringify(rows) : latentTable(candidates, latents));
    return;
  }
  if (options.out === undefined) throw new UsageError("--out is missing: the folder for the pack");
  const out = options.out;
  if (labels === undefined) {
    throw new UsageError(
      `--labels is missing: a file with the names of its ${read.classes} classes, one a line`,
    );
  }
  if (labels.length !== read.classes) {
    throw new UsageError(
      `--labels ${options.labels} has ${labels.length} names, but ${basename(options.classifier)} answers for ` +
        `${read.classes} classes (output "${read.output}")`,
    );
  }
  const methods = foreignMethods(command, options);
  const trains = methods.some(({ method }) => method.name === "lmac");
  if (classifier.latents.length === 0 && methods.some(({ method }) => /lmac|cam/.test(method.name))) {
    throw new UsageError(
      "no activation of a convolution was found that a decoder or GradCAM could read; " +
        "take methods that need none: --methods saliency,smoothgrad,ig",
    );
  }

  const seconds = (classifier.frames * classifier.stft.hop) / classifier.sampleRate;
  say(
    `${basename(options.classifier)}: ${read.classes} classes, windows of ${seconds.toFixed(2)} s at ${classifier.sampleRate} Hz, ` +
      `latents ${classifier.latents.map(({ name }) => name).join(", ") || "none"}`,
  );
  const sounds =
    options.data === undefined ? undefined : await readSounds(options.data, options.seed, classifier);
  for (const note of sounds?.notes ?? []) warn(note);

  let decoder: { values: WeightValues; shape: ForeignDecoderShape } | undefined;
  if (trains && sounds) {
    decoder = await trainDecoder(options, out, classifier, sounds.training, hashOf(bytes));
    if (!decoder) return;
  }
  const name = given("name") ? options.name : packName(options.classifier);
  const built = await buildForeignPack(out, {
    name,
    title: given("title") ? options.title : basename(options.classifier, extname(options.classifier)),
    version: options.version,
    licence: options.licence,
    labels,
    other: options.other,
    // Of a classifier that nobody has calibrated less is to be expected.
    threshold: given("threshold") ? options.threshold : 0.5,
    classifier,
    methods,
    features: options.features,
    decoder,
    origin: {
      classifier: basename(options.classifier),
      sha256: hashOf(bytes),
      output: read.output,
      front,
      latents: classifier.latents.map((each) => each.name),
      training: trains ? courseOf(options) : undefined,
    },
  });
  const figures = sounds && (await measure(runtime, out, classifier, sounds.heldOut, labels, warn));
  const names = methods.map(({ method }) => method.name);
  const result = { out, name, methods: names, bytes: built.bytes, mmac: built.mmac, figures };
  if (options.json) console.log(JSON.stringify(result));
  else {
    if (figures) say(`\n${figuresTable(figures)}\n`);
    const size = (built.bytes / 2 ** 20).toFixed(1);
    say(
      `${out}: ${names.join(", ")}, ${size} MiB; try: listenable explain SOUND --pack ${out} --out explained`,
    );
  }
}

/** Reads the classifier and asks it and the file the same; probabilities that look like logits are read again. */
async function readAndTry(
  runtime: Runtime,
  path: string,
  bytes: Uint8Array,
  options: ReadOptions,
  sizes: (read: ReadClassifier) => readonly number[],
): Promise<ReadClassifier> {
  let read = readClassifier(bytes, options);
  const trial = await tryClassifier(runtime, path, read, sizes(read)).catch((cause: Error) => {
    throw new Error(`${path}: onnxruntime cannot run it: ${cause.message}`, { cause });
  });
  if (!trial) return read;
  const quantised = read.notes.some((note) => note.startsWith("It is quantised"));
  if (trial.difference > (quantised ? 0.2 : 1e-2)) {
    throw new Error(
      `${path}: what was read from it answers differently from the file itself (by ${(100 * trial.difference).toFixed(1)} % ` +
        "of the largest answer); that is a fault of Listenable: please report it with the file",
    );
  }
  if (read.answerGuessed && trial.sumToOne) {
    read = readClassifier(bytes, { ...options, answer: "probabilities" });
    return {
      ...read,
      notes: [
        ...read.notes,
        "Its answers sum to one, so they count as probabilities; --answer logits says otherwise.",
      ],
    };
  }
  return read;
}

function inputSizes(classifier: ForeignClassifier): number[] {
  const { layout, inputSize } = classifier;
  const sizes: Record<string, number> = { 1: 1, T: inputSize[0], F: inputSize[1], S: inputSize[0] };
  return [...layout].slice(1).map((letter) => sizes[letter]);
}

function readFront(text: string | undefined) {
  if (text === undefined) {
    throw new UsageError(
      "--front is missing: a JSON file (or name=value,...) that says how the classifier is fed, for instance " +
        "--front input=mel,sampleRate=16000,nFft=512,hop=160,nMels=64,log=ln; docs/explain-your-own-classifier.md lists all words",
    );
  }
  if (text.includes("=") && !existsSync(text)) return parseFrontWords(text);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(text, "utf8"));
  } catch (cause) {
    throw new UsageError(`--front ${text}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  return parseFront(json, text);
}

function fileBeside(model: string) {
  return (location: string): Uint8Array => {
    const path = join(dirname(model), location);
    if (!existsSync(path)) {
      throw new Error(
        `its weights lie in ${path}, which is missing; put that file beside the model, under that name`,
      );
    }
    return readFileSync(path);
  };
}

async function readLabels(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--labels ${path} cannot be read (${cause.code})`, { cause });
  });
  let names: unknown = text.split(/\r?\n/).map((line) => line.trim());
  if (text.trimStart().startsWith("[")) {
    try {
      names = JSON.parse(text);
    } catch (cause) {
      throw new UsageError(`--labels ${path} is no JSON list: ${(cause as Error).message}`, { cause });
    }
  } else names = (names as string[]).filter((line) => line !== "");
  if (!Array.isArray(names) || !names.every((each) => typeof each === "string")) {
    throw new UsageError(`--labels ${path} is no list of names`);
  }
  const twice = names.find((label, index) => names.indexOf(label) !== index);
  if (twice !== undefined) throw new UsageError(`--labels ${path} has "${twice}" twice`);
  return names;
}

/** Those that were asked for, and the mask of ones: everything is read against it, and asking it is cheap. */
function foreignMethods(command: Command, options: ForeignPackOptions): ChosenMethod[] {
  const { methods: listed } = command.opts<{ methods: string[] }>();
  if (options.data === undefined && listed.includes("lmac")) {
    throw new UsageError(
      "--data is missing: any folder of sounds to train L-MAC's decoder on; or take methods without one: --methods gradcam",
    );
  }
  const chosen = chosenMethods(command, options.data === undefined ? [] : ["lmac"]);
  const plain = findMethod("all-ones");
  return chosen.some(({ method }) => method === plain) ? chosen : [...chosen, { method: plain }];
}

async function readSounds(folder: string, seed: number, { sampleRate }: ForeignClassifier) {
  const progress = showProgress("sounds", 1);
  return interruptible((signal) =>
    loadSounds(folder, {
      sampleRate,
      seed,
      signal,
      onProgress: (done, total) => {
        progress.setTotal(total);
        progress.update(done);
      },
    }),
  ).finally(() => progress.end());
}

function courseOf({ steps, batch, rate, channels, sparsity, seed }: ForeignPackOptions) {
  return { steps, batch, rate, channels, sparsity, seed };
}

/** Undefined when the run stopped before its end because `--stop-after` said so. */
async function trainDecoder(
  options: ForeignPackOptions,
  out: string,
  classifier: ForeignClassifier,
  sounds: readonly Float32Array[],
  hash: string,
) {
  const { steps, channels, sparsity } = options;
  await trainingRuntime().catch((cause: Error) => {
    throw new Error(`${cause.message}, or take methods that need no training: --methods gradcam`, { cause });
  });
  const { frames, bins, centres } = classifier;
  const shape = { channels, frames, bins, centres };
  const weights = { ...IMPROVED, sparsity };
  const task = foreignLmacTask(classifier, shape, weights, new ForeignBatches(classifier, sounds));
  // Beside the pack and not in it: a pack is for others.
  const directory = `${out.replace(/[/\\]+$/, "")}-training`;
  const trained = await runTraining("decoder", task, {
    ...options,
    decay: 1e-4,
    directory,
    settings: {
      classifier: hash,
      front: classifier.front,
      latents: classifier.latents.map(({ name }) => name),
      channels,
      ...weights,
    },
  });
  if (trained.stepsDone < steps) {
    const line = { out: directory, steps: trained.stepsDone, of: steps };
    console.log(options.json ? JSON.stringify(line) : `${directory}: ${trained.stepsDone} of ${steps} steps`);
    return undefined;
  }
  return { values: weightValues(task.plan, trained.parameters, trained.statistics), shape };
}

async function measure(
  runtime: Runtime,
  out: string,
  classifier: ForeignClassifier,
  sounds: readonly Float32Array[],
  labels: readonly string[],
  warn: (line: string) => void,
) {
  const opened = await openPackFolder(out);
  const load = async (name: string) => loadMethod(runtime, await opened.graph(name), opened.pack, name);
  const judge = await load("all-ones");
  const names = opened.pack.methods.map(({ name }) => name).filter((name) => name !== "all-ones");
  const loaded = await Promise.all(names.map(load));
  const progress = showProgress("evaluate", 1);
  try {
    const heard = await classesHeard(classifier, judge, sounds);
    const most = heard.indexOf(Math.max(...heard));
    if (heard[most] > 0.95 && sounds.length > 4) {
      warn(
        `it says "${labels[most]}" of ${Math.round(100 * heard[most])} % of the sounds: if they are not all of that class, the ` +
          "front does not fit the classifier (level, mel scale, logarithm, normalisation or layout)",
      );
    }
    return await shortEvaluation(classifier, loaded, judge, sounds, (done, total) => {
      progress.setTotal(total);
      progress.update(done);
    });
  } finally {
    progress.end();
    for (const method of [judge, ...loaded]) await method.close();
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function packName(path: string): string {
  const name = basename(path, extname(path))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return name || "classifier";
}

/** From a user's `.onnx` or `.tflite` file, and what they say of it, to a classifier that can be explained. */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { encodeModel, GraphBuilder } from "../../models/graph/index.ts";
import type { Runtime } from "../../models/runtime/runtime.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { UsageError } from "../errors.ts";
import type { Pool } from "./answer.ts";
import { type ForeignClassifier, foreignClassifier } from "./foreign-classifier.ts";
import type { Front } from "./front.ts";
import type { Answer, Form } from "./head.ts";
import { inline } from "./inline.ts";
import { hasBatch, shapeIn } from "./layout.ts";
import { withModelFolder } from "./model-folder.ts";
import { type ReadClassifier, type ReadOptions, readClassifier } from "./read-classifier.ts";
import { readFront } from "./read-front.ts";
import { readLabels } from "./read-labels.ts";
import { answersToSounds, settleAnswers } from "./settle-answers.ts";
import { ownLabels } from "./tflite/label-list.ts";
import { isTflite } from "./tflite/model.ts";
import { type Trial, tryClassifier } from "./trial.ts";

export interface ImportOptions {
  /** The `.onnx` or `.tflite` file, or a transformers model's folder, which tells labels and front too. */
  readonly file: string;
  /** How it is fed: a front, a JSON file with one (or a `preprocessor_config.json`), a preset ("ast"), or its words ("input=mel,sampleRate=16000,..."). */
  readonly front?: Front | string | undefined;
  /**
   * Names of its classes in order, or a file with them: one a line, a JSON list, AudioSet's table, or a transformers model's
   * `config.json`; the file's own without.
   */
  readonly labels?: readonly string[] | string | undefined;
  /** Which output is the answer, where there are several. */
  readonly output?: string | undefined;
  /** What the answer is, where the file does not tell. */
  readonly answer?: Answer;
  /** Whether its classes answer each on its own or exclude each other; told by the file, or by a trial, without. */
  readonly answers?: Form | undefined;
  /** What becomes of values frame by frame, where the answer has some. */
  readonly pool?: Pool;
  /** Activations that a decoder reads; chosen without. */
  readonly latents?: readonly string[] | undefined;
}

export interface ImportedClassifier {
  readonly classifier: ForeignClassifier;
  readonly bytes: Uint8Array;
  readonly front: Front;
  readonly labels?: readonly string[] | undefined;
  /** How many classes it answers for. */
  readonly classes: number;
  /** The output that was taken, by its name in the file. */
  readonly output: string;
  readonly runtime: Runtime;
  /** The file itself, as it was read. */
  readonly read: ReadClassifier;
}

/**
 * @param onNotice told what was assumed, a sentence each.
 * @throws UsageError for options that are missing or cannot be read; Error that says what is wrong in the file.
 */
export async function importClassifier(
  asked: ImportOptions,
  onNotice: (sentence: string) => void = () => {},
): Promise<ImportedClassifier> {
  const options = withModelFolder(asked, onNotice);
  const { file, latents } = options;
  const given = typeof options.labels === "string" ? await readLabels(options.labels) : options.labels;
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--classifier ${file} cannot be read (${cause.code})`, { cause });
  });
  const front = typeof options.front === "object" ? options.front : readFront(options.front);
  const readOptions: ReadOptions = {
    source: basename(file),
    output: options.output,
    answer: options.answer,
    answers: options.answers,
    pool: options.pool,
    classes: given?.length,
    waveform: front.input === "waveform",
    external: fileBeside(file),
  };
  const runtime = await nodeRuntime({ log: onNotice });
  const read = await readAndTry(runtime, file, bytes, readOptions, (each) =>
    foreignClassifier(each, { front, latents }),
  );
  const classifier = foreignClassifier(read, { front, latents });
  for (const note of [...read.notes, ...classifier.notes]) onNotice(note);
  const { classes, output } = read;
  const labels = given ?? (isTflite(bytes) ? ownLabels(bytes, classes) : undefined);
  if (labels && !given) onNotice("The names of its classes are those in the file itself.");
  const names = read.binary && labels ? yesAndNo(labels, read) : labels;
  if (read.binary && names) {
    onNotice(`It answers one value: "${names[0]}" from a half on, "${names[1]}" below.`);
  }
  return { classifier, bytes, front, labels: names, classes, output, runtime, read };
}

/** Names of both answers of a classifier that says yes or no. */
function yesAndNo(labels: readonly string[], { source, output }: ReadClassifier): readonly string[] {
  if (labels.length === 1) return [labels[0]!, `not ${labels[0]}`];
  if (labels.length === 2) return labels;
  throw new UsageError(
    `${source} answers one value, yes or no (output "${output}"), and there are ${labels.length} labels; give one, the name of ` +
      "what it says yes to, or two, that one first",
  );
}

/** Reads the classifier, asks it and the file the same, and settles what its answers are where the file does not tell. */
async function readAndTry(
  runtime: Runtime,
  path: string,
  bytes: Uint8Array,
  given: ReadOptions,
  explained: (read: ReadClassifier) => ForeignClassifier,
): Promise<ReadClassifier> {
  const tried = async (options: ReadOptions) => {
    const read = readClassifier(bytes, options);
    // onnxruntime cannot ask a .tflite file itself; what was read from it tells at least what its answers are like.
    const file = isTflite(bytes) ? encodedAnswer(read) : path;
    const trial = await tryClassifier(runtime, file, read, inputSizes(explained(read))).catch(
      (cause: Error) => {
        throw new Error(`${path}: onnxruntime cannot run it: ${cause.message}`, { cause });
      },
    );
    checkTrial(path, read, trial);
    return { read, trial, options };
  };
  // Where a window alone is answered and several at once are not, its batch could not be freed after all.
  const { read, trial, options } = await tried(given).catch((cause: unknown) =>
    tried({ ...given, oneByOne: true }).catch(() => {
      throw cause;
    }),
  );
  const { answer, answers } = options;
  const again = (answer: Answer | undefined, answers: Form | undefined) =>
    readClassifier(bytes, { ...options, answer, answers });
  const onSounds = () => answersToSounds(runtime, explained(again("logits", answers)));
  return settleAnswers({ read, answer, answers, rows: trial?.rows, onSounds, again });
}

/** @throws Error where the answers of what was read are not the file's. */
function checkTrial(path: string, { notes }: ReadClassifier, trial: Trial | undefined): void {
  const quantised = notes.some((note) => note.startsWith("It is quantised"));
  if (!trial || trial.difference <= (quantised ? 0.2 : 1e-2)) return;
  throw new Error(
    `${path}: what was read from it answers differently from the file itself (by ${(100 * trial.difference).toFixed(1)} % ` +
      "of the largest answer); that is a fault of Listenable: please report it with the file",
  );
}

/** What was read, as a file that onnxruntime can be asked. */
function encodedAnswer(read: ReadClassifier): Uint8Array {
  const g = new GraphBuilder();
  const input = g.input("input", "float32", read.input.shape);
  g.output(read.output, inline(g, read.graph, input)(read.answer));
  return encodeModel(g);
}

/** Of one input, without the batch. */
function inputSizes({ layout, inputSize }: ForeignClassifier): number[] {
  return shapeIn(layout, inputSize, 1).slice(hasBatch(layout) ? 1 : 0) as number[];
}

/** Weights that the model keeps in files beside it. */
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

/** A class is believed from this probability on where nobody has said better: less is to be expected of what is not calibrated. */
export const UNCALIBRATED = 0.5;

/** @throws UsageError for labels that are not as many as its classes. */
export function checkLabelCount(
  { file, labels: given }: Pick<ImportOptions, "file" | "labels">,
  { labels, classes, output }: ImportedClassifier,
): void {
  if (labels === undefined || labels.length === classes) return;
  throw new UsageError(
    `--labels ${typeof given === "string" ? given : ""} has ${labels.length} names, but ` +
      `${basename(file)} answers for ${classes} classes (output "${output}")`,
  );
}

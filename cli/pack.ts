/** `listenable pack`: from training runs, or from anybody's `.onnx` or `.tflite` file, to a pack that every other command takes. */
import { statSync } from "node:fs";
import { basename, extname } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../lab/errors.ts";
import { figuresTable } from "../lab/evaluation/short-evaluation.ts";
import { type ImportedClassifier, importClassifier } from "../lab/import/import-classifier.ts";
import { latentTable } from "../lab/import/latents.ts";
import { isModelFolder } from "../lab/import/model-folder.ts";
import {
  DECODER_COURSE,
  type PackClassifierOptions,
  type PackedClassifier,
  packClassifier,
} from "../lab/packing/pack-classifier.ts";
import { type PackRunsOptions, packRuns, RUNS_WORDS } from "../lab/packing/pack-runs.ts";
import { readThresholds } from "../lab/training/thresholds-file.ts";
import { addReadingOptions } from "./classifier-options.ts";
import { followed } from "./follow.ts";
import { addMethodOptions, methodChoice } from "./method-options.ts";
import { type CommonOptions, positiveInteger, positiveNumber, probability, repeated } from "./options.ts";
import { printJson, printLine, printResult, printText } from "./say.ts";
import { addCourseOptions, givenOptions } from "./training-options.ts";

/** What was given, without the defaults. */
type Given = CommonOptions &
  Omit<PackClassifierOptions, "file" | "thresholds"> & {
    readonly classifier: string;
    readonly thresholds?: string;
    readonly windows?: boolean;
    readonly listLatents?: boolean;
    readonly decoder?: readonly string[];
    readonly l2i?: string;
    readonly credit?: readonly string[];
  };

const EXAMPLES = `
Examples:
  $ listenable pack --classifier runs/classifier --decoder runs/lmac --out my-pack
  $ listenable serve --pack my-pack
  $ listenable pack --classifier runs/classifier --methods saliency,ig --ig-steps 64 --out gradients
  $ listenable pack --classifier runs/classifier --decoder runs/lmac --methods all --features --out everything
  $ listenable pack --classifier runs/classifier --decoder runs/lmac --decoder runs/ft --l2i runs/l2i --out trained
  $ listenable pack --classifier my.onnx --front front.json --labels labels.txt --data sounds --out my-pack
  $ listenable pack --classifier cnn14.onnx --front panns-cnn14 --labels labels.txt --methods gradcam --out cnn14
  $ listenable pack --classifier my.onnx --front front.json --list-latents
  $ listenable pack --classifier my.tflite --front input=waveform,sampleRate=16000 --labels labels.txt --methods saliency --out my-pack

Every method is a graph with the classifier inside; docs/methods.md tells what each does and costs.
docs/explain-your-own-classifier.md is the guide to classifiers in .onnx and .tflite files.
`;

export function registerPack(program: Command): void {
  const command = program
    .command("pack")
    .description(
      "make a pack of a trained classifier, or any in an .onnx or .tflite file, and explanation methods",
    )
    .requiredOption(
      "--classifier <dir or file>",
      "run folder of the classifier, an .onnx or .tflite file, or a transformers model's folder",
    );
  addRunsOptions(command);
  command.addHelpText("after", EXAMPLES).action(async () => {
    const given = givenOptions<Given>(command);
    const { classifier: file } = given;
    const options = { ...given, ...methodChoice({ ...given }) };
    if (!isFile(file)) return packOwn({ ...options, decoders: given.decoder });
    if (given.listLatents) return listLatents({ ...options, file });
    return packForeign({ ...options, file, decoders: given.decoder });
  });
  addForeignOptions(command);
  addMethodOptions(command);
}

function addRunsOptions(command: Command): void {
  command
    .option(
      "--decoder <dir>",
      "run folder of a decoder (L-MAC, as published, FT); can be given again",
      repeated,
      [],
    )
    .option("--l2i <dir>", "run folder of Listen to Interpret")
    .option(
      "--credit <sentence>",
      "whose further sounds they learnt from, where the runs do not say so; can be given again",
      repeated,
      [],
    )
    .option("--out <dir>", "folder for the pack")
    .option("--name <name>", "short name: lower-case letters, digits and dashes", RUNS_WORDS.name)
    .option("--title <text>", "name shown to people", RUNS_WORDS.title)
    .option("--version <text>", "version of the pack", RUNS_WORDS.version)
    .option(
      "--threshold <p>",
      "a class is believed from this probability on",
      probability,
      RUNS_WORDS.threshold,
    )
    .option("--thresholds <file>", "the same by class: a JSON file of labels and probabilities")
    .option(
      "--windows",
      "a streaming classifier on windows that begin in silence, with any method: for tables",
    )
    .option(
      "--features",
      "also the methods on the classifier's own input, for evaluate's \"not listenable\" rows",
    );
}

/** What kind of file it is its content tells; a folder is one of our own runs, or of a transformers model. */
function isFile(path: string): boolean {
  const named = [".onnx", ".tflite"].includes(extname(path).toLowerCase());
  return named || isModelFolder(path) || (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
}

/** The options that only a classifier in a file knows. */
function addForeignOptions(command: Command): void {
  addReadingOptions(command.optionsGroup("Of a classifier in an .onnx or .tflite file:"));
  command
    .option("--data <dir>", "any folder of sounds to train the decoder on; labels are not needed")
    .option("--latents <names>", "activations that the decoder reads (see --list-latents)", (text) =>
      text.split(","),
    )
    .option("--list-latents", "print the activations that a decoder could read, and stop")
    .option("--other <label>", "the class that means none of the others, if there is one")
    .option(
      "--tree <file>",
      "which classes are kinds of others: a JSON object from class to parent, or AudioSet's ontology.json",
    )
    .option("--licence <text>", "licence of the classifier, for pack.json", "not stated")
    .option(
      "--channels <n>",
      "channels of the decoder's deepest level",
      positiveInteger,
      DECODER_COURSE.channels,
    )
    .option(
      "--sparsity <weight>",
      "weight of the mask's mean: higher gives smaller masks",
      positiveNumber,
      DECODER_COURSE.sparsity,
    );
  addCourseOptions(command, DECODER_COURSE).optionsGroup("Methods:");
}

async function packOwn(
  options: CommonOptions &
    Omit<PackRunsOptions, "out" | "thresholds"> & {
      out?: string | undefined;
      thresholds?: string | undefined;
    },
): Promise<void> {
  const { out } = options;
  if (out === undefined) throw new UsageError("--out is missing: the folder for the pack");
  const thresholds = options.thresholds === undefined ? undefined : await readThresholds(options.thresholds);
  const { pack, mmac, bytes } = await packRuns({ ...options, thresholds, out });
  const methods = pack.methods.map(({ name }) => name);
  const cost = mmac === undefined ? "" : `, ${mmac.toFixed(1)} MMAC a window`;
  if (options.json) printJson({ out, name: pack.name, methods, mmac, bytes });
  else
    printLine(
      `${out}: ${pack.title}${cost}, ${Math.round(bytes / 1024)} KiB; methods: ${methods.join(", ")}`,
    );
}

async function listLatents(
  options: CommonOptions & Omit<PackClassifierOptions, "thresholds">,
): Promise<void> {
  const imported = await followed(({ onNotice }) => importClassifier(options, onNotice));
  const { candidates, latents } = imported.classifier;
  const rows = candidates.map((each) => ({
    name: each.name,
    operator: each.op,
    shape: each.shape,
    share: Number(each.share.toFixed(3)),
    chosen: latents.includes(each),
  }));
  if (options.json) printJson(rows);
  else printText(latentTable(candidates, latents));
}

async function packForeign({
  thresholds: file,
  ...given
}: CommonOptions &
  Omit<PackClassifierOptions, "thresholds"> & { thresholds?: string | undefined }): Promise<void> {
  const { json } = given;
  const options = { ...given, thresholds: file === undefined ? undefined : await readThresholds(file) };
  const onImported = (imported: ImportedClassifier) => {
    if (!json) printLine(`${basename(options.file)}: ${factsOf(imported)}`);
  };
  const packed = await followed((follow) => packClassifier(options, { ...follow, onImported }));
  if ("directory" in packed) {
    const { directory: out, stepsDone, steps } = packed;
    const stopped = { out, steps: stepsDone, of: steps };
    printResult(json, stopped, (shown) => `${shown.out}: ${stepsDone} of ${steps} steps`);
  } else printForeign(packed, json);
}

function factsOf({ classes, classifier }: ImportedClassifier): string {
  const { frames, stft, sampleRate, latents } = classifier;
  const seconds = (frames * stft.hop) / sampleRate;
  return (
    `${classes} classes, windows of ${seconds.toFixed(2)} s at ${sampleRate} Hz, ` +
    `latents ${latents.map(({ name }) => name).join(", ") || "none"}`
  );
}

function printForeign({ out, pack, bytes, mmac, figures }: PackedClassifier, json?: boolean): void {
  const methods = pack.methods.map(({ name }) => name);
  if (json) {
    printJson({ out, name: pack.name, methods, bytes, mmac, figures });
    return;
  }
  if (figures) printText(`\n${figuresTable(figures)}\n`);
  const size = (bytes / 2 ** 20).toFixed(1);
  printLine(
    `${out}: ${methods.join(", ")}, ${size} MiB; try: listenable explain SOUND --pack ${out} --out explained`,
  );
}

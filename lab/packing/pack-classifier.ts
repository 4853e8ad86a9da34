/** From a user's own classifier to a pack, the decoder trained on the way, and first figures of its methods. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { Parents } from "../../models/pack/class-tree.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { classThresholds } from "../../models/pack/pack.ts";
import { loadClassifier } from "../../models/runtime/load-cut.ts";
import { loadMethod } from "../../models/runtime/load-method.ts";
import { type FolderSounds, loadSounds } from "../data/load-sounds.ts";
import { soundHash } from "../data/sound-hash.ts";
import { WindowCutter } from "../data/window-cutter.ts";
import { UsageError } from "../errors.ts";
import {
  classesHeard,
  type MethodFigures,
  poorMasks,
  shortEvaluation,
} from "../evaluation/short-evaluation.ts";
import type { ForeignClassifier } from "../import/foreign-classifier.ts";
import {
  checkLabelCount,
  type ImportedClassifier,
  type ImportOptions,
  importClassifier,
  UNCALIBRATED,
} from "../import/import-classifier.ts";
import { readTree, treeHint } from "../import/read-tree.ts";
import { HUM, trialSounds } from "../import/trial-sounds.ts";
import { ALL_ONES } from "../methods/all-ones.ts";
import { LMAC } from "../methods/lmac.ts";
import { IMPROVED, lmacModel, lmacTask } from "../methods/parts/lmac-loss.ts";
import type { Follow } from "../progress.ts";
import { type CourseOptions, runCourse } from "../training/run-course.ts";
import { thresholdsByClass } from "../training/thresholds-file.ts";
import { trainingRuntime } from "../training/training-runtime.ts";
import { UnlabelledBatches } from "../training/unlabelled-batches.ts";
import { saveWeights, weightsIn } from "../training/weights-file.ts";
import { type BuiltPack, buildPack } from "./build-pack.ts";
import { chooseMethods, DEFAULT_METHODS, type MethodChoice } from "./choose-methods.ts";
import { type GivenDecoders, givenDecoders } from "./given-decoders.ts";
import type { LearntWeights } from "./pack-graphs.ts";
import { type PackWords, RUNS_WORDS } from "./pack-runs.ts";

/** How the decoder is trained where nobody says. */
export const DECODER_COURSE = {
  steps: 1000,
  batch: 12,
  rate: 2e-3,
  /** Channels of the decoder's deepest level. */
  channels: 32,
  /** Weight of the mask's mean: higher gives smaller masks. */
  sparsity: 4,
};
const DECAY = 1e-4;

export interface PackClassifierOptions
  extends ImportOptions,
    PackWords,
    MethodChoice,
    Partial<Omit<CourseOptions, "decay">> {
  /** Folder for the pack; a training keeps its checkpoint beside it, in `-training`. */
  readonly out?: string | undefined;
  /** Any folder of sounds to train the decoder on; labels are not needed. */
  readonly data?: string | undefined;
  /** Folders of trainings of decoders for this very file (`weights.bin`); its methods in this order where none are chosen. */
  readonly decoders?: readonly string[] | undefined;
  /** The class that means none of the others, if there is one. */
  readonly other?: string;
  /** A threshold by class, of those classes whose threshold is not `threshold`. */
  readonly thresholds?: Readonly<Record<string, number>> | undefined;
  /** Which of its independent classes are kinds of others: a JSON object from class to parent, or AudioSet's `ontology.json`. */
  readonly tree?: string | undefined;
  /** Licence of the classifier. */
  readonly licence?: string;
  /** Also the methods in the form that masks the classifier's own input, for evaluation. */
  readonly features?: boolean;
  /** Channels of the decoder's deepest level. */
  readonly channels?: number;
  /** Weight of the mask's mean: higher gives smaller masks. */
  readonly sparsity?: number;
}

export interface PackedClassifier extends BuiltPack {
  readonly out: string;
  /** Of each method, on sounds that the decoder has not heard; absent without sounds. */
  readonly figures?: readonly MethodFigures[] | undefined;
}

/** A training that `stopAfter` ended; the same call goes on. */
export interface StoppedTraining {
  readonly directory: string;
  readonly stepsDone: number;
  readonly steps: number;
}

export interface FollowPacking extends Follow {
  /** Told when everything that was asked for can be done, before it is. */
  readonly onImported?: (imported: ImportedClassifier) => void;
}

/** @throws UsageError for options that are missing or do not fit; Error that says what is wrong in the file. */
export async function packClassifier(
  options: PackClassifierOptions,
  follow: FollowPacking = {},
): Promise<PackedClassifier | StoppedTraining> {
  const { onNotice = () => {} } = follow;
  const { learnt: given, ...drawn } = await readDecoders(options);
  const read = await importClassifier({ ...options, latents: options.latents ?? drawn.latents }, onNotice);
  const { out, labels, methods } = checked(options, read, given);
  const { threshold = UNCALIBRATED } = options;
  const thresholds = options.thresholds && thresholdsByClass(labels, options.thresholds, threshold);
  const parents = await treeOf(options, read, labels, onNotice);
  // What the decoder learns to explain is what is explained when nobody asks.
  const imported = parents
    ? withTree(read, parents, classThresholds({ labels, threshold, thresholds }))
    : read;
  follow.onImported?.(imported);
  if (imported.classifier.answers === "independent") onNotice(thresholdNotice(options));
  const sounds =
    options.data === undefined ? undefined : await readSounds(options.data, options, imported, follow);
  const course = decoderCourse(options);
  const toTrain = methods.some(({ method }) => method === LMAC && !isLearnt(given, method.name));
  const training = toTrain ? course : undefined;
  let decoder: LearntWeights | undefined;
  if (training && sounds) {
    const trained = await trainDecoder(out, imported, training, sounds.training, follow);
    if ("directory" in trained) return trained;
    decoder = trained;
  }
  const built = await buildPack(out, {
    name: options.name ?? nameOf(options.file),
    title: options.title ?? basename(options.file, extname(options.file)),
    version: options.version ?? RUNS_WORDS.version,
    licence: options.licence ?? "not stated",
    labels,
    other: options.other,
    threshold,
    thresholds,
    parents,
    classifier: imported.classifier,
    methods,
    learnt: decoder ? [...given, decoder] : given,
    features: options.features,
    // Of the classifier nobody says it.
    heard: [
      { name: "classifier" },
      ...(decoder && sounds ? [{ name: LMAC.name, heard: sounds.training.map(soundHash) }] : []),
      ...drawn.heard,
    ],
    sources: drawn.sources,
    about: { origin: originOf(options, imported, training) },
  });
  const figures = await measure(out, imported, labels, sounds?.heldOut, follow);
  for (const note of poorMasks(figures)) onNotice(sounds ? note : `On a made-up sound: ${note}`);
  // Of that sound it is only of use how much of it is left.
  return { ...built, out, figures: sounds && figures };
}

/** What the options ask for, if it can be done. */
function checked(
  options: PackClassifierOptions,
  imported: ImportedClassifier,
  given: readonly LearntWeights[],
) {
  const { classifier, labels, classes } = imported;
  const trained = given.map(({ method }) => method.name);
  const { out, data, methods: names = trained.length > 0 ? trained : DEFAULT_METHODS } = options;
  if (out === undefined) throw new UsageError("--out is missing: the folder for the pack");
  if (labels === undefined) {
    throw new UsageError(`--labels is missing: a file with the names of its ${classes} classes, one a line`);
  }
  checkLabelCount(options, imported);
  if (data === undefined && names.includes(LMAC.name) && !isLearnt(given, LMAC.name)) {
    throw new UsageError(
      "--data is missing: any folder of sounds to train L-MAC's decoder on; or take methods without one: --methods gradcam",
    );
  }
  const methods = chooseMethods(
    { ...options, methods: names },
    data === undefined ? trained : [...trained, LMAC.name],
  );
  if (classifier.latents.length === 0 && methods.some(({ method }) => method.readsLatents)) {
    throw new UsageError(
      "no activation of a convolution was found that a decoder or GradCAM could read; " +
        "take methods that need none: --methods saliency,smoothgrad,ig",
    );
  }
  return { out, labels, methods };
}

async function readDecoders({ decoders = [], file }: PackClassifierOptions): Promise<GivenDecoders> {
  if (decoders.length === 0) return { learnt: [], heard: [] };
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--classifier ${file} cannot be read (${cause.code})`, { cause });
  });
  return givenDecoders(decoders, file, hashOf(bytes));
}

function isLearnt(learnt: readonly LearntWeights[], name: string): boolean {
  return learnt.some(({ method }) => method.name === name);
}

/** Undefined where there is none, or no class is a kind of another. */
async function treeOf(
  { tree, other }: PackClassifierOptions,
  { classifier: { answers } }: ImportedClassifier,
  labels: readonly string[],
  onNotice: (sentence: string) => void,
): Promise<Parents | undefined> {
  if (tree === undefined) {
    const hint = answers === "independent" ? treeHint(labels) : undefined;
    if (hint !== undefined) onNotice(hint);
    return undefined;
  }
  if (answers !== "independent") {
    throw new UsageError("--tree is of classes that answer each on their own, and these exclude each other");
  }
  const parents = await readTree(tree, labels);
  const none = other === undefined ? -1 : labels.indexOf(other);
  const below = parents.filter((parent) => parent !== null).length;
  if (none >= 0 && (parents[none] !== null || parents.includes(none))) {
    throw new UsageError(`--tree ${tree} has "${other}" in it, which is none of the classes (--other)`);
  }
  onNotice(`${below} of ${labels.length} classes are kinds of another: the special one is said first.`);
  return below > 0 ? parents : undefined;
}

function withTree(
  imported: ImportedClassifier,
  parents: Parents,
  thresholds: readonly number[],
): ImportedClassifier {
  return { ...imported, classifier: { ...imported.classifier, parents, thresholds } };
}

function thresholdNotice({ threshold, thresholds }: PackClassifierOptions): string {
  const rest = `from ${threshold ?? UNCALIBRATED} on`;
  if (thresholds) return `Each class is believed from its own threshold on, those without one ${rest}.`;
  return (
    `Each class is believed ${rest}${threshold === undefined ? ", as nobody has said better" : ""}; ` +
    "--thresholds FILE gives each its own."
  );
}

type DecoderCourse = CourseOptions & { readonly channels: number; readonly sparsity: number };

function decoderCourse(options: PackClassifierOptions): DecoderCourse {
  return {
    steps: options.steps ?? DECODER_COURSE.steps,
    batch: options.batch ?? DECODER_COURSE.batch,
    rate: options.rate ?? DECODER_COURSE.rate,
    decay: DECAY,
    seed: options.seed ?? 1,
    threads: options.threads ?? 1,
    stopAfter: options.stopAfter,
    channels: options.channels ?? DECODER_COURSE.channels,
    sparsity: options.sparsity ?? DECODER_COURSE.sparsity,
  };
}

async function readSounds(
  folder: string,
  { seed = 1 }: PackClassifierOptions,
  { classifier: { sampleRate } }: ImportedClassifier,
  { signal, onProgress = () => {}, onNotice = () => {} }: Follow,
): Promise<FolderSounds> {
  const sounds = await loadSounds(folder, {
    sampleRate,
    seed,
    signal,
    onProgress: (done, total) => onProgress({ stage: "sounds", done, total }),
  });
  for (const note of sounds.notes) onNotice(note);
  return sounds;
}

/** With the loss of L-MAC; what a classifier does with the level of a sound is its own affair. */
async function trainDecoder(
  out: string,
  { classifier, bytes, front }: ImportedClassifier,
  course: DecoderCourse,
  sounds: readonly Float32Array[],
  follow: Follow,
): Promise<LearntWeights | StoppedTraining> {
  await trainingRuntime().catch((cause: Error) => {
    throw new Error(`${cause.message}, or take methods that need no training: --methods gradcam`, { cause });
  });
  const { channels, sparsity, steps } = course;
  const shape = { channels, centres: classifier.centres };
  const weights = { ...IMPROVED, sparsity };
  const task = lmacTask(lmacModel(classifier, shape), weights, new UnlabelledBatches(classifier, sounds));
  // Beside the pack and not in it: a pack is for others.
  const directory = `${out.replace(/[/\\]+$/, "")}-training`;
  const settings = {
    classifier: hashOf(bytes),
    front,
    latents: classifier.latents.map(({ name }) => name),
    channels,
    ...weights,
    // Trainings of before know of no trees, and go on.
    ...(classifier.parents && { parents: classifier.parents, thresholds: classifier.thresholds }),
  };
  const trained = await runCourse(task, { ...course, title: "decoder", directory, settings }, follow);
  const { values, stepsDone } = trained;
  if (!values) return { directory, stepsDone, steps };
  const heard = sounds.map(soundHash);
  const meta = { kind: LMAC.learnt!.kind, shape, attributions: [], credits: [], heard, settings };
  await saveWeights(weightsIn(directory), meta, values);
  return { method: LMAC, shape, values };
}

/** What `pack.json` keeps of how the pack came about. */
function originOf(
  { file, pool }: PackClassifierOptions,
  { classifier, bytes, front, output }: ImportedClassifier,
  training: DecoderCourse | undefined,
) {
  const courseOf = ({ steps, batch, rate, channels, sparsity, seed }: DecoderCourse) => ({
    ...{ steps, batch, rate, channels, sparsity, seed },
  });
  return {
    classifier: basename(file),
    sha256: hashOf(bytes),
    output,
    pool,
    front,
    latents: classifier.latents.map(({ name }) => name),
    training: training && courseOf(training),
  };
}

async function measure(
  out: string,
  { classifier, runtime }: ImportedClassifier,
  labels: readonly string[],
  given: readonly Float32Array[] | undefined,
  { signal, onProgress = () => {}, onNotice = () => {} }: Follow,
): Promise<readonly MethodFigures[]> {
  const sounds = given ?? [madeUpSound(classifier)];
  const opened = await openPackFolder(out);
  const load = async (name: string) => loadMethod(runtime, await opened.graph(name), opened.pack, name);
  const judge = await loadClassifier(runtime, opened);
  const names = opened.pack.methods.map(({ name }) => name).filter((name) => name !== ALL_ONES.name);
  const loaded = await Promise.all(names.map(load));
  try {
    const heard = given ? await classesHeard(classifier, judge, given) : [];
    const most = heard.indexOf(Math.max(...heard));
    if (heard[most] > 0.95 && sounds.length > 4) {
      onNotice(
        `it says "${labels[most]}" of ${Math.round(100 * heard[most])} % of the sounds: if they are not all of that class, the ` +
          "front does not fit the classifier (level, mel scale, logarithm, normalisation or layout)",
      );
    }
    return await shortEvaluation(classifier, loaded, judge, sounds, (done, total) => {
      signal?.throwIfAborted();
      onProgress({ stage: "evaluate", done, total });
    });
  } finally {
    for (const method of [judge, ...loaded]) await method.close();
  }
}

/** One only: a window of a large classifier takes some methods minutes. Harmonics that swell, and a little noise. */
function madeUpSound(classifier: ForeignClassifier): Float32Array {
  return trialSounds(new WindowCutter(classifier).length, classifier.sampleRate)[HUM]!;
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A short name for the pack of a file. */
function nameOf(file: string): string {
  const name = basename(file, extname(file))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return name || "classifier";
}

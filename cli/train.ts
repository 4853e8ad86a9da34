/** `listenable train`: speech, classifier, L-MAC decoder and Listen to Interpret, from folders of sounds to weights. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Masking } from "../dsp/index.ts";
import type { Esc50Clip } from "../lab/data/esc50.ts";
import { Random } from "../lab/data/random.ts";
import {
  CREDITS_FILE,
  isKnown,
  LABELS,
  type LabelledSound,
  loadSoundSet,
  OTHER,
  type SoundSet,
  SPEECH,
} from "../lab/data/sound-sets.ts";
import { type ExplainedClassifier, ownClassifier } from "../lab/methods/explained-classifier.ts";
import { DICTIONARY } from "../lab/methods/l2i.ts";
import type { WeightValues } from "../lab/networks/frozen-layers.ts";
import { weightValues } from "../lab/networks/training-layers.ts";
import { AskedMixtures } from "../lab/training/asked-mixtures.ts";
import { calibrated } from "../lab/training/calibration.ts";
import { loadCheckpoint, saveCheckpoint } from "../lab/training/checkpoint.ts";
import { ClassifierBatches } from "../lab/training/classifier-batches.ts";
import { LmacBatches, MixtureBatches } from "../lab/training/lmac-batches.ts";
import { factorise, randomFactors } from "../lab/training/nmf.ts";
import { type SelectiveWeights, selectiveTask } from "../lab/training/selective-loss.ts";
import { SoundPool } from "../lab/training/sound-pool.ts";
import { speakSentences } from "../lab/training/speak-sentences.ts";
import { classifierShape, classifierTask } from "../lab/training/train-classifier.ts";
import { dictionaryFrames, L2I_WEIGHTS, l2iTask, normalisedDictionary } from "../lab/training/train-l2i.ts";
import { heardAnew, IMPROVED, lmacTask, ownLmacModel, PUBLISHED } from "../lab/training/train-lmac.ts";
import type { TrainingTask } from "../lab/training/trainer.ts";
import {
  type Attribution,
  type ClassifierMeta,
  type DecoderMeta,
  loadWeights,
  saveWeights,
  type WeightsMeta,
} from "../lab/training/weights-file.ts";
import { InterruptedError, UsageError } from "./errors.ts";
import { interruptible } from "./interrupt.ts";
import { type CommonOptions, positiveInteger, positiveNumber, repeated } from "./options.ts";
import { showProgress } from "./progress.ts";
import { addCourseOptions, type CourseOptions, runTraining } from "./run-training.ts";

interface DataOptions extends CommonOptions {
  data: string;
  folds: number[];
  speech: string;
  other?: string;
  without: string[];
  anyLicence?: boolean;
  credit: string[];
}

interface RunOptions extends DataOptions, CourseOptions {
  out: string;
  decay: number;
}

interface ClassifierOptions extends RunOptions {
  otherShare: number;
  dropout: number;
  otherBias: number;
  temperature: number;
}

interface LmacOptions extends RunOptions {
  classifier: string;
  published?: boolean;
  keep: number;
  rest: number;
  restCap: number;
  gain: number;
  sparsity: number;
  channels: number[];
  masking?: Masking;
  features?: boolean;
  finetune?: string;
  guidance: "bce" | "l1";
  guidanceWeight: number;
  guidanceThreshold: number;
}

interface SelectiveOptions extends RunOptions, SelectiveWeights {
  classifier: string;
  channels: number[];
}

interface L2iOptions extends RunOptions {
  classifier: string;
  components: number;
  width: number;
  nmfFrames: number;
  nmfSteps: number;
  reconstruction: number;
  activity: number;
  fidelity: number;
}

/** Sounds with a pitch or a shape of their own: altered, they are something else. */
const ALTERABLE = ["dog", "rooster", "crying_baby", "sneezing"];

const EXAMPLES = `
Examples:
  $ listenable train speech --out speech
  $ listenable train classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/classifier
  $ listenable train lmac --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/lmac
  $ listenable train selective --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech \\
      --out runs/selective
  $ listenable train l2i --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/l2i

A run that was interrupted goes on where it stopped when the same command is given again. Its folder holds:
  weights.bin      the trained weights      log.jsonl   losses, one line every twenty steps
  checkpoint.bin   to go on from            curve.png   the losses drawn
`;

const LMAC_EXAMPLES = `
Examples:
  the improved loss, plain L-MAC as published, and its second stage (L-MAC FT):
  $ listenable train lmac --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/lmac
  $ listenable train lmac --published --sparsity 1.5 --classifier runs/classifier \\
      --data ESC-50 --folds 1,2,3 --speech speech --out runs/plain
  $ listenable train lmac --published --sparsity 1.5 --finetune runs/plain --rate 5e-4 --steps 600 \\
      --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/ft
`;

const L2I_EXAMPLES = `
Example:
  $ listenable train l2i --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/l2i

The run's folder also holds dictionary.bin, the spectra that NMF found.
`;

export function registerTrain(program: Command): void {
  const group = program
    .command("train")
    .description("train a classifier, its L-MAC decoder, or Listen to Interpret for it")
    .addHelpText("after", EXAMPLES);

  group
    .command("speech")
    .description("speak made-up sentences with espeak-ng and flite, as training sounds for the class speech")
    .requiredOption("--out <dir>", "folder for the sentences")
    .option("--count <n>", "how many sentences", positiveInteger, 600)
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .action(async (options: { out: string; count: number; seed: number } & CommonOptions) => {
      const progress = showProgress("sentences", options.count);
      await speakSentences(options.out, options.count, options.seed, (done) => progress.update(done));
      progress.end();
      print(options, { out: options.out, sentences: options.count });
    });

  runOptions(group.command("classifier").description("train the classifier"), {
    steps: 2600,
    batch: 40,
    rate: 3e-3,
    decay: 0.03,
  })
    .option("--other-share <share>", "share of training windows that are of no known class", fraction, 0.35)
    .option("--dropout <share>", "share of the features dropped before the last layer", fraction, 0.3)
    .option("--other-bias <nats>", "taken from the logit of no known class when the run has ended", finite, 0)
    .option("--temperature <t>", "divides the logits when the run has ended: calibration", positiveNumber, 1)
    .action(trainClassifier);

  runOptions(group.command("lmac").description("train the L-MAC decoder of a classifier"), {
    steps: 1200,
    batch: 16,
    rate: 2e-3,
    decay: 1e-4,
  })
    .requiredOption("--classifier <dir>", "run folder of the classifier")
    .addOption(
      new Option(
        "--published",
        "the loss as published: λ_in 4, λ_out 0.2, no cap, no gain, masked windows normalised anew; needs --sparsity",
      ).conflicts(["keep", "rest", "restCap", "gain"]),
    )
    .option("--keep <weight>", "λ_in, weight of the class of the kept part", positiveNumber, IMPROVED.keep)
    .option("--rest <weight>", "λ_out, weight of the class of the rest", positiveNumber, IMPROVED.rest)
    .option("--gain <weight>", "λ_gain, weight of being no less sure than the whole", finite, IMPROVED.gain)
    .option(
      "--rest-cap <nats>",
      "cross-entropy of the rest beyond which nothing is gained",
      Number,
      IMPROVED.restCap,
    )
    .option(
      "--sparsity <weight>",
      "λ_s, weight of the mask's mean: higher gives smaller masks. With --published 1 to 2 suits windows of a second " +
        "(0.4, the published figure, gives large masks: the published code adds it up over a batch of 16)",
      positiveNumber,
      6,
    )
    .option(
      "--channels <list>",
      "channels of the decoder's levels, deep to shallow",
      integers,
      [40, 32, 20, 12],
    )
    .addOption(
      new Option(
        "--masking <domain>",
        "what the mask multiplies: |X| (linear, the default) or log1p|X| (as the published code); the pack follows",
      ).choices(["linear", "log1p"]),
    )
    .addOption(
      new Option(
        "--features",
        "masks on the classifier's own input, which cannot be heard: for evaluate's \"not listenable\" rows",
      ).conflicts("masking"),
    )
    .option(
      "--finetune <dir>",
      "second stage: go on from the decoder of this run, guided by the clean sounds",
    )
    .addOption(
      new Option(
        "--guidance <loss>",
        "with --finetune. bce: the mask against the clean spectrum's loud bins, as published; l1: what is kept against the clean magnitudes",
      )
        .choices(["bce", "l1"])
        .default("bce"),
    )
    .option("--guidance-weight <weight>", "λ_g, weight of the guidance", positiveNumber, 4)
    .option(
      "--guidance-threshold <p>",
      "windows are guided from this similarity of the kept part and the clean sound on",
      fraction,
      0.6,
    )
    .addHelpText("after", LMAC_EXAMPLES)
    .action(trainLmac);

  runOptions(
    group
      .command("selective")
      .description("train an L-MAC decoder that is asked about a class and parts it from other sounds"),
    { steps: 2400, batch: 16, rate: 2e-3, decay: 1e-4 },
  )
    .requiredOption("--classifier <dir>", "run folder of the classifier")
    .option("--keep <weight>", "weight of the class of the kept part", positiveNumber, 2)
    .option("--gain <weight>", "weight of being no less sure than the whole", finite, 3.4)
    .option("--rest <weight>", "weight of the class of the rest", finite, 0.2)
    .option(
      "--rest-cap <nats>",
      "cross-entropy of the rest beyond which nothing is gained",
      positiveNumber,
      3,
    )
    .option("--sparsity <weight>", "weight of the mask's mean: higher gives smaller masks", finite, 20)
    .option(
      "--separation <weight>",
      "weight of the distortion: the whole part, and nothing else",
      finite,
      10.5,
    )
    .option(
      "--aim <nats>",
      "distortion below the mixture's beyond which nothing is gained",
      positiveNumber,
      2.5,
    )
    .option("--selectivity <weight>", "weight of keeping more of the part than of the others", finite, 3)
    .option("--absent <weight>", "weight of an empty mask for a class that is not there", finite, 4)
    .option(
      "--force <weight>",
      "weight of not making the classifier hear a class that is not there",
      finite,
      2,
    )
    .option(
      "--channels <list>",
      "channels of the decoder's levels, deep to shallow",
      integers,
      [40, 32, 20, 12],
    )
    .action(trainSelective);

  runOptions(group.command("l2i").description("train Listen to Interpret (L2I) for a classifier"), {
    steps: 1200,
    batch: 16,
    rate: 2e-3,
    decay: 1e-4,
  })
    .requiredOption("--classifier <dir>", "run folder of the classifier")
    .option("--components <n>", "spectra in the dictionary", positiveInteger, 100)
    .option("--width <n>", "channels of the network that reads the activations", positiveInteger, 48)
    .option(
      "--nmf-frames <n>",
      "frames of training windows that the dictionary is learnt from",
      positiveInteger,
      8000,
    )
    .option("--nmf-steps <n>", "updates of the dictionary", positiveInteger, 200)
    .option(
      "--reconstruction <weight>",
      "α, weight of the mean squared error of the log spectrum",
      positiveNumber,
      L2I_WEIGHTS.reconstruction,
    )
    .option("--activity <weight>", "β, weight of the mean activation", positiveNumber, L2I_WEIGHTS.activity)
    .option(
      "--fidelity <weight>",
      "weight of saying what the classifier says",
      positiveNumber,
      L2I_WEIGHTS.fidelity,
    )
    .addHelpText("after", L2I_EXAMPLES)
    .action(trainL2i);
}

function runOptions(
  command: Command,
  defaults: { steps: number; batch: number; rate: number; decay: number },
): Command {
  command
    .requiredOption("--data <dir>", "ESC-50 in its official layout")
    .requiredOption("--folds <list>", "folds to train on, e.g. 1,2,3", integers)
    .requiredOption("--speech <dir>", "folder of spoken sentences (see: train speech)")
    .requiredOption("--out <dir>", "run folder")
    .option("--other <dir>", "folder of further sounds that are of no known class")
    .option("--without <list>", "ESC-50 categories to keep out of training", (text) => text.split(","), [])
    .option(
      "--credit <sentence>",
      "whose the sounds of --speech and --other are, for the pack's ATTRIBUTION.md, where no CREDITS.txt in their " +
        "folders says so; can be given again",
      repeated,
      [],
    )
    .option("--any-licence", "train on all clips, not only those under CC0 and CC BY")
    .option("--decay <weight>", "weight decay", positiveNumber, defaults.decay);
  return addCourseOptions(command, defaults);
}

async function trainClassifier(options: ClassifierOptions): Promise<void> {
  const set = await loadSounds(options);
  const known = new Map<string, Float32Array[]>();
  const other: Float32Array[] = [];
  for (const { label, samples } of set.sounds) {
    if (!isKnown(label)) other.push(samples);
    else known.set(label, [...(known.get(label) ?? []), samples]);
  }
  const missing = LABELS.filter((label) => label !== OTHER && !known.has(label));
  if (missing.length > 0)
    throw new Error(`no training sounds of ${missing.join(", ")} in ${options.data} or ${options.speech}`);
  const batches = new ClassifierBatches(
    { known, other },
    {
      labels: LABELS,
      otherLabel: OTHER,
      alterable: ALTERABLE,
      otherShare: options.otherShare,
      labelWeight: { [SPEECH]: 3 },
    },
  );
  const shape = classifierShape(LABELS.length);
  const task = classifierTask(shape, batches, options.dropout);
  const settings = {
    folds: options.folds,
    without: options.without,
    otherShare: options.otherShare,
    dropout: options.dropout,
  };
  const { otherBias, temperature } = options;
  await trainAndSave(options, set, {
    title: "classifier",
    task,
    settings,
    calibration: { otherBias, temperature },
    meta: {
      kind: "classifier",
      shape,
      labels: LABELS,
      other: OTHER,
      categories: [...new Set(set.clips.map((clip) => clip.category))],
    },
    finished: (values) => calibrated(values, LABELS.indexOf(OTHER), otherBias, temperature),
  });
}

async function trainLmac(options: LmacOptions, command: Command): Promise<void> {
  const given = (name: string) => command.getOptionValueSource(name) !== "default";
  if (options.published && !given("sparsity")) {
    throw new UsageError("--published needs --sparsity: 1 to 2 suits windows of a second");
  }
  const guidanceOptions = ["guidance", "guidanceWeight", "guidanceThreshold"];
  if (!options.finetune && guidanceOptions.some(given)) {
    throw new UsageError(
      "guidance belongs to the second stage: give --finetune with the run folder of a decoder",
    );
  }
  const { meta, values } = await loadWeights(join(options.classifier, "weights.bin"), "classifier");
  const first = options.finetune
    ? await loadWeights(join(options.finetune, "weights.bin"), "lmac")
    : undefined;
  const masking = options.masking ?? first?.meta.masking ?? "linear";
  if (first) checkFirstStage(first.meta, meta, masking, options);
  const set = await loadSounds(options);
  const pools = soundPools(set, meta).filter(({ size }) => size > 0);
  const shape = first?.meta.shape ?? {
    channels: options.channels,
    ...(options.features && { features: true }),
  };
  const { keep, gain, rest, restCap, sparsity } = { ...options, ...(options.published && PUBLISHED) };
  const weights = { keep, gain, rest, restCap, sparsity };
  const guidance = {
    loss: options.guidance,
    weight: options.guidanceWeight,
    threshold: options.guidanceThreshold,
  };
  const model = ownLmacModel(values, meta.shape, shape);
  const task = lmacTask(
    options.published ? heardAnew(model) : model,
    weights,
    first ? new MixtureBatches(pools) : new LmacBatches(pools),
    { masking, ...(first && { guidance, from: first.values }) },
  );
  const settings = {
    folds: options.folds,
    without: options.without,
    ...(options.published && { published: true }),
    ...weights,
    ...(masking !== "linear" && { masking }),
    ...(shape.features && { features: true }),
    ...(first && { guidance, firstStage: first.meta.settings }),
    channels: shape.channels,
    classifier: meta.settings,
  };
  const method = first ? "lmac-ft" : options.published ? "lmac-plain" : "lmac";
  await trainAndSave(options, set, {
    title: "lmac",
    task,
    settings,
    meta: { kind: "lmac", method, masking, shape },
  });
}

async function trainSelective(options: SelectiveOptions): Promise<void> {
  const { meta, values } = await loadWeights(join(options.classifier, "weights.bin"), "classifier");
  const set = await loadSounds(options);
  const batches = new AskedMixtures(soundPools(set, meta), meta.labels.indexOf(meta.other));
  const shape = { channels: options.channels, asked: true };
  const { keep, gain, rest, restCap, sparsity, separation, aim, selectivity, absent, force } = options;
  const weights = { keep, gain, rest, restCap, sparsity, separation, aim, selectivity, absent, force };
  const task = selectiveTask(values, meta.shape, shape, weights, batches);
  const settings = {
    folds: options.folds,
    without: options.without,
    ...weights,
    channels: shape.channels,
    classifier: meta.settings,
  };
  await trainAndSave(options, set, {
    title: "selective",
    task,
    settings,
    meta: { kind: "lmac", method: "lmac-selective", shape },
  });
}

/** A decoder reads the latents of one classifier, in one masking domain. */
function checkFirstStage(
  first: DecoderMeta,
  classifier: ClassifierMeta,
  masking: Masking,
  { finetune, classifier: folder, features }: LmacOptions,
): void {
  if (JSON.stringify(first.settings["classifier"]) !== JSON.stringify(classifier.settings)) {
    throw new Error(`the decoder in ${finetune} was not trained for the classifier in ${folder}`);
  }
  if (features && !first.shape.features) {
    throw new Error(`the decoder in ${finetune} masks the spectrogram; leave --features out`);
  }
  const before = first.masking ?? "linear";
  if (before !== masking) {
    throw new Error(`the decoder in ${finetune} was trained with --masking ${before}; leave --masking out`);
  }
}

async function trainL2i(options: L2iOptions): Promise<void> {
  const { meta, values } = await loadWeights(join(options.classifier, "weights.bin"), "classifier");
  const set = await loadSounds(options);
  const batches = new LmacBatches(soundPools(set, meta).filter(({ size }) => size > 0));
  const classifier = ownClassifier(values, meta.shape);
  const { frames, bins, classes } = classifier;
  const shape = { frames, bins, classes, components: options.components, width: options.width };
  const weights = {
    reconstruction: options.reconstruction,
    activity: options.activity,
    fidelity: options.fidelity,
  };
  const settings = {
    folds: options.folds,
    without: options.without,
    ...weights,
    components: options.components,
    width: options.width,
    nmfFrames: options.nmfFrames,
    nmfSteps: options.nmfSteps,
    classifier: meta.settings,
  };
  const dictionary = await learnDictionary(classifier, batches, options, settings);
  const task = l2iTask(classifier, shape, dictionary, weights, batches);
  await trainAndSave(options, set, {
    title: "l2i",
    task,
    settings,
    meta: { kind: "l2i", shape },
    finished: (network) => new Map([...network, [DICTIONARY, dictionary]]),
  });
}

/** [components, bins]; taken from `dictionary.bin` where the same run has made it already. */
async function learnDictionary(
  classifier: ExplainedClassifier,
  batches: LmacBatches,
  { out, components, nmfFrames, nmfSteps, seed, threads }: L2iOptions,
  settings: Record<string, unknown>,
): Promise<Float32Array> {
  const path = join(out, "dictionary.bin");
  const made = JSON.stringify({ ...settings, seed });
  if (existsSync(path)) {
    const saved = await loadCheckpoint<{ settings: string }>(path);
    if (saved.meta.settings === made) return saved.arrays["dictionary"];
  }
  await mkdir(out, { recursive: true });
  const random = new Random(seed);
  const spectra = dictionaryFrames(classifier, batches, random, nmfFrames);
  const progress = showProgress("dictionary", nmfSteps);
  const factors = await interruptible(async (signal) => {
    const result = await factorise(spectra, randomFactors(spectra, components, random), {
      iterations: nmfSteps,
      threads,
      signal,
      onIteration: (done, error) => progress.update(done, `· error ${error.toFixed(4)}`),
    });
    if (signal.aborted)
      throw new InterruptedError(`stopped before the dictionary was ready; ${out} holds nothing of it`);
    return result;
  }).finally(() => progress.end());
  const dictionary = normalisedDictionary(factors, classifier.bins);
  await saveCheckpoint(path, { meta: { settings: made }, arrays: { dictionary } });
  return dictionary;
}

/** One pool a label, in their order; that of `other` holds all sounds of no known class. */
function soundPools({ sounds }: SoundSet, { labels, other }: ClassifierMeta): SoundPool[] {
  const isOf = (label: string) => (each: LabelledSound) =>
    label === other ? !isKnown(each.label) : each.label === label;
  return labels.map((label) => new SoundPool(sounds.filter(isOf(label)).map(({ samples }) => samples)));
}

async function loadSounds(options: DataOptions) {
  const progress = showProgress("sounds", 1);
  const set = await loadSoundSet({
    ...options,
    freeOnly: !options.anyLicence,
    onProgress: (done, total) => {
      progress.setTotal(total);
      progress.update(done);
    },
  });
  progress.end();
  for (const line of set.skipped) console.error(`listenable: left out: ${line}`);
  if (options.other !== undefined && set.credits.other.length + options.credit.length === 0) {
    console.error(
      `listenable: nothing says whose the sounds in ${options.other} are, so no pack will: give --credit, or put a ${CREDITS_FILE} there`,
    );
  }
  return set;
}

interface SavedRun {
  readonly title: string;
  readonly task: TrainingTask;
  /** A checkpoint made with others is not resumed. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Settings of what is done when the run has ended: saved with the others, but never in a checkpoint's way. */
  readonly calibration?: Readonly<Record<string, unknown>>;
  /** What the weights' file says of them, but for the sounds and the settings. */
  readonly meta: Described<WeightsMeta>;
  /** What is saved of the trained weights; they themselves without. */
  finished?(values: WeightValues): WeightValues;
}

type Described<Meta> = Meta extends WeightsMeta ? Omit<Meta, "attributions" | "credits" | "settings"> : never;

/** Nothing is saved but the checkpoint where the run stopped before its end because `--stop-after` said so. */
async function trainAndSave(options: RunOptions, set: SoundSet, run: SavedRun): Promise<void> {
  const { out, steps, batch, rate, decay, seed } = options;
  const { task, settings, finished = (values) => values } = run;
  const trained = await runTraining(run.title, task, { ...options, directory: out, settings });
  if (trained.stepsDone < steps) return print(options, { out, steps: trained.stepsDone, of: steps });
  const meta = {
    ...run.meta,
    attributions: attributions(set.clips),
    credits: [...set.credits.speech, ...set.credits.other, ...options.credit],
    settings: { ...settings, ...run.calibration, steps, batch, rate, decay, seed },
  };
  const values = finished(weightValues(task.plan, trained.parameters, trained.statistics));
  await saveWeights(join(out, "weights.bin"), meta, values);
  print(options, { out, steps: trained.stepsDone, sounds: set.sounds.length });
}

function attributions(clips: readonly Esc50Clip[]): Attribution[] {
  return clips.map(({ file, licence: { name, author, title, url } }) => ({
    file,
    licence: name,
    author,
    title,
    url,
  }));
}

function print(options: CommonOptions, result: Record<string, unknown>): void {
  const text = Object.entries(result)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
  console.log(options.json ? JSON.stringify(result) : text);
}

function finite(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError(`"${text}" is not a number.`);
  return value;
}

function integers(text: string): number[] {
  return text.split(",").map((part) => positiveInteger(part));
}

function fraction(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value < 1))
    throw new InvalidArgumentError(`"${text}" is not a number from 0 to below 1.`);
  return value;
}

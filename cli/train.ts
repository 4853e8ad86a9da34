/** `listenable train`: speech, classifier and L-MAC decoder, from folders of sounds to weights. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { Esc50Clip } from "../models/data/esc50.ts";
import { isKnown, LABELS, loadSoundSet, OTHER, SPEECH } from "../models/data/sound-sets.ts";
import { calibrated } from "../models/training/calibration.ts";
import { ClassifierBatches } from "../models/training/classifier-batches.ts";
import { LmacBatches } from "../models/training/lmac-batches.ts";
import { SoundPool } from "../models/training/sound-pool.ts";
import { speakSentences } from "../models/training/speak-sentences.ts";
import { classifierShape, classifierTask } from "../models/training/train-classifier.ts";
import { lmacTask, ownLmacModel } from "../models/training/train-lmac.ts";
import { type TrainedWeights, type TrainingTask, train } from "../models/training/trainer.ts";
import { type Attribution, loadWeights, saveWeights } from "../models/training/weights-file.ts";
import { weightValues } from "../models/training-layers.ts";
import { InterruptedError } from "./errors.ts";
import { interruptible } from "./interrupt.ts";
import { type CommonOptions, positiveInteger, positiveNumber } from "./options.ts";
import { curvePicture } from "./picture/curve-picture.ts";
import { showProgress } from "./progress.ts";

interface DataOptions extends CommonOptions {
  data: string;
  folds: number[];
  speech: string;
  other?: string;
  without: string[];
  anyLicence?: boolean;
  credit: string[];
}

interface RunOptions extends DataOptions {
  out: string;
  steps: number;
  batch: number;
  rate: number;
  decay: number;
  seed: number;
  threads: number;
  stopAfter?: number;
}

interface ClassifierOptions extends RunOptions {
  otherShare: number;
  dropout: number;
  otherBias: number;
  temperature: number;
}

interface LmacOptions extends RunOptions {
  classifier: string;
  keep: number;
  rest: number;
  restCap: number;
  gain: number;
  sparsity: number;
  channels: number[];
}

/** Sounds with a pitch or a shape of their own: altered, they are something else. */
const ALTERABLE = ["dog", "rooster", "crying_baby", "sneezing"];

const EXAMPLES = `
Examples:
  $ listenable train speech --out speech
  $ listenable train classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/classifier
  $ listenable train lmac --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/lmac

A run that was interrupted goes on where it stopped when the same command is given again. Its folder holds:
  weights.bin      the trained weights      log.jsonl   losses, one line every twenty steps
  checkpoint.bin   to go on from            curve.png   the losses drawn
`;

export function registerTrain(program: Command): void {
  const group = program
    .command("train")
    .description("train a classifier and its L-MAC decoder")
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
    .option("--keep <weight>", "λ_in, weight of the class of the kept part", positiveNumber, 2)
    .option("--rest <weight>", "λ_out, weight of the class of the rest", positiveNumber, 0.2)
    .option(
      "--gain <weight>",
      "λ_gain, weight of being no less sure than the whole; 0 as published",
      finite,
      3,
    )
    .option(
      "--rest-cap <nats>",
      "cross-entropy of the rest beyond which nothing is gained; Infinity as published",
      Number,
      3,
    )
    .option(
      "--sparsity <weight>",
      "λ_s, weight of the mask's mean: higher gives smaller masks",
      positiveNumber,
      6,
    )
    .option(
      "--channels <list>",
      "channels of the decoder's levels, deep to shallow",
      integers,
      [40, 32, 20, 12],
    )
    .action(trainLmac);
}

function runOptions(
  command: Command,
  defaults: { steps: number; batch: number; rate: number; decay: number },
): Command {
  return command
    .requiredOption("--data <dir>", "ESC-50 in its official layout")
    .requiredOption("--folds <list>", "folds to train on, e.g. 1,2,3", integers)
    .requiredOption("--speech <dir>", "folder of spoken sentences (see: train speech)")
    .requiredOption("--out <dir>", "run folder")
    .option("--other <dir>", "folder of further sounds that are of no known class")
    .option("--without <list>", "ESC-50 categories to keep out of training", (text) => text.split(","), [])
    .option(
      "--credit <sentence>",
      "whose the sounds of --speech and --other are, for the pack's ATTRIBUTION.md; can be given again",
      (text, before: string[]) => [...before, text],
      [],
    )
    .option("--any-licence", "train on all clips, not only those under CC0 and CC BY")
    .option("--steps <n>", "steps of training", positiveInteger, defaults.steps)
    .option("--batch <n>", "windows in a step", positiveInteger, defaults.batch)
    .option("--rate <rate>", "highest learning rate", positiveNumber, defaults.rate)
    .option("--decay <weight>", "weight decay", positiveNumber, defaults.decay)
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .option("--threads <n>", "threads of the computation", positiveInteger, 1)
    .option("--stop-after <n>", "stop after this many steps; the same command goes on", positiveInteger);
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
  const trained = await runTraining("classifier", task, options, settings);
  if (!trained) return;
  const categories = [...new Set(set.clips.map((clip) => clip.category))];
  await saveWeights(
    join(options.out, "weights.bin"),
    {
      kind: "classifier",
      shape,
      labels: LABELS,
      other: OTHER,
      categories,
      attributions: attributions(set.clips),
      credits: options.credit,
      settings: {
        ...settings,
        otherBias: options.otherBias,
        temperature: options.temperature,
        ...courseOf(options),
      },
    },
    calibrated(
      weightValues(task.plan, trained.parameters, trained.statistics),
      LABELS.indexOf(OTHER),
      options.otherBias,
      options.temperature,
    ),
  );
  print(options, { out: options.out, steps: trained.stepsDone, sounds: set.sounds.length });
}

async function trainLmac(options: LmacOptions): Promise<void> {
  const { meta, values } = await loadWeights(join(options.classifier, "weights.bin"), "classifier");
  const set = await loadSounds(options);
  const pick = (wanted: (label: string) => boolean) =>
    new SoundPool(set.sounds.filter(({ label }) => wanted(label)).map(({ samples }) => samples));
  const pools = [
    ...LABELS.filter((label) => label !== OTHER).map((label) => pick((each) => each === label)),
    pick((each) => !isKnown(each)),
  ];
  const batches = new LmacBatches(pools.filter((pool) => pool.size > 0));
  const shape = { channels: options.channels };
  const weights = {
    keep: options.keep,
    gain: options.gain,
    rest: options.rest,
    restCap: options.restCap,
    sparsity: options.sparsity,
  };
  const task = lmacTask(ownLmacModel(values, meta.shape, shape), weights, batches);
  const settings = {
    folds: options.folds,
    without: options.without,
    ...weights,
    channels: options.channels,
    classifier: meta.settings,
  };
  const trained = await runTraining("lmac", task, options, settings);
  if (!trained) return;
  await saveWeights(
    join(options.out, "weights.bin"),
    {
      kind: "lmac",
      shape,
      attributions: attributions(set.clips),
      credits: options.credit,
      settings: { ...settings, ...courseOf(options) },
    },
    weightValues(task.plan, trained.parameters, trained.statistics),
  );
  print(options, { out: options.out, steps: trained.stepsDone, sounds: set.sounds.length });
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
  return set;
}

function courseOf({ steps, batch, rate, decay, seed }: RunOptions) {
  return { steps, batch, rate, decay, seed };
}

/** Undefined when the run stopped before its end because `--stop-after` said so; Ctrl+C ends it with an error. */
async function runTraining(
  title: string,
  task: TrainingTask,
  options: RunOptions,
  settings: Record<string, unknown>,
): Promise<TrainedWeights | undefined> {
  const { out, steps, batch, rate, decay, seed, threads, stopAfter } = options;
  await mkdir(out, { recursive: true });
  const progress = showProgress(title, steps);
  const trained = await interruptible(async (signal) => {
    const result = await train(task, {
      directory: out,
      seed,
      threads,
      stopAfter,
      signal,
      settings,
      optimiser: { steps, batch, learningRate: rate, weightDecay: decay },
      onStep: ({ step, values }) =>
        progress.update(
          step,
          Object.entries(values)
            .map(([name, value]) => `· ${name} ${value}`)
            .join(" "),
        ),
    });
    if (signal.aborted && result.stepsDone < steps) {
      throw new InterruptedError(
        `stopped after step ${result.stepsDone} of ${steps}, saved in ${out}; the same command goes on from there`,
      );
    }
    return result;
  }).finally(() => progress.end());
  await writeFile(join(out, "curve.png"), await curvePicture(join(out, "log.jsonl"), title));
  if (trained.stepsDone >= steps) return trained;
  print(options, { out, steps: trained.stepsDone, of: steps });
  return undefined;
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

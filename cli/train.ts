/** `listenable train`: speech, the classifier, and whatever has weights of its own among the methods. */
import type { Command } from "commander";
import {
  heldOutThresholds,
  type ThresholdOptions,
  UNKNOWN_SHARE,
} from "../lab/evaluation/held-out/thresholds.ts";
import { trainingRecipes } from "../lab/methods/index.ts";
import type { Follow } from "../lab/progress.ts";
import { playMusic } from "../lab/training/play-music.ts";
import type { Course, TrainingOption, TrainingRecipe } from "../lab/training/recipe.ts";
import { speakSentences } from "../lab/training/speak-sentences.ts";
import { CLASSIFIER_COURSE, CLASSIFIER_OPTIONS, trainClassifier } from "../lab/training/train-classifier.ts";
import {
  type MethodTraining,
  type RunOptions,
  type TrainedRun,
  trainMethod,
} from "../lab/training/train-method.ts";
import { STREAM_COURSE, STREAM_OPTIONS, trainStreamClassifier } from "../lab/training/train-stream.ts";
import { followed } from "./follow.ts";
import {
  type CommonOptions,
  fraction,
  positiveInteger,
  positiveIntegers,
  positiveNumber,
  repeated,
} from "./options.ts";
import { showProgress } from "./progress.ts";
import { printResult } from "./say.ts";
import { addCourseOptions, addTrainingOptions, givenOptions } from "./training-options.ts";

const EXAMPLES = `
Examples:
  $ listenable train speech --out speech
  $ listenable train music --out music
  $ listenable train classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/classifier
  $ listenable train lmac --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/lmac
  $ listenable train selective --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech \\
      --out runs/selective
  $ listenable train l2i --classifier runs/classifier --data ESC-50 --folds 1,2,3 --speech speech --out runs/l2i

A run that was interrupted goes on where it stopped when the same command is given again. Its folder holds:
  weights.bin      the trained weights      log.jsonl   losses, one line every twenty steps
  checkpoint.bin   to go on from            curve.png   the losses drawn
`;

export function registerTrain(program: Command): void {
  const group = program
    .command("train")
    .description("train a classifier, its L-MAC decoder, or Listen to Interpret for it")
    .addHelpText("after", EXAMPLES);
  registerSpeech(group);
  registerMusic(group);
  registerClassifier(group);
  registerStream(group);
  registerThresholds(group);
  for (const recipe of trainingRecipes()) registerRecipe(group, recipe);
}

function registerSpeech(group: Command): void {
  const command = group
    .command("speech")
    .description("speak made-up sentences with espeak-ng and flite, as training sounds for the class speech");
  addMadeUpSounds(command, "sentences", 600, speakSentences);
}

function registerMusic(group: Command): void {
  const command = group
    .command("music")
    .description("play made-up pieces with fluidsynth, as training sounds for the class music");
  addMadeUpSounds(command, "pieces", 196, playMusic);
}

/** @param what is made, in the plural. */
function addMadeUpSounds(command: Command, what: string, usual: number, make: typeof speakSentences): void {
  command
    .requiredOption("--out <dir>", `folder for the ${what}`)
    .option("--count <n>", `how many ${what}`, positiveInteger, usual)
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .action(async (options: { out: string; count: number; seed: number } & CommonOptions) => {
      const progress = showProgress(what, options.count);
      await make(options.out, options.count, options.seed, (done) => progress.update(done));
      progress.end();
      print(options, { out: options.out, [what]: options.count });
    });
}

function registerClassifier(group: Command): void {
  const command = group.command("classifier").description("train the classifier");
  addClassifierTraining(command, CLASSIFIER_COURSE, CLASSIFIER_OPTIONS, trainClassifier);
}

function registerStream(group: Command): void {
  const command = group
    .command("stream")
    .description("train the streaming classifier of all of ESC-50's classes, speech and music");
  addClassifierTraining(command, STREAM_COURSE, STREAM_OPTIONS, trainStreamClassifier);
}

const THRESHOLD_EXAMPLES = `
What the run has heard is left out: clips by their recordings, other sounds as far as the run says which they were.
For the unknown name folders that it has not heard, or the folder that it was told to spare a third of
(train stream --spare); the sounds that figures are measured on (docs/training-everyday.md) are never taken. Where there
are none, known sounds without their class stand in. Writes the thresholds for pack --thresholds, and tables beside them.

Examples:
  $ listenable train thresholds --classifier runs/stream --data ESC-50 --folds 3 --speech voices --music pieces \\
      --unknown other --out thresholds.json
  $ listenable pack --classifier runs/stream --decoder runs/decoder --thresholds thresholds.json --out everyday
`;

function registerThresholds(group: Command): void {
  group
    .command("thresholds")
    .description("choose the thresholds of a streaming classifier on sounds that it has not heard")
    .requiredOption("--classifier <dir>", "run folder of the classifier")
    .requiredOption("--data <dir>", "ESC-50 in its official layout")
    .requiredOption("--folds <list>", "folds that it was not trained on, e.g. 4", positiveIntegers)
    .requiredOption("--out <file>", "JSON file for the thresholds; tables go beside it as .md")
    .option("--speech <dirs...>", "folders of voices that it has not heard")
    .option("--music <dirs...>", "folders of music that it has not heard")
    .option("--unknown <dirs...>", "folders of sounds of no known class that it has not heard")
    .option(
      "--unknown-share <share>",
      "share of windows of unknown sounds that may be taken for something",
      fraction,
      UNKNOWN_SHARE,
    )
    .option(
      "--as-they-are",
      "choose on the sounds alone, not also on what a made-up microphone makes of them",
    )
    .option("--clips <n>", "at most so many sounds of each class and folder", positiveInteger)
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .addHelpText("after", THRESHOLD_EXAMPLES)
    .action(async (options: CommonOptions & ThresholdOptions) => {
      const { markdown, ...result } = await followed((follow) => heldOutThresholds(options, follow));
      printResult(options.json, { out: options.out, ...result }, () => markdown);
    });
}

function addClassifierTraining(
  command: Command,
  course: Course,
  options: readonly TrainingOption[],
  train: (given: RunOptions, follow: Follow) => Promise<TrainedRun>,
): void {
  addRunOptions(command, course);
  addTrainingOptions(command, options);
  command.action(async (shown: CommonOptions & Course) => {
    printRun(shown, await followed((follow) => train(givenOptions<RunOptions>(command), follow)));
  });
}

function registerRecipe(group: Command, recipe: TrainingRecipe): void {
  const command = group.command(recipe.name).description(recipe.description);
  addRunOptions(command, recipe.course);
  command.requiredOption("--classifier <dir>", "run folder of the classifier");
  addTrainingOptions(command, recipe.options);
  if (recipe.examples) command.addHelpText("after", recipe.examples);
  command.action(async (options: CommonOptions & Course) => {
    const given = givenOptions<MethodTraining<object>>(command);
    printRun(options, await followed((follow) => trainMethod(recipe, given, follow)));
  });
}

function addRunOptions(command: Command, course: Course): void {
  command
    .requiredOption("--data <dir>", "ESC-50 in its official layout")
    .requiredOption("--folds <list>", "folds to train on, e.g. 1,2,3", positiveIntegers)
    .requiredOption("--speech <dir>", "folder of spoken sentences (see: train speech)")
    .requiredOption("--out <dir>", "run folder")
    .option("--music <dir>", "folder of music, where the classifier knows music")
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
    .option("--decay <weight>", "weight decay", positiveNumber, course.decay);
  addCourseOptions(command, course);
}

function printRun(options: CommonOptions & Course, { out, stepsDone, sounds }: TrainedRun): void {
  const rest = sounds === undefined ? { of: options.steps } : { sounds };
  print(options, { out, steps: stepsDone, ...rest });
}

function print(options: CommonOptions, result: Record<string, unknown>): void {
  printResult(options.json, result, (shown) =>
    Object.entries(shown)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
  );
}

/** Trains the classifier: cross-entropy against (mixed) labels. */

import { crossEntropy } from "../../models/graph/index.ts";
import { LABELS, OTHER, SPEECH } from "../data/sound-sets.ts";
import { WINDOW_FRAMES } from "../data/windows.ts";
import { type ClassifierShape, classify, embeddingSize } from "../networks/classifier.ts";
import { BINS, MODEL_RATE } from "../networks/own-shape.ts";
import { planWeights } from "../networks/training-layers.ts";
import type { Follow } from "../progress.ts";
import { calibrated } from "./calibration.ts";
import { ClassifierBatches } from "./classifier-batches.ts";
import { type Course, type TrainingOption, withDefaults } from "./recipe.ts";
import { runCourse } from "./run-course.ts";
import { courseOf, courseSettings, type RunOptions, soundSettings, type TrainedRun } from "./train-method.ts";
import type { TrainingTask } from "./trainer.ts";
import { loadTrainingSounds, soundsByLabel, soundsOrigin } from "./training-sounds.ts";
import { saveWeights, weightsIn } from "./weights-file.ts";

export interface ClassifierOptions {
  /** Share of training windows that are of no known class. */
  otherShare: number;
  /** Share of the features dropped before the last layer. */
  dropout: number;
  /** Nats taken from the logit of no known class when the run has ended. */
  otherBias: number;
  /** Divides the logits when the run has ended: calibration. */
  temperature: number;
}

export const CLASSIFIER_COURSE: Course = { steps: 2600, batch: 40, rate: 3e-3, decay: 0.03 };

export const CLASSIFIER_OPTIONS: readonly TrainingOption[] = [
  {
    flags: "--other-share <share>",
    description: "share of training windows that are of no known class",
    kind: "share",
    default: 0.35,
  },
  {
    flags: "--dropout <share>",
    description: "share of the features dropped before the last layer",
    kind: "share",
    default: 0.3,
  },
  {
    flags: "--other-bias <nats>",
    description: "taken from the logit of no known class when the run has ended",
    kind: "number",
    default: 0,
  },
  {
    flags: "--temperature <t>",
    description: "divides the logits when the run has ended: calibration",
    kind: "positive",
    default: 1,
  },
];

/** Sounds with a pitch or a shape of their own: altered, they are something else. */
const ALTERABLE = ["dog", "rooster", "crying_baby", "sneezing"];

/**
 * Trains the classifier of the first released pack's classes, or goes on from the checkpoint in `out`.
 *
 * @throws Error when a class has no sounds; InterruptedError when the signal aborts.
 */
export async function trainClassifier(
  given: RunOptions & Partial<ClassifierOptions>,
  follow: Follow = {},
): Promise<TrainedRun> {
  const { out, data, speech } = given;
  const options = withDefaults<ClassifierOptions>(CLASSIFIER_OPTIONS, given);
  const { otherShare, dropout, otherBias, temperature } = options;
  const course = courseOf(CLASSIFIER_COURSE, given);
  const set = await loadTrainingSounds(given, follow);
  const sounds = soundsByLabel(set, LABELS);
  const missing = LABELS.filter((label) => label !== OTHER && !sounds.known.has(label));
  if (missing.length > 0)
    throw new Error(`no training sounds of ${missing.join(", ")} in ${data} or ${speech}`);
  const batches = new ClassifierBatches(sounds, {
    labels: LABELS,
    otherLabel: OTHER,
    alterable: ALTERABLE,
    otherShare,
    labelWeight: { [SPEECH]: 3 },
  });
  const shape = classifierShape(LABELS.length);
  const settings = { ...soundSettings(given), otherShare, dropout };
  const run = { ...course, title: "classifier", directory: out, settings };
  const trained = await runCourse(classifierTask(shape, batches, dropout), run, follow);
  if (!trained.values) return { out, stepsDone: trained.stepsDone };
  const meta = {
    kind: "classifier",
    shape,
    labels: LABELS,
    other: OTHER,
    categories: [...new Set(set.clips.map((clip) => clip.category))],
    ...soundsOrigin(set, given.credit),
    // The calibration is saved with the others, but never in a checkpoint's way.
    settings: { ...settings, otherBias, temperature, ...courseSettings(course) },
  } as const;
  const values = calibrated(trained.values, LABELS.indexOf(OTHER), otherBias, temperature);
  await saveWeights(weightsIn(out), meta, values);
  return { out, stepsDone: trained.stepsDone, sounds: set.sounds.length };
}

function classifierShape(classes: number): ClassifierShape {
  return {
    frames: WINDOW_FRAMES,
    bins: BINS,
    mels: 64,
    sampleRate: MODEL_RATE,
    channels: [24, 32, 64, 96, 128],
    classes,
  };
}

export function classifierTask(
  shape: ClassifierShape,
  batches: ClassifierBatches,
  dropShare: number,
): TrainingTask {
  return {
    plan: planWeights((layers) => {
      classify(layers, layers.g.input("magnitudes", "float32", [1, shape.frames, shape.bins]), shape);
    }),
    dropout: { share: dropShare, features: embeddingSize(shape) },
    loss(g, layers, batch) {
      const magnitudes = g.input("magnitudes", "float32", [batch, shape.frames, shape.bins]);
      const targets = g.input("targets", "float32", [batch, shape.classes]);
      const { logits } = classify(layers, magnitudes, shape);
      return { loss: crossEntropy(g, logits, targets), logged: {} };
    },
    feeds: (random, batch) => ({ ...batches.next(random, batch) }),
  };
}

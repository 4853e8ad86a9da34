/** Trains the streaming classifier: labels that may be several at once, and a teacher's scores beside them. */
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import type { Pack } from "../../models/pack/pack.ts";
import { readEsc50 } from "../data/esc50.ts";
import { findSounds } from "../data/sound-folder.ts";
import { MUSIC, OTHER, SPEECH } from "../data/sound-sets.ts";
import { readWave } from "../data/waves.ts";
import type { Layers } from "../networks/layers.ts";
import { BINS, MODEL_RATE } from "../networks/own-shape.ts";
import { follow, framePowers, heardAgainst } from "../networks/streaming/front.ts";
import { Silence } from "../networks/streaming/past.ts";
import { classifyStream, streamEmbedding } from "../networks/streaming/stream-classifier.ts";
import { EVERYDAY_SHAPE, type StreamShape } from "../networks/streaming/stream-shape.ts";
import { planWeights } from "../networks/training-layers.ts";
import type { Follow } from "../progress.ts";
import { type Course, type TrainingOption, withDefaults } from "./recipe.ts";
import { runCourse } from "./run-course.ts";
import { StreamBatches, taughtMoments } from "./stream-batches.ts";
import { openTeacher } from "./teacher.ts";
import { courseOf, courseSettings, type RunOptions, soundSettings, type TrainedRun } from "./train-method.ts";
import type { TrainingTask } from "./trainer.ts";
import { loadTrainingSounds, soundsByLabel, soundsOrigin } from "./training-sounds.ts";
import { saveWeights, weightsIn } from "./weights-file.ts";

type Answers = Pack["answers"];

export interface StreamClassifierOptions {
  answers: Answers;
  otherShare: number;
  dropout: number;
  choice: number;
  teaching: number;
  likeness: number;
  teacher?: string;
  rooms?: string;
}

export const STREAM_COURSE: Course = { steps: 6500, batch: 24, rate: 3e-3, decay: 0.05 };

export const STREAM_OPTIONS: readonly TrainingOption[] = [
  {
    flags: "--answers <form>",
    description: "independent: each class its own yes or no; exclusive: one of the classes, or other",
    kind: "text",
    choices: ["independent", "exclusive"],
    default: "independent",
  },
  {
    flags: "--spare",
    description:
      "leave out a third of --other, so that thresholds can be chosen on it (see: train thresholds)",
    kind: "flag",
  },
  { flags: "--rooms <dir>", description: "folder of measured room responses", kind: "text" },
  {
    flags: "--teacher <file>",
    description: "an .onnx file whose scores are learnt too (tools/teacher makes one of YAMNet)",
    kind: "text",
  },
  {
    flags: "--teaching <weight>",
    description: "weight of the teacher's scores",
    kind: "number",
    default: 100,
  },
  {
    flags: "--likeness <weight>",
    description: "weight of finding what the teacher's last layer reads",
    kind: "number",
    default: 4,
  },
  {
    flags: "--choice <weight>",
    description: "weight of telling the classes apart, where answers are independent",
    kind: "number",
    default: 1,
  },
  {
    flags: "--other-share <share>",
    description: "share of sequences whose first sound is of no known class",
    kind: "share",
    default: 0.2,
  },
  {
    flags: "--dropout <share>",
    description: "share of the features dropped before the last layer",
    kind: "share",
    default: 0.4,
  },
];

/** 1.3 s. */
const FRAMES = 160;
/** Steps of 32 ms at which classes are asked. */
const MOMENTS = [11, 19, 30, 39] as const;
/** Classes of the teacher, YAMNet, and what its last layer reads. */
const [TAUGHT_CLASSES, TAUGHT_EMBEDDING] = [521, 1024];
/** Log-odds of any of its classes before anything is heard. */
const TAUGHT_RARE = -6;
/** About the variance of the roots of its scores, and of the roots of what its last layer reads. */
const [ROOTS_VARIANCE, EMBEDDING_VARIANCE] = [0.004, 0.028];
const NO_TEACHER = { teaching: 0, likeness: 0 };

/**
 * Trains the classifier of ESC-50's classes, speech and music, or goes on from the checkpoint in `out`.
 *
 * @throws Error when a class has no sounds; InterruptedError when the signal aborts.
 */
export async function trainStreamClassifier(
  given: RunOptions & Partial<StreamClassifierOptions>,
  progress: Follow = {},
): Promise<TrainedRun> {
  const options = withDefaults<StreamClassifierOptions>(STREAM_OPTIONS, given);
  const { answers, otherShare, dropout, choice } = options;
  const course = courseOf(STREAM_COURSE, given);
  const set = await loadTrainingSounds(given, progress);
  const labels = await everydayLabels(given, answers);
  const sounds = { ...soundsByLabel(set, labels), rooms: await roomsIn(options.rooms) };
  const teacher = options.teacher === undefined ? undefined : await openTeacher(options.teacher);
  const lessons = teacher ? { teaching: options.teaching, likeness: options.likeness } : NO_TEACHER;
  const mix = {
    labels,
    frames: FRAMES,
    moments: MOMENTS,
    labelWeight: { [SPEECH]: 3, [MUSIC]: 2 },
    otherShare,
    otherLabel: answers === "exclusive" ? OTHER : undefined,
  };
  const lesson = teacher && { lesson: teacher.lesson, classNames: await teacher.classNames() };
  const batches = new StreamBatches(sounds, mix, lesson);
  const shape = {
    ...EVERYDAY_SHAPE,
    frames: FRAMES,
    bins: BINS,
    sampleRate: MODEL_RATE,
    classes: labels.length,
  };
  const settings = {
    ...soundSettings(given),
    ...{ answers, otherShare, dropout, choice, ...lessons, shape },
  };
  const task = streamTask(shape, batches, { answers, dropout, choice, ...lessons });
  const run = { ...course, title: "classifier", directory: given.out, settings };
  try {
    const trained = await runCourse(task, run, progress);
    if (!trained.values) return { out: given.out, stepsDone: trained.stepsDone };
    const meta = {
      kind: "stream-classifier",
      shape,
      labels,
      answers,
      other: mix.otherLabel,
      categories: [...new Set(set.sounds.map(({ label }) => label))],
      ...soundsOrigin(set, given.credit),
      settings: { ...settings, ...courseSettings(course) },
    } as const;
    // What only the teacher's scores were read by has done its work.
    const values = [...trained.values].filter(([name]) => !name.startsWith("teacher."));
    await saveWeights(weightsIn(given.out), meta, new Map(values));
    return { out: given.out, stepsDone: trained.stepsDone, sounds: set.sounds.length };
  } finally {
    await teacher?.close();
  }
}

/** ESC-50's categories in their official order, speech, music where there is any, and `other` where classes exclude each other. */
async function everydayLabels({ data, music }: RunOptions, answers: Answers): Promise<string[]> {
  const clips = await readEsc50(data);
  const categories = [...new Map(clips.map(({ target, category }) => [target, category])).entries()];
  const named = categories.sort(([a], [b]) => a - b).map(([, category]) => category);
  return [...named, SPEECH, ...(music ? [MUSIC] : []), ...(answers === "exclusive" ? [OTHER] : [])];
}

async function roomsIn(folder: string | undefined): Promise<Float32Array[]> {
  if (folder === undefined) return [];
  const { sounds } = await findSounds(folder);
  return Promise.all(sounds.map(async ({ path }) => (await readWave(path)).samples));
}

interface StreamLoss {
  readonly answers: Answers;
  readonly dropout: number;
  readonly choice: number;
  /** Of a teacher's scores, and of its embedding; 0 without one. */
  readonly teaching: number;
  readonly likeness: number;
}

export function streamTask(
  shape: StreamShape,
  batches: Pick<StreamBatches, "next">,
  { answers, dropout, choice, teaching, likeness }: StreamLoss,
): TrainingTask {
  const { frames, bins, classes } = shape;
  const embedding = streamEmbedding(shape);
  const taught = taughtMoments(MOMENTS).map((moment) => MOMENTS.indexOf(moment as (typeof MOMENTS)[number]));
  const network = (layers: Layers, magnitudes: Tensor) => {
    const { g } = layers;
    const past = new Silence(g);
    const powers = framePowers(g, magnitudes, shape);
    const features = heardAgainst(g, powers, follow(g, past, powers));
    const answer = classifyStream(layers, past, features, shape, { at: MOMENTS });
    if (teaching === 0) return { logits: answer.logits };
    const moments = g.reshape(answer.embedding, [-1, MOMENTS.length, embedding]);
    const heard = g.reshape(g.op("Gather", [moments, g.int64(taught)], { axis: 1 }), [-1, embedding]);
    return {
      logits: answer.logits,
      scores: g.add(layers.dense("teacher.head", heard, TAUGHT_CLASSES), g.constant(TAUGHT_RARE)),
      roots: layers.dense("teacher.roots", heard, TAUGHT_CLASSES),
      features: layers.dense("teacher.embedding", heard, TAUGHT_EMBEDDING),
    };
  };
  return {
    plan: planWeights((layers) => {
      network(layers, layers.g.input("magnitudes", "float32", [1, frames, bins]));
    }),
    dropout: { share: dropout, features: MOMENTS.length * embedding },
    loss(g, layers, batch) {
      const magnitudes = g.input("magnitudes", "float32", [batch, frames, bins]);
      const perMoment = (name: string) => g.input(name, "float32", [batch, MOMENTS.length, classes]);
      const { logits, scores, roots, features } = network(layers, magnitudes);
      const apart = choiceLoss(g, logits, perMoment("choice"));
      const logged: Record<string, Tensor> = { apart };
      let loss = apart;
      if (answers === "independent") {
        const each = yesOrNoLoss(g, logits, perMoment("targets"), perMoment("weights"));
        logged["each"] = each;
        loss = g.add(each, g.mul(apart, g.constant(choice)));
      }
      if (scores && roots && features) {
        const items = batch * taught.length;
        const truth = g.input("taught", "float32", [items, TAUGHT_CLASSES]);
        const read = g.input("taught_embedding", "float32", [items, TAUGHT_EMBEDDING]);
        const lesson = g.reduceMean(g.sub(g.op("Softplus", [scores]), g.mul(scores, truth)));
        // A linear classifier on the roots of the scores is right far more often than on the scores: what is faint tells.
        const unlike = g.add(
          distance(g, roots, g.sqrt(truth), ROOTS_VARIANCE),
          distance(g, features, g.sqrt(read), EMBEDDING_VARIANCE),
        );
        logged["lesson"] = lesson;
        logged["unlike"] = unlike;
        const learnt = g.add(g.mul(lesson, g.constant(teaching)), g.mul(unlike, g.constant(likeness)));
        loss = g.add(loss, learnt);
      }
      return { loss, logged };
    },
    async feeds(random, batch) {
      const { targets, weights, ...others } = await batches.next(random, batch);
      return answers === "independent" ? { targets, weights, ...others } : { ...others };
    },
  };
}

/** Cross-entropy of the softmax against shares [B, moments, classes]; moments without any don't count. */
function choiceLoss(g: GraphBuilder, logits: Tensor, choice: Tensor): Tensor {
  const logShares = g.op("LogSoftmax", [logits], { axis: -1 });
  return g.neg(g.reduceMean(g.reduceSum(g.mul(logShares, choice), [-1])));
}

/** Mean squared difference of what was found, and is to be found, both in its standard deviations. */
function distance(g: GraphBuilder, found: Tensor, truth: Tensor, variance: number): Tensor {
  const difference = g.sub(found, g.mul(truth, g.constant(1 / Math.sqrt(variance))));
  return g.reduceMean(g.mul(difference, difference));
}

/** Binary cross-entropy, added up over the classes: of 52, one or two are there. */
function yesOrNoLoss(g: GraphBuilder, logits: Tensor, targets: Tensor, weights: Tensor): Tensor {
  const each = g.sub(g.op("Softplus", [logits]), g.mul(logits, targets));
  return g.reduceMean(g.reduceSum(g.mul(each, weights), [-1]));
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { WINDOW_FRAMES, WINDOW_SAMPLES, windowMagnitudes } from "../../../lab/data/windows.ts";
import { findMethod } from "../../../lab/methods/index.ts";
import { lmacModel, lmacTask } from "../../../lab/methods/parts/lmac-loss.ts";
import type { ClassifierShape } from "../../../lab/networks/classifier.ts";
import { ownClassifier } from "../../../lab/networks/own-classifier.ts";
import { BINS, MODEL_RATE } from "../../../lab/networks/own-shape.ts";
import { flatWeights, weightValues } from "../../../lab/networks/training-layers.ts";
import { explanationGraph } from "../../../lab/packing/method-graph.ts";
import { ClassifierBatches } from "../../../lab/training/classifier-batches.ts";
import { LmacBatches } from "../../../lab/training/lmac-batches.ts";
import { SoundPool } from "../../../lab/training/sound-pool.ts";
import { classifierTask } from "../../../lab/training/train-classifier.ts";
import { train } from "../../../lab/training/trainer.ts";
import { trainingRuntime } from "../../../lab/training/training-runtime.ts";
import { parsePack } from "../../../models/pack/pack.ts";
import { loadMethod } from "../../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";

const test = suite<{ folder: string }>("training");
const trains = await trainingRuntime().then(
  () => true,
  () => false,
);
const run = trains ? test : test.skip;
if (!trains) console.log("skipped: training needs onnxruntime-node, which is not installed");

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), "listenable-training-"));
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

/** Two classes that a few steps can tell apart: a low hum and a high hiss-like chord. */
const tones = (frequencies: number[]) =>
  [0, 1, 2].map((k) =>
    Float32Array.from({ length: 24000 }, (_, n) =>
      frequencies.reduce((sum, f) => sum + 0.1 * Math.sin((2 * Math.PI * (f + 11 * k) * n) / MODEL_RATE), 0),
    ),
  );
const low = tones([150, 310, 480]);
const high = tones([4100, 5300, 6700]);
const labels = ["low", "high", "other"];
const shape: ClassifierShape = {
  frames: WINDOW_FRAMES,
  bins: BINS,
  mels: 64,
  sampleRate: MODEL_RATE,
  channels: [4, 4, 8, 8, 8],
  classes: labels.length,
};
const batches = () =>
  new ClassifierBatches(
    {
      known: new Map([
        ["low", low],
        ["high", high],
      ]),
      other: [],
    },
    { labels, otherLabel: "other", alterable: ["low"], otherShare: 0.2, labelWeight: {} },
  );
const optimiser = { steps: 40, batch: 8, learningRate: 0.01, weightDecay: 0.01 };

run("a run that is stopped and resumed ends with the same weights to the bit", async ({ folder }) => {
  const task = classifierTask(shape, batches(), 0.3);
  const options = { seed: 5, threads: 1, optimiser: { ...optimiser, steps: 6 }, settings: {} };
  const whole = await train(task, { ...options, directory: join(folder, "whole") });
  const half = await train(task, { ...options, directory: join(folder, "parts"), stopAfter: 3 });
  assert.is(half.stepsDone, 3);
  const resumed = await train(task, { ...options, directory: join(folder, "parts") });
  assert.is(resumed.stepsDone, 6);
  assert.equal(resumed.parameters, whole.parameters);
  assert.equal(resumed.statistics, whole.statistics);
});

run("a run that is aborted ends after its step, with a checkpoint that loses nothing", async ({ folder }) => {
  const task = classifierTask(shape, batches(), 0.3);
  const options = { seed: 5, threads: 1, optimiser: { ...optimiser, steps: 5 }, settings: {} };
  const whole = await train(task, { ...options, directory: join(folder, "whole") });
  const abort = new AbortController();
  let fed = 0;
  const interrupted = {
    ...task,
    feeds: (...args: Parameters<typeof task.feeds>) => {
      if (++fed === 3) abort.abort();
      return task.feeds(...args);
    },
  };
  const directory = join(folder, "parts");
  const logged: number[] = [];
  const onStep = ({ step }: { step: number }) => logged.push(step);
  const parts = { ...options, directory, onStep };
  assert.is((await train(interrupted, { ...parts, signal: abort.signal })).stepsDone, 3);
  assert.is((await train(task, { ...parts, signal: AbortSignal.abort() })).stepsDone, 3);
  const resumed = await train(task, parts);
  assert.is(resumed.stepsDone, 5);
  assert.equal(resumed.parameters, whole.parameters);
  assert.equal(logged, [3, 5]);
});

run(
  "a run starts from trained weights where there are some, and only from those of its network",
  async ({ folder }) => {
    const task = classifierTask(shape, batches(), 0.3);
    const options = { seed: 5, threads: 1, optimiser: { ...optimiser, steps: 1 }, settings: {} };
    const first = await train(task, { ...options, directory: join(folder, "first") });
    const from = weightValues(task.plan, first.parameters, first.statistics);
    const still = { ...optimiser, steps: 1, learningRate: 1e-9 };
    const next = await train(
      { ...task, from },
      { ...options, optimiser: still, directory: join(folder, "next") },
    );
    next.parameters.forEach((value, k) => {
      assert.ok(Math.abs(value - first.parameters[k]) < 1e-6);
    });
    assert.throws(
      () =>
        flatWeights(task.plan.parameters, new Map([...from, ["classifier.head.bias", new Float32Array(2)]])),
      'no "classifier.head.bias" of 3',
    );
  },
);

run("a checkpoint of other settings is not gone on from", async ({ folder }) => {
  const task = classifierTask(shape, batches(), 0.3);
  const options = { directory: folder, threads: 1, optimiser: { ...optimiser, steps: 1 }, settings: {} };
  await train(task, { ...options, seed: 1 });
  try {
    await train(task, { ...options, seed: 2 });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, "made with other settings");
  }
});

run("classifier and decoder learn, and what is exported computes the same in a pack", async ({ folder }) => {
  const task = classifierTask(shape, batches(), 0.3);
  const settings = { seed: 3, threads: 1, settings: {} };
  const trained = await train(task, { ...settings, optimiser, directory: join(folder, "classifier") });
  const classifier = weightValues(task.plan, trained.parameters, trained.statistics);

  const own = ownClassifier(classifier, shape);
  const decoderShape = { channels: [8, 8, 6, 4] };
  const weights = { keep: 4, gain: 1, rest: 0.2, restCap: 3, sparsity: 3 };
  const sounds = new LmacBatches([new SoundPool(low), new SoundPool(high)]);
  const decoderTask = lmacTask(lmacModel(own, decoderShape), weights, sounds);
  const masks: number[] = [];
  const decoded = await train(decoderTask, {
    ...settings,
    optimiser: { ...optimiser, steps: 60 },
    directory: join(folder, "lmac"),
    onStep: ({ values }) => masks.push(values["mask"]),
  });
  assert.ok(masks.at(-1)! < masks[0], `the mask's mean should fall: ${masks}`);
  const decoder = weightValues(decoderTask.plan, decoded.parameters, decoded.statistics);

  const pack = parsePack(
    {
      format: 1,
      name: "two",
      version: "1",
      title: "Two tones",
      licence: "CC0",
      labels,
      other: "other",
      threshold: 0.5,
      sampleRate: MODEL_RATE,
      stft: { window: 512, hop: 128, bins: BINS },
      windowFrames: WINDOW_FRAMES,
      masking: "linear",
      methods: [
        { name: "lmac", title: "L-MAC", graph: "lmac.onnx" },
        { name: "all-ones", title: "All", graph: "a.onnx" },
      ],
    },
    "test",
  );
  const runtime = await nodeRuntime({ build: "native" });
  const lmac = await loadMethod(
    runtime,
    explanationGraph(own, findMethod("lmac"), {
      weights: { values: decoder, shape: decoderShape, masking: "linear" },
    }).bytes,
    pack,
    "lmac",
  );
  const all = explanationGraph(own, findMethod("all-ones"));
  const ones = await loadMethod(runtime, all.bytes, pack, "all-ones");
  const random = new Random(9);
  for (const [index, sound] of [low[0], high[0]].entries()) {
    const window = windowMagnitudes(sound, random.integer(4000), new Float32Array(WINDOW_FRAMES * BINS));
    const explained = await lmac.run(window, 1);
    const plain = await ones.run(window, 1);
    assert.is(explained.probabilities.indexOf(Math.max(...explained.probabilities)), index);
    explained.probabilities.forEach((value, k) => {
      assert.ok(Math.abs(value - plain.probabilities[k]) < 1e-5);
    });
    assert.ok(plain.masks.every((value) => value === 1));
    assert.ok(explained.masks.every((value) => value > 0 && value < 1));
  }
  await lmac.close();
  await ones.close();
  assert.is(WINDOW_SAMPLES, 16768);
});

test.run();

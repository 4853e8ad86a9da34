import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Masking } from "../../../dsp/index.ts";
import { Random } from "../../../lab/data/random.ts";
import { foreignClassifier } from "../../../lab/import/foreign-classifier.ts";
import { L2I } from "../../../lab/methods/l2i.ts";
import type { ExplanationMethod } from "../../../lab/methods/method.ts";
import { type ClassifierShape, classify } from "../../../lab/networks/classifier.ts";
import type { WeightValues } from "../../../lab/networks/frozen-layers.ts";
import {
  DICTIONARY,
  gainsOfLogMask,
  interpret,
  type L2iShape,
  relevances,
} from "../../../lab/networks/interpreter.ts";
import { levelledLogSpectrum } from "../../../lab/networks/log-spectrum.ts";
import { ownClassifier } from "../../../lab/networks/own-classifier.ts";
import { BINS, MODEL_RATE } from "../../../lab/networks/own-shape.ts";
import {
  initialWeights,
  planWeights,
  type WeightPlan,
  weightValues,
} from "../../../lab/networks/training-layers.ts";
import { explanationGraph } from "../../../lab/packing/method-graph.ts";
import { GraphBuilder } from "../../../models/graph/index.ts";
import { parsePack } from "../../../models/pack/pack.ts";
import { loadMethod } from "../../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { compileGraph } from "../../models/graph/run.ts";
import { classifier as classifierFile, front } from "../import/fixtures.ts";

const test = suite("Listen to Interpret");

const shape: ClassifierShape = {
  frames: 16,
  bins: BINS,
  mels: 32,
  sampleRate: MODEL_RATE,
  channels: [4, 4, 8, 8, 8],
  classes: 3,
};
const l2iShape: L2iShape = { frames: 16, bins: BINS, classes: 3, components: 6, width: 8 };
const WINDOW = shape.frames * shape.bins;

function randomWeights(plan: WeightPlan, seed: number): WeightValues {
  const random = new Random(seed);
  return weightValues(plan, initialWeights(plan.parameters, random), initialWeights(plan.statistics, random));
}

const classifierWeights = randomWeights(
  planWeights((layers) => {
    classify(layers, layers.g.input("magnitudes", "float32", [1, shape.frames, shape.bins]), shape);
  }),
  1,
);
const classifier = ownClassifier(classifierWeights, shape);
const random = new Random(4);
const values: WeightValues = new Map([
  ...randomWeights(
    planWeights((layers) => {
      const magnitudes = layers.g.input("magnitudes", "float32", [1, shape.frames, shape.bins]);
      const answer = classifier.classify(layers.g, classifier.features(layers.g, magnitudes));
      interpret(layers, answer, l2iShape);
    }),
    2,
  ),
  // Something always sounds, as it does after training.
  ["l2i.activations.bias", new Float32Array(l2iShape.components).fill(0.5)],
  [DICTIONARY, Float32Array.from({ length: l2iShape.components * BINS }, () => random.uniform(0.01, 1))],
]);
const windows = Float32Array.from(
  { length: 2 * WINDOW },
  (_, k) => (k < WINDOW ? 5 : 0.05) * random.uniform() ** 4,
);

/** With room below the least relevance: then no component is left out. */
const method: ExplanationMethod = { ...L2I, parameters: [{ ...L2I.parameters[0], range: [-2, 1] }] };

async function maskOf(threshold: number, targets?: number[], masking: Masking = "linear") {
  const pack = parsePack(
    {
      ...{ format: 1, name: "l2i", version: "1", title: "L2I", licence: "CC0", labels: ["a", "b", "c"] },
      ...{ threshold: 0.5, sampleRate: MODEL_RATE, stft: { window: 512, hop: 128, bins: BINS } },
      ...{ windowFrames: shape.frames, masking },
      methods: [{ name: "l2i", title: "L2I", graph: "l2i.onnx", target: true }],
    },
    "test",
  );
  const { bytes } = explanationGraph(classifier, method, {
    settings: { threshold },
    weights: { values, shape: l2iShape, masking },
  });
  const loaded = await loadMethod(await nodeRuntime(), bytes, pack, "l2i");
  const result = await loaded.run(windows, 2, targets);
  await loaded.close();
  return result;
}

test("all components together are the whole sound", async () => {
  const { masks } = await maskOf(-2);
  assert.ok(masks.every((value) => value > 0.999 && value <= 1));
});

test("no component is no sound", async () => {
  const { masks } = await maskOf(1);
  assert.ok(masks.every((value) => value === 0));
});

test("the mask lies in [0, 1], falls with the threshold and follows the class asked for", async () => {
  const { masks, probabilities } = await maskOf(0.2);
  assert.ok(masks.every((value) => value >= 0 && value <= 1));
  assert.ok(masks.some((value) => value > 0.01 && value < 0.99));
  const stricter = await maskOf(0.6);
  masks.forEach((value, k) => {
    assert.ok(stricter.masks[k] <= value + 1e-6);
  });
  const winners = [0, 1].map((window) => {
    const own = [...probabilities.subarray(3 * window, 3 * window + 3)];
    return own.indexOf(Math.max(...own));
  });
  assert.equal((await maskOf(0.2, winners)).masks, masks);
  assert.equal((await maskOf(0.2, [-1, -1])).masks, masks);
  const others = winners.map((winner) => (winner + 1) % 3);
  assert.not.equal((await maskOf(0.2, others)).masks, masks);
});

for (const name of ["mel44", "wave16"]) {
  test(`a classifier of other people's making: ${name}`, async () => {
    const foreign = foreignClassifier(await classifierFile(name), { front: await front(name) });
    const { frames, bins, classes, needsPhases } = foreign;
    const foreignShape: L2iShape = { frames, bins, classes, components: 4, width: 8 };
    const weights: WeightValues = new Map([
      ...randomWeights(
        planWeights((layers) => {
          const size = [1, frames, bins];
          const magnitudes = layers.g.input("magnitudes", "float32", size);
          const phases = needsPhases ? layers.g.input("phases", "float32", size) : undefined;
          const features = foreign.features(layers.g, magnitudes, phases);
          interpret(layers, foreign.classify(layers.g, features), foreignShape);
        }),
        2,
      ),
      [DICTIONARY, Float32Array.from({ length: 4 * bins }, () => random.uniform(0.01, 1))],
    ]);
    const { bytes } = explanationGraph(foreign, L2I, {
      weights: { values: weights, shape: foreignShape, masking: "linear" },
    });
    const { ort, sessionOptions } = await nodeRuntime();
    const session = await ort.InferenceSession.create(bytes, sessionOptions);
    const size = [1, frames, bins];
    const x = new ort.Tensor(
      "float32",
      Float32Array.from({ length: frames * bins }, () => random.uniform(0, 3)),
      size,
    );
    const target = new ort.Tensor("int64", BigInt64Array.of(-1n), [1]);
    const feeds = { magnitudes: x, target, ...(needsPhases && { phases: x }) };
    const { mask } = await session.run(feeds);
    await session.release();
    assert.equal([...mask.dims], size);
    assert.ok((mask.data as Float32Array).every((value) => value >= 0 && value <= 1));
  });
}

test("relevance is each component's share of the class's logit, against the largest", async () => {
  const g = new GraphBuilder();
  const weights = g.constant([1, -2, 3, 0.5, 0, 1], "float32", [3, 2]);
  const chosen = g.input("chosen", "float32", [3, 2]);
  const pooled = g.input("pooled", "float32", [3, 3]);
  g.output("relevance", relevances(g, weights, chosen, pooled));
  const { relevance } = await (await compileGraph(g))({
    chosen: Float32Array.of(1, 0, 0, 1, 1, 0),
    pooled: Float32Array.of(2, 1, 5, 4, 4, 2, 0, 0, 0),
  });
  const expected = [2 / 3, 1, 0, -1, 0.25, 0.25, 0, 0, 0];
  relevance.forEach((value, k) => {
    assert.ok(Math.abs(value - expected[k]) < 1e-6, `${relevance}`);
  });
});

test("the same explanation in a pack that masks log1p", async () => {
  const linear = await maskOf(0.2);
  const logarithmic = await maskOf(0.2, undefined, "log1p");
  windows.forEach((magnitude, k) => {
    const kept = Math.expm1(logarithmic.masks[k] * Math.log1p(magnitude));
    assert.ok(Math.abs(kept - linear.masks[k] * magnitude) < 1e-4 * Math.max(1, magnitude));
  });
});

test("gains on |X| do what the mask does to levelled log spectra, faint bins included", async () => {
  const g = new GraphBuilder();
  const magnitudes = g.input("magnitudes", "float32", [1, 2, 8]);
  const mask = g.input("mask", "float32", [1, 2, 8]);
  g.output("gains", gainsOfLogMask(g, mask, magnitudes));
  const x = Float32Array.of(0, 1e-9, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 2, 5, 10, 20, 50, 0, 1e-3, 1);
  const m = x.map((_, k) => (k % 5) / 4);
  const { gains } = await (await compileGraph(g))({ magnitudes: x, mask: m });
  const spectrum = levelledLogSpectrum(x);
  spectrum.forEach((value, k) => {
    const expected = value > 0 ? Math.expm1(m[k] * value) / Math.expm1(value) : m[k];
    assert.ok(Math.abs(gains[k] - expected) < 2e-3, `${x[k]}: ${gains[k]}, not ${expected}`);
  });
});

test.run();

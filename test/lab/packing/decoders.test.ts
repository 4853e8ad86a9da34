// Weights that were trained long ago still draw the masks that they drew then: figures of the graphs that packs were built
// with before our own classifier and anybody's took one road, of weights drawn from a seed.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { foreignClassifier } from "../../../lab/import/foreign-classifier.ts";
import { findMethod } from "../../../lab/methods/index.ts";
import { type ClassifierShape, classify } from "../../../lab/networks/classifier.ts";
import { type DecoderShape, decodeMask, isAsked, masksFeatures } from "../../../lab/networks/decoder.ts";
import { type ExplainedClassifier, windowInputs } from "../../../lab/networks/explained-classifier.ts";
import type { WeightValues } from "../../../lab/networks/frozen-layers.ts";
import { ownClassifier } from "../../../lab/networks/own-classifier.ts";
import { BINS, MODEL_RATE } from "../../../lab/networks/own-shape.ts";
import {
  initialWeights,
  planWeights,
  type WeightPlan,
  weightValues,
} from "../../../lab/networks/training-layers.ts";
import { explanationGraph } from "../../../lab/packing/method-graph.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { classifier as classifierFile, front } from "../import/fixtures.ts";

const test = suite("decoders of before");

interface Figures {
  readonly probabilities: readonly number[];
  /** Evenly from all of the mask. */
  readonly mask: readonly number[];
}
const FIXTURE = new URL("../../fixtures/training/decoders.json", import.meta.url);
const before: Readonly<Record<string, Figures>> = JSON.parse(readFileSync(FIXTURE, "utf8"));

function seeded(plan: WeightPlan, seed: number): WeightValues {
  const random = new Random(seed);
  return weightValues(plan, initialWeights(plan.parameters, random), initialWeights(plan.statistics, random));
}

const shape: ClassifierShape = {
  ...{ frames: 32, bins: BINS, mels: 32, sampleRate: MODEL_RATE, classes: 3 },
  channels: [4, 4, 8, 8, 8],
};
const own = ownClassifier(
  seeded(
    planWeights((layers) => {
      classify(layers, layers.g.input("magnitudes", "float32", [1, shape.frames, shape.bins]), shape);
    }),
    1,
  ),
  shape,
);

function decoderWeights(classifier: ExplainedClassifier, decoder: DecoderShape): WeightValues {
  const plan = planWeights((layers) => {
    const { g } = layers;
    const { magnitudes, phases } = windowInputs(g, classifier, 1);
    const answer = classifier.classify(g, classifier.features(g, magnitudes, phases));
    const query = isAsked(decoder) ? g.input("query", "float32", [1, classifier.classes]) : undefined;
    decodeMask(layers, classifier, answer, decoder, query);
  });
  return seeded(plan, 2);
}

async function figures(classifier: ExplainedClassifier, decoder: DecoderShape): Promise<Figures> {
  const { bytes } = explanationGraph(classifier, findMethod(isAsked(decoder) ? "lmac-selective" : "lmac"), {
    place: masksFeatures(decoder) ? "features" : "spectrogram",
    weights: { values: decoderWeights(classifier, decoder), shape: decoder, masking: "linear" },
  });
  const { ort, sessionOptions } = await nodeRuntime();
  const session = await ort.InferenceSession.create(bytes, sessionOptions);
  const { frames, bins } = classifier;
  const random = new Random(7);
  const window = (draw: () => number) =>
    new ort.Tensor("float32", Float32Array.from({ length: frames * bins }, draw), [1, frames, bins]);
  const magnitudes = window(() => 5 * random.uniform() ** 4);
  const { probabilities, mask } = await session.run({
    magnitudes,
    ...(classifier.needsPhases && { phases: window(() => random.uniform(-3, 3)) }),
    ...(isAsked(decoder) && { target: new ort.Tensor("int64", BigInt64Array.of(1n), [1]) }),
  });
  await session.release();
  const values = mask.data as Float32Array;
  const at = Array.from({ length: 24 }, (_, k) => Math.floor(((k + 0.5) * values.length) / 24));
  return {
    probabilities: Array.from(probabilities.data as Float32Array),
    mask: at.map((index) => values[index]),
  };
}

function near(found: readonly number[], expected: readonly number[]): void {
  assert.is(found.length, expected.length);
  found.forEach((value, k) => {
    assert.ok(Math.abs(value - expected[k]) < 1e-5, `${k}: ${value}, not ${expected[k]}`);
  });
}

const STAGES = { channels: [8, 8, 6, 4] };
const OWN: Readonly<Record<string, DecoderShape>> = {
  stages: STAGES,
  asked: { ...STAGES, asked: true },
  features: { ...STAGES, features: true },
};

for (const [name, decoder] of Object.entries(OWN)) {
  test(`our own classifier's, ${name}`, async () => {
    const { probabilities, mask } = await figures(own, decoder);
    near(probabilities, before[name].probabilities);
    near(mask, before[name].mask);
  });
}

for (const name of ["mel44", "wave16"]) {
  test(`somebody else's classifier's, ${name}`, async () => {
    const classifier = foreignClassifier(await classifierFile(name), { front: await front(name) });
    const { probabilities, mask } = await figures(classifier, { channels: 8, centres: classifier.centres });
    near(probabilities, before[name].probabilities);
    near(mask, before[name].mask);
  });
}

test.run();

/** A small streaming classifier and decoder with weights of chance. */
import { Random } from "../../../lab/data/random.ts";
import { frozenAnswer } from "../../../lab/methods/parts/lmac-loss.ts";
import { decodeMask } from "../../../lab/networks/decoder.ts";
import { windowInputs } from "../../../lab/networks/explained-classifier.ts";
import { Silence } from "../../../lab/networks/streaming/past.ts";
import { classifyStream } from "../../../lab/networks/streaming/stream-classifier.ts";
import type { StreamDecoderShape } from "../../../lab/networks/streaming/stream-decoder.ts";
import { streamClassifier } from "../../../lab/networks/streaming/stream-explained.ts";
import { EVERYDAY_SHAPE, type StreamShape } from "../../../lab/networks/streaming/stream-shape.ts";
import { initialWeights, planWeights, weightValues } from "../../../lab/networks/training-layers.ts";

export const CLASSES = 5;
export const FRAMES = 64;
export const BINS = 257;

export const shape: StreamShape = {
  ...EVERYDAY_SHAPE,
  channels: [4, 6, 8, 8, 10],
  deep: 12,
  frames: FRAMES,
  bins: BINS,
  sampleRate: 16_000,
  classes: CLASSES,
};
export const form = { answers: "independent", thresholds: [0.5, 0.4, 0.6, 0.5, 0.3] } as const;
export const decoderShape = { levels: [8, 8, 6, 6, 4], asked: 6 };

/** With statistics as if it had been trained. */
export function chanceWeights(build: Parameters<typeof planWeights>[0], seed: number) {
  const plan = planWeights(build);
  const random = new Random(seed);
  const statistics = initialWeights(plan.statistics, random).map((value) => value + 0.2 * random.uniform());
  const parameters = initialWeights(plan.parameters, random).map((value) => value + 0.05 * random.normal());
  return weightValues(plan, parameters, statistics);
}

export const chanceClassifier = (of: StreamShape) =>
  chanceWeights((layers) => {
    const features = layers.g.input("features", "float32", [1, 2, of.frames, of.mels]);
    classifyStream(layers, new Silence(layers.g), features, of);
  }, 1);

export const classifierValues = chanceClassifier(shape);
export const classifier = streamClassifier(classifierValues, shape, form);

export const chanceDecoder = (of: typeof classifier, decoder: StreamDecoderShape) =>
  chanceWeights((layers) => {
    const answer = frozenAnswer(layers.g, of, windowInputs(layers.g, of, 1));
    decodeMask(layers, of, answer, decoder, layers.g.input("query", "float32", [1, of.classes]));
  }, 2);

export const decoderValues = chanceDecoder(classifier, decoderShape);

/**
 * L-MAC's decoder: reads a frozen classifier's latents from deep to shallow and draws the mask. One for the five stages of
 * this project's classifier, one for whatever latents there are; the weights' shape tells which.
 */
import type { Tensor } from "../../models/graph/index.ts";
import type { ClassifierAnswer, ExplainedClassifier } from "./explained-classifier.ts";
import { decodeGrids, type GridDecoderShape } from "./grid-decoder.ts";
import type { Layers } from "./layers.ts";
import { decodeStages, type StageDecoderShape } from "./stage-decoder.ts";
import { decodeWindow, type StreamDecoderShape } from "./streaming/stream-decoder.ts";

export type DecoderShape = StageDecoderShape | GridDecoderShape | StreamDecoderShape;

function isOfStream(shape: DecoderShape): shape is StreamDecoderShape {
  return "levels" in shape;
}

function isOfStages(shape: DecoderShape): shape is StageDecoderShape {
  return !isOfStream(shape) && typeof shape.channels !== "number";
}

/** What tells the sizes of a decoder, for the settings of its training. */
export function channelsOf(shape: DecoderShape): object {
  return isOfStream(shape) ? { levels: shape.levels, asked: shape.asked } : { channels: shape.channels };
}

/** Whether masks lie on the classifier's own input, where they cannot be heard. */
export function masksFeatures(shape: DecoderShape): boolean {
  return isOfStages(shape) && shape.features === true;
}

/** Whether the decoder is asked about a class, and not about the winner alone. */
export function isAsked(shape: DecoderShape): boolean {
  return isOfStream(shape) || (isOfStages(shape) && shape.asked === true);
}

/**
 * What the classifier answers → mask in (0, 1): [B, T, F], or [B, time, frequency] of its `featureMap`.
 *
 * @param query one-hot [B, classes], for decoders that are asked about a class, and only for those.
 */
export function decodeMask(
  layers: Layers,
  classifier: ExplainedClassifier,
  answer: ClassifierAnswer,
  shape: DecoderShape,
  query?: Tensor,
): Tensor {
  const asked = isAsked(shape);
  if (asked !== (query !== undefined)) {
    throw new Error(asked ? "this decoder has to be asked about a class" : "this decoder cannot be asked");
  }
  if (isOfStream(shape)) return decodeWindow(layers, answer, shape, query!);
  return isOfStages(shape)
    ? decodeStages(layers, classifier, answer, shape, query)
    : decodeGrids(layers, classifier, answer, shape);
}

/** A streaming classifier and a decoder as a streaming pack's graphs: block by block, with the state that they keep. */
import { encodeModel, type GraphBuilder, type Tensor } from "../../models/graph/index.ts";
import { type AnswerForm, probabilitiesOf, winningClass } from "../networks/answers.ts";
import { BlockLayers } from "../networks/block-layers.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
import { multiplyAdds } from "../networks/layers.ts";
import { follow, framePowers, heardAgainst, presenceOf } from "../networks/streaming/front.ts";
import { buildOverState, type Past } from "../networks/streaming/past.ts";
import { classifyStream } from "../networks/streaming/stream-classifier.ts";
import {
  askedOf,
  decodeStream,
  maskOfLogits,
  type StreamDecoderShape,
} from "../networks/streaming/stream-decoder.ts";
import { headRows } from "../networks/streaming/stream-explained.ts";
import { STEP_FRAMES, type StreamShape } from "../networks/streaming/stream-shape.ts";

/** Frames of a block. */
export const BLOCK_FRAMES = STEP_FRAMES;

export interface StreamParts {
  /** Its frames don't matter here. */
  readonly shape: StreamShape;
  readonly form: AnswerForm;
  readonly classifier: WeightValues;
  readonly decoder: { readonly shape: StreamDecoderShape; readonly values: WeightValues };
}

export interface StreamGraph {
  readonly bytes: Uint8Array;
  /** S: numbers of the state. */
  readonly state: number;
  /** Millions of multiply-adds a call. */
  readonly mmac: number;
}

/**
 * The graph for so many frames at once, with the signature that `models/pack/pack.ts` describes: `probabilities` are of every
 * block's end, and unasked each block's winner is explained.
 */
export function streamGraph(parts: StreamParts, frames: number): StreamGraph {
  const shape = { ...parts.shape, frames };
  const { g, state } = buildOverState((g, past) => {
    const { probabilities, mask } = explain(g, past, { ...parts, shape }, streamInputs(g, shape));
    g.output("probabilities", byBlocks(g, probabilities, shape));
    g.output("mask", mask);
  });
  return { bytes: encodeModel(g), state, mmac: multiplyAdds(g) / 1e6 };
}

/** Probabilities [B · blocks, classes] as a pack gives them: without blocks where there is one. */
export function byBlocks(g: GraphBuilder, probabilities: Tensor, { frames, classes }: StreamShape): Tensor {
  const blocks = frames / BLOCK_FRAMES;
  return blocks === 1 ? probabilities : g.reshape(probabilities, [-1, blocks, classes]);
}

interface StreamInputs {
  readonly magnitudes: Tensor;
  readonly target: Tensor;
}

function streamInputs(g: GraphBuilder, { frames, bins }: StreamShape): StreamInputs {
  return {
    magnitudes: g.input("magnitudes", "float32", ["B", frames, bins]),
    target: g.input("target", "int64", ["B"]),
  };
}

/** Probabilities [B · blocks, classes] and mask [B, T, F]. */
function explain(
  g: GraphBuilder,
  past: Past,
  { shape, form, classifier, decoder }: StreamParts,
  { magnitudes, target }: StreamInputs,
): { probabilities: Tensor; mask: Tensor } {
  const { classes } = shape;
  const blocks = shape.frames / BLOCK_FRAMES;
  const frozen = new BlockLayers(g, classifier);
  const powers = framePowers(g, magnitudes, shape);
  const around = follow(g, past, powers);
  const features = heardAgainst(g, powers, around);
  const { logits, latents } = classifyStream(frozen, past, features, shape);
  const flat = g.reshape(logits, [-1, classes]);
  const winners = g.reshape(winningClass(g, form, flat), [-1, blocks]);
  const asked = g.reshape(target, [-1, 1]);
  const chosen = g.where(g.op("Less", [asked, g.int64([0])]), winners, asked);
  // What each class means to the decoder follows from weights alone: onnxruntime works it out once, when it loads the graph.
  const decoding = new BlockLayers(g, decoder.values);
  const meanings = askedOf(decoding, g.transpose(headRows(frozen, shape), [1, 0]), decoder.shape);
  const asking = g.op("Gather", [meanings, chosen], { axis: 0 });
  const picked = g.op("GatherElements", [logits, g.reshape(chosen, [-1, blocks, 1])], { axis: 2 });
  const question = { asked: asking, sureness: g.sigmoid(picked) };
  const maskLogits = decodeStream(decoding, past, latents, question, shape, decoder.shape);
  return {
    probabilities: probabilitiesOf(g, form, flat),
    mask: maskOfLogits(g, maskLogits, presenceOf(g, powers, around), shape),
  };
}

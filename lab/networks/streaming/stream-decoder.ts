/**
 * The decoder of the streaming classifier: from its deepest layer back to the shallowest, asked about one class, frame by
 * frame with nothing but the past. The class is told by the classifier's own last-layer row, so that a class costs no weights.
 */
import type { GraphBuilder, Tensor } from "../../../models/graph/index.ts";
import type { ClassifierAnswer } from "../explained-classifier.ts";
import type { Layers } from "../layers.ts";
import { melToBinWeights } from "../mel-bins.ts";
import { lowestBin, presence } from "./front.ts";
import { type Past, Silence } from "./past.ts";
import { pastConv } from "./stream-classifier.ts";
import { STEP_FRAMES, type StreamShape } from "./stream-shape.ts";

export interface StreamDecoderShape {
  /** Channels of the levels, deep to shallow, the deepest first. */
  readonly levels: readonly number[];
  /** Numbers that a class is told by. */
  readonly asked: number;
}

export const EVERYDAY_DECODER: StreamDecoderShape = { levels: [48, 40, 32, 24, 16], asked: 48 };

/** What the decoder is asked about. */
export interface StreamQuestion {
  /** [B, moments, size]: what `askedOf` makes of the class; one moment for all, or one a step. */
  readonly asked: Tensor;
  /** [B, steps, 1]: how sure the classifier is of the class at each step. */
  readonly sureness: Tensor;
}

/**
 * What classes mean to the decoder: for each channel of each level a gain about one, and an offset (FiLM, Perez et al. 2018).
 *
 * @param rows [n, embedding]: their rows of the classifier's last layer.
 * @returns [n, size], for `StreamQuestion.asked`.
 */
export function askedOf(layers: Layers, rows: Tensor, { levels, asked }: StreamDecoderShape): Tensor {
  const { g } = layers;
  const told = g.relu(layers.dense("decoder.asked", rows, asked));
  const ones = filmSizes(levels).flatMap((size, part) => new Array<number>(size).fill(part % 2 ? 0 : 1));
  const film = layers.dense("decoder.film", told, ones.length);
  return g.add(film, g.constant(ones, "float32", [1, ones.length]));
}

/** Of each level the gains, then the offsets. */
const filmSizes = (levels: readonly number[]) => levels.flatMap((channels) => [channels, channels]);

/** @returns mask logits [B, T, mels]. */
export function decodeStream(
  layers: Layers,
  past: Past,
  latents: readonly Tensor[],
  question: StreamQuestion,
  shape: StreamShape,
  { levels }: StreamDecoderShape,
): Tensor {
  const { g } = layers;
  const steps = shape.frames / STEP_FRAMES;
  const moments = Number(question.asked.shape[1]);
  const sureness = g.reshape(question.sureness, [-1, 1, steps, 1]);
  const asking = filmOf(g, question.asked, levels);
  const film = (level: number, x: Tensor) => {
    const { gain, offset } = asking[level];
    const over = (rows: Tensor) =>
      moments === 1 || x.shape[2] === moments ? rows : inTime(g, rows, Number(x.shape[2]) / moments);
    return g.relu(g.add(g.mul(x, over(gain)), over(offset)));
  };
  const [stage1, stage2, stage3, stage4, stage5, deep] = latents;
  const [bottom, ...above] = levels;
  const sure = layers.conv("decoder.sure", sureness, { out: bottom, kernel: 1 });
  const context = g.add(layers.conv("decoder.context", deep, { out: bottom, kernel: 1 }), sure);
  const local = layers.convNormRelu("decoder.bottom", stage5, { out: bottom, kernel: 1 });
  let x = film(0, g.add(local, context));
  for (const [index, skip] of [stage4, stage3, stage2, stage1].entries()) {
    const name = `decoder.level${4 - index}`;
    const out = above[index];
    const raised = skip === stage1 ? inTime(g, x, 2) : inFrequency(g, x, 2);
    const mixed = layers.convNormRelu(`${name}.mix`, g.concat([raised, skip], 1), { out, kernel: 1 });
    const found = pastConv(layers, past, name, mixed, { out, kernel: [2, 3] });
    x = film(index + 1, found);
  }
  // Four values a place: two frames of two bands each.
  const places = layers.conv("decoder.mask", x, { out: 4, kernel: 1 });
  const { frames, mels } = shape;
  const split = g.reshape(places, [-1, 2, 2, frames / 2, mels / 2]);
  return g.reshape(g.transpose(split, [0, 3, 1, 4, 2]), [-1, frames, mels]);
}

/** For each level [B, channels, moments, 1]. */
function filmOf(g: GraphBuilder, asked: Tensor, levels: readonly number[]) {
  const [, moments, size] = asked.shape.map(Number);
  const sizes = filmSizes(levels);
  const channelsFirst = g.reshape(g.transpose(asked, [0, 2, 1]), [-1, size, moments, 1]);
  const parts = g.ops("Split", [channelsFirst, g.int64(sizes)], { axis: 1 }, { outputs: sizes.length });
  return levels.map((_, level) => ({ gain: parts[2 * level], offset: parts[2 * level + 1] }));
}

/**
 * Mask logits → mask [B, T, F] in [0, 1]. Nothing is kept below what the classifier hears, nor in frames that hold nothing.
 *
 * @param present [B, T, 1]: whether frames hold anything, as `presence` tells.
 */
export function maskOfLogits(
  g: GraphBuilder,
  maskLogits: Tensor,
  present: Tensor,
  shape: StreamShape,
): Tensor {
  const { bins, mels, sampleRate } = shape;
  const toBins = g.constant(melToBinWeights(bins, mels, sampleRate), "float32", [mels, bins]);
  const first = lowestBin(shape);
  const heard = Float32Array.from({ length: bins }, (_, bin) => (bin < first ? 0 : 1));
  const mask = g.mul(g.sigmoid(g.matmul(maskLogits, toBins)), g.constant(heard, "float32", [1, 1, bins]));
  return g.mul(mask, present);
}

/**
 * On a window that begins in silence.
 *
 * @param query one-hot [B, classes].
 */
export function decodeWindow(
  layers: Layers,
  { latents, findings }: ClassifierAnswer,
  decoder: StreamDecoderShape,
  query: Tensor,
): Tensor {
  if (!findings) throw new Error("this decoder reads a streaming classifier; take one for any latents");
  const { g } = layers;
  const { shape, features, logits, rows } = findings();
  const { classes } = shape;
  const film = askedOf(layers, g.matmul(query, g.transpose(rows, [1, 0])), decoder);
  const asked = g.reshape(film, [-1, 1, Number(film.shape[1])]);
  const sureness = g.sigmoid(g.matmul(logits, g.reshape(query, [-1, classes, 1])));
  const maskLogits = decodeStream(layers, new Silence(g), latents, { asked, sureness }, shape, decoder);
  return maskOfLogits(g, maskLogits, presence(g, features, shape), shape);
}

/** x [B, C, time, frequency] with each of its times so often. */
function inTime(g: GraphBuilder, x: Tensor, times: number): Tensor {
  const [, channels, time, frequency] = x.shape.map(Number);
  const one = g.reshape(x, [-1, channels, time, 1, frequency]);
  return g.reshape(g.concat(new Array<Tensor>(times).fill(one), 3), [-1, channels, times * time, frequency]);
}

/** The same in frequency: by a matrix, in a fifth of the time that onnxruntime's Resize takes. */
function inFrequency(g: GraphBuilder, x: Tensor, times: number): Tensor {
  const from = Number(x.shape[3]);
  const matrix = new Float32Array(from * from * times);
  for (let to = 0; to < from * times; to++) matrix[Math.floor(to / times) * from * times + to] = 1;
  return g.matmul(x, g.constant(matrix, "float32", [from, from * times]));
}

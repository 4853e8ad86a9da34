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
import { pastConv, streamEmbedding } from "./stream-classifier.ts";
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
  /** [B, moments, embedding]: the last-layer row of the class; one moment for all, or one a step. */
  readonly row: Tensor;
  /** [B, steps, 1]: how sure the classifier is of the class at each step. */
  readonly sureness: Tensor;
}

/** @returns mask logits [B, T, mels]. */
export function decodeStream(
  layers: Layers,
  past: Past,
  latents: readonly Tensor[],
  question: StreamQuestion,
  shape: StreamShape,
  { levels, asked }: StreamDecoderShape,
): Tensor {
  const { g } = layers;
  const steps = shape.frames / STEP_FRAMES;
  const moments = Number(question.row.shape[1]);
  const told = g.relu(
    layers.dense("decoder.asked", g.reshape(question.row, [-1, streamEmbedding(shape)]), asked),
  );
  const sureness = g.reshape(question.sureness, [-1, 1, steps, 1]);
  const asking = filmOf(layers, told, moments, levels);
  const film = (level: number, x: Tensor, times: number) => {
    const { gain, offset } = asking[level];
    const over = (rows: Tensor) => (moments === 1 ? rows : repeated(layers, rows, [times, 1]));
    return g.relu(g.add(g.mul(x, over(gain)), over(offset)));
  };
  const [stage1, stage2, stage3, stage4, stage5, deep] = latents;
  const [bottom, ...above] = levels;
  const sure = layers.conv("decoder.sure", sureness, { out: bottom, kernel: 1 });
  const context = g.add(layers.conv("decoder.context", deep, { out: bottom, kernel: 1 }), sure);
  const local = layers.convNormRelu("decoder.bottom", stage5, { out: bottom, kernel: 1 });
  let x = film(0, g.add(local, context), 1);
  for (const [index, skip] of [stage4, stage3, stage2, stage1].entries()) {
    const name = `decoder.level${4 - index}`;
    const out = above[index];
    const finest = skip === stage1;
    const raised = repeated(layers, x, finest ? [2, 1] : [1, 2]);
    const mixed = layers.convNormRelu(`${name}.mix`, g.concat([raised, skip], 1), { out, kernel: 1 });
    const found = pastConv(layers, past, name, mixed, { out, kernel: [2, 3] });
    x = film(index + 1, found, finest ? 2 : 1);
  }
  // Four values a place: two frames of two bands each.
  const places = layers.conv("decoder.mask", x, { out: 4, kernel: 1 });
  const { frames, mels } = shape;
  const split = g.reshape(places, [-1, 2, 2, frames / 2, mels / 2]);
  return g.reshape(g.transpose(split, [0, 3, 1, 4, 2]), [-1, frames, mels]);
}

/** For each level [B, channels, moments, 1]: a gain about one, and an offset (FiLM, Perez et al. 2018). */
function filmOf(layers: Layers, told: Tensor, moments: number, levels: readonly number[]) {
  const { g } = layers;
  const sizes = levels.flatMap((channels) => [channels, channels]);
  const size = sizes.reduce((sum, each) => sum + each, 0);
  const ones = levels.flatMap((channels) => [
    ...new Array<number>(channels).fill(1),
    ...new Array<number>(channels).fill(0),
  ]);
  const flat = g.add(layers.dense("decoder.film", told, size), g.constant(ones, "float32", [1, size]));
  const rows = moments === 1 ? flat : g.transpose(g.reshape(flat, [-1, moments, size]), [0, 2, 1]);
  const parts = g.ops(
    "Split",
    [g.reshape(rows, [-1, size, moments, 1]), g.int64(sizes)],
    { axis: 1 },
    { outputs: sizes.length },
  );
  return levels.map((_, level) => ({ gain: parts[2 * level], offset: parts[2 * level + 1] }));
}

/**
 * Mask logits → mask [B, T, F] in [0, 1]. Nothing is kept below what the classifier hears, nor in frames that hold nothing.
 */
export function maskOfLogits(
  g: GraphBuilder,
  maskLogits: Tensor,
  features: Tensor,
  shape: StreamShape,
): Tensor {
  const { bins, mels, sampleRate } = shape;
  const toBins = g.constant(melToBinWeights(bins, mels, sampleRate), "float32", [mels, bins]);
  const first = lowestBin(shape);
  const heard = Float32Array.from({ length: bins }, (_, bin) => (bin < first ? 0 : 1));
  const mask = g.mul(g.sigmoid(g.matmul(maskLogits, toBins)), g.constant(heard, "float32", [1, 1, bins]));
  return g.mul(mask, presence(g, features, shape));
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
  const row = g.reshape(g.matmul(query, g.transpose(rows, [1, 0])), [-1, 1, streamEmbedding(shape)]);
  const sureness = g.sigmoid(g.matmul(logits, g.reshape(query, [-1, classes, 1])));
  const maskLogits = decodeStream(layers, new Silence(g), latents, { row, sureness }, shape, decoder);
  return maskOfLogits(g, maskLogits, features, shape);
}

function repeated({ g }: Layers, x: Tensor, [time, frequency]: readonly [number, number]): Tensor {
  if (time === 1 && frequency === 1) return x;
  return g.op("Resize", [x, undefined, g.constant([1, 1, time, frequency], "float32", [4])], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}

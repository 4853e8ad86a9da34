/**
 * The decoder for any classifier's latents: a U-Net from the deepest to the shallowest, whatever their grids, and a mask
 * on the linear STFT. The same idea as the decoder of five stages, with nothing known of the network but its latents.
 */
import type { Tensor } from "../../models/graph/index.ts";
import { type AnswerForm, probabilitiesOf } from "./answers.ts";
import type { ClassifierAnswer, ExplainedClassifier } from "./explained-classifier.ts";
import { interpolationFrom, transposed } from "./interpolation.ts";
import type { Layers } from "./layers.ts";

export interface GridDecoderShape {
  /** Channels of the deepest level; each level above has three quarters as many. */
  readonly channels: number;
  /** The bands in which the mask is drawn, by their centres in bins; more bands than latents have rows are no use. */
  readonly centres: readonly number[];
}

const LEAST_CHANNELS = 8;
/** Latents, shallow to deep, and logits [B, classes] → mask [B, T, F] in (0, 1). */
export function decodeGrids(
  layers: Layers,
  classifier: Pick<ExplainedClassifier, "frames" | "bins"> & AnswerForm,
  { latents, logits }: ClassifierAnswer,
  shape: GridDecoderShape,
): Tensor {
  const { g } = layers;
  const { frames, bins } = classifier;
  const { centres } = shape;
  const maps = latents.map((latent) => notFinerThan(layers, asMap(layers, latent), frames));
  const widths = maps.map((_, depth) =>
    Math.max(LEAST_CHANNELS, Math.round(shape.channels * 0.75 ** (maps.length - 1 - depth))),
  );
  const deepest = maps.length - 1;
  let x = layers.convNormRelu("decoder.bottom", maps[deepest], { out: widths[deepest], kernel: 1 });
  // Which evidence counts depends on the decision as a whole, and convolutions see only their neighbourhood.
  const decision = layers.dense("decoder.decision", probabilitiesOf(g, classifier, logits), widths[deepest]);
  x = g.add(x, g.reshape(decision, [-1, widths[deepest], 1, 1]));
  x = layers.convNormRelu(`decoder.level${deepest + 1}`, x, { out: widths[deepest] });
  for (let depth = deepest - 1; depth >= 0; depth--) {
    const out = widths[depth];
    const skip = layers.convNormRelu(`decoder.skip${depth + 1}`, maps[depth], { out, kernel: 1 });
    const [time, rows] = gridOf(skip);
    const joined = g.concat([resized(layers, x, time, rows), skip], 1);
    const mixed = layers.convNormRelu(`decoder.mix${depth + 1}`, joined, { out, kernel: 1 });
    x = layers.convNormRelu(`decoder.level${depth + 1}`, mixed, { out });
  }
  // [B, channels, t, rows] → [B, t, bands]: rows of a picture are its bands in order; a row of its own for each band
  // comes out of the channels where there is no frequency axis.
  const [time, rows] = gridOf(x);
  const flat = rows === 1;
  const drawn = layers.conv("decoder.mask", x, { out: flat ? centres.length : 1, kernel: 1 });
  const bands = flat
    ? g.transpose(g.reshape(drawn, [-1, centres.length, time]), [0, 2, 1])
    : g.reshape(drawn, [-1, time, rows]);
  const places = flat ? centres : rowCentres(centres, rows);
  const toBins = g.constant(interpolationFrom(places, bins), "float32", [places.length, bins]);
  const moments = Array.from({ length: time }, (_, t) => ((t + 0.5) * frames) / time - 0.5);
  const toFrames = g.constant(transposed(interpolationFrom(moments, frames), frames), "float32", [
    frames,
    time,
  ]);
  return g.sigmoid(g.matmul(toFrames, g.matmul(bands, toBins)));
}

/** [B, channels, time] becomes [B, channels, time, 1]. */
function asMap({ g }: Layers, latent: Tensor): Tensor {
  return latent.shape.length === 4
    ? latent
    : g.reshape(latent, [-1, ...latent.shape.slice(1).map(Number), 1]);
}

/** Steps in time finer than the mask's frames are averaged: waveform networks begin with thousands of them. */
function notFinerThan({ g }: Layers, x: Tensor, frames: number): Tensor {
  const [time] = gridOf(x);
  const factor = Math.floor(time / frames);
  if (factor < 2) return x;
  return g.op("AveragePool", [x], { kernel_shape: [factor, 1], strides: [factor, 1] });
}

function gridOf(x: Tensor): [number, number] {
  return [Number(x.shape[2]), Number(x.shape[3])];
}

function resized({ g }: Layers, x: Tensor, time: number, rows: number): Tensor {
  const [fromTime, fromRows] = gridOf(x);
  if (fromTime === time && fromRows === rows) return x;
  const nearest = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
  return g.op("Resize", [x, undefined, undefined, g.int64([time, rows])], { ...nearest, axes: [2, 3] });
}

/** Where the rows of a latent lie, which each stand for several bands. */
function rowCentres(centres: readonly number[], rows: number): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const place = Math.min(centres.length - 1, Math.max(0, ((row + 0.5) * centres.length) / rows - 0.5));
    const left = Math.min(centres.length - 2, Math.floor(place));
    return centres[left] + (centres[left + 1] - centres[left]) * (place - left);
  });
}

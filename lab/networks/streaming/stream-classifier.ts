/**
 * The streaming classifier: five convolutions over time and frequency, convolutions over time alone that look back half a
 * second, and means and peaks of what they find, which fade. Every layer knows what came before the block by `Past` alone.
 */
import type { Tensor } from "../../../models/graph/index.ts";
import type { ConvOptions, Layers } from "../layers.ts";
import type { Past } from "./past.ts";
import { STEP_FRAMES, type StreamShape } from "./stream-shape.ts";

export interface StreamAnswer {
  /** [B, moments, classes]: one for each step of four frames, or for the moments asked for. */
  readonly logits: Tensor;
  /** [B · moments, embedding]: what the last layer reads, nothing dropped. */
  readonly embedding: Tensor;
  /** Stages, shallow to deep, [B, channels, time, frequency], and [B, deep, steps, 1] behind them. */
  readonly latents: readonly Tensor[];
}

const STEP_RATE = 125 / STEP_FRAMES;
const decayOver = (seconds: number) => Math.exp(-1 / (seconds * STEP_RATE));

/** What the last layer reads of each channel: its mean of the last moments and of the last second, and its fading peak. */
const SHORT = decayOver(0.25);
const LONG = decayOver(1.2);
const PEAK = decayOver(1);

/**
 * So that what the last layer says begins near nothing: Adam remembers the first gradients for thousands of steps, and large
 * ones keep all later steps small.
 */
const EMBEDDING_SCALE = 0.1;
/** Log-odds of any class before anything is heard: one is there in fifty. */
const RARE = -4;

export function streamEmbedding({ deep }: StreamShape): number {
  return 3 * deep;
}

interface Stage {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
}

const STAGES: readonly Stage[] = [
  { kernel: [3, 3], stride: [2, 2] },
  { kernel: [3, 3], stride: [2, 1] },
  { kernel: [2, 3], stride: [1, 2] },
  { kernel: [2, 3], stride: [1, 2] },
  { kernel: [2, 3], stride: [1, 2] },
];

/** A convolution over a block and what came before it. */
export function pastConv(
  layers: Layers,
  past: Past,
  name: string,
  x: Tensor,
  options: ConvOptions & { readonly kernel: readonly [number, number]; readonly frequencyBias?: boolean },
): Tensor {
  const { kernel, stride = [1, 1], dilation = 1 } = options;
  const steps = dilation * (kernel[0] - 1) - (stride[0] - 1);
  return layers.convNormRelu(name, past.before(name, x, steps), {
    ...options,
    pad: [0, (kernel[1] - 1) / 2],
  });
}

interface StreamQuestion {
  /** Steps at which the classes are asked, where nothing comes after the block; all without. */
  readonly at?: readonly number[];
  /** Every latent lies on the way to the logits, for gradients by it; it costs turning the deepest round and back. */
  readonly latentsOnTheWay?: boolean;
}

/** @param features [B, 2, T, mels], as `heardAgainst` gives them. */
export function classifyStream(
  layers: Layers,
  past: Past,
  features: Tensor,
  shape: StreamShape,
  { at, latentsOnTheWay = false }: StreamQuestion = {},
): StreamAnswer {
  const { g } = layers;
  const { deep, classes } = shape;
  const latents: Tensor[] = [];
  let x = features;
  for (const [stage, out] of shape.channels.entries()) {
    // Mel bands differ in kind, not only in place: each keeps an offset of its own.
    const options = { ...STAGES[stage], out, frequencyBias: stage === 0 };
    x = pastConv(layers, past, `classifier.stage${stage + 1}`, x, options);
    latents.push(x);
  }
  // Where frequency is gone: [B, steps, channels].
  const [, , steps, places] = x.shape.map(Number);
  const inRows = g.reshape(g.transpose(x, [0, 2, 3, 1]), [-1, steps, places * Number(x.shape[1])]);
  let rows = layers.rowsNormRelu("classifier.rows", inRows, { out: deep, kernel: [1, places] });
  for (const dilation of shape.lookBack) {
    const name = `classifier.back${dilation}`;
    const both = g.concat([past.delayed(name, rows, dilation), rows], 2);
    rows = g.add(rows, layers.rowsNormRelu(name, both, { out: deep, kernel: [2, 1] }));
  }
  let deepest = g.reshape(g.transpose(rows, [0, 2, 1]), [-1, deep, steps, 1]);
  if (latentsOnTheWay) {
    deepest = g.held(deepest);
    rows = g.transpose(g.reshape(deepest, [-1, deep, steps]), [0, 2, 1]);
  }
  latents.push(deepest);
  const found = pooled(layers, past, rows, at);
  const moments = Number(found.shape[1]);
  const size = streamEmbedding(shape);
  const dropped = g.reshape(layers.dropout(g.reshape(found, [-1, moments * size])), [-1, size]);
  const above = layers.dense("classifier.head", dropped, classes);
  const logits = g.reshape(g.add(above, g.constant(RARE)), [-1, moments, classes]);
  const embedding = g.reshape(found, [-1, size]);
  return { logits, embedding, latents };
}

/** [B, moments, embedding] of rows [B, steps, deep]. */
function pooled({ g }: Layers, past: Past, rows: Tensor, at?: readonly number[]): Tensor {
  const found = [
    past.mean("classifier.mean", rows, [SHORT, LONG], at),
    past.peak("classifier.peak", rows, PEAK, at),
  ];
  return g.mul(g.concat(found, 2), g.constant(EMBEDDING_SCALE));
}

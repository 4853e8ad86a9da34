/**
 * Listen to Interpret (Parekh et al. 2022, arXiv 2202.11479): the classifier's latents are read as activations of a
 * dictionary of spectra, and the explanation is what the spectra that speak for the class make up of the sound.
 *
 *   ψ: latents → H [B, K, T] ≥ 0      X_log ≈ W H      θ: z = Σ_t attention_t · H_t, logits = θ z
 *   r_k = θ_{c,k} z_k / max |θ_c z|    mask = W_sel H_sel / (W H), of the components with r above a threshold
 */
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import type { ClassifierAnswer } from "./explained-classifier.ts";
import { linearInterpolation, transposed } from "./interpolation.ts";
import type { Layers } from "./layers.ts";
import { expm1, levelled, log1p } from "./log-spectrum.ts";

export interface L2iShape {
  readonly frames: number;
  readonly bins: number;
  readonly classes: number;
  /** K: spectra in the dictionary. */
  readonly components: number;
  /** Channels of ψ. */
  readonly width: number;
}

/** Trained weights hold the dictionary under this name: W transposed, [K, F] ≥ 0, each spectrum's largest value 1. */
export const DICTIONARY = "l2i.dictionary";
/** θ: [K, classes], no bias, so that the relevances sum up to the logit. */
export const CLASS_WEIGHTS = "l2i.classes.weight";

/** Components whose relevance is above this are the explanation, as published. */
export const RELEVANCE_THRESHOLD = 0.2;

/** Channels that each latent keeps for each of its rows. */
const ROW_CHANNELS = 8;
/** Width of the attention's hidden layer. */
const ATTENTION = 32;
const TINY = 1e-8;

/**
 * ψ: latents, shallow to deep, whatever their grids → activations [B, T, K] ≥ 0. Every latent's rows become channels
 * (which spectrum sounds depends on where in frequency the evidence is), all are brought to the same steps in time,
 * mixed, and spread over the frames.
 */
export function activations(
  layers: Layers,
  latents: readonly Tensor[],
  { frames, components, width }: L2iShape,
): Tensor {
  const { g } = layers;
  const maps = latents.map((latent) => asMap(g, latent, frames));
  const steps = Math.min(frames, Math.max(...maps.map((map) => Number(map.shape[2]))));
  const read = maps.map((map, depth) => {
    const rows = Number(map.shape[3]);
    const name = `l2i.latent${depth + 1}`;
    const picked = layers.convNormRelu(`${name}.rows`, map, {
      out: rows > 1 ? ROW_CHANNELS : width,
      kernel: 1,
    });
    const columns = g.reshape(g.transpose(picked, [0, 1, 3, 2]), [
      -1,
      Number(picked.shape[1]) * rows,
      Number(map.shape[2]),
      1,
    ]);
    return inTime(g, layers.convNormRelu(name, columns, { out: width, kernel: 1 }), steps);
  });
  const mixed = layers.convNormRelu("l2i.mix", g.concat(read, 1), { out: width, kernel: 1 });
  const hidden = layers.convNormRelu("l2i.time", mixed, { out: width });
  const spread = layers.conv("l2i.activations", inTime(g, hidden, frames), { out: components, kernel: 1 });
  return g.transpose(g.reshape(g.relu(spread), [-1, components, frames]), [0, 2, 1]);
}

interface PooledActivations {
  /** z [B, K] ≥ 0. */
  readonly pooled: Tensor;
  /** [B, classes]. */
  readonly logits: Tensor;
}

/** θ: attention over time (Ilse et al. 2018, arXiv 1802.04712), then a linear layer; of activations [B, T, K]. */
function classifyActivations(layers: Layers, activity: Tensor, shape: L2iShape): PooledActivations {
  const { g } = layers;
  const { frames, components, classes } = shape;
  const map = g.reshape(g.transpose(activity, [0, 2, 1]), [-1, components, frames, 1]);
  const hidden = g.op("Tanh", [layers.conv("l2i.attention", map, { out: ATTENTION, kernel: 1 })]);
  const scores = layers.conv("l2i.scores", hidden, { out: 1, kernel: 1 });
  const attention = g.op("Softmax", [g.reshape(scores, [-1, 1, frames])], { axis: 2 });
  const pooled = g.reshape(g.matmul(attention, activity), [-1, components]);
  return { pooled, logits: layers.dense("l2i.classes", pooled, classes, false) };
}

/** The log spectrum [B, T, F] that activations [B, T, K] stand for; `dictionary` is [K, F]. */
export function reconstruct(g: GraphBuilder, activity: Tensor, dictionary: Tensor): Tensor {
  return g.matmul(activity, dictionary);
}

/** r_k [B, K], at most 1: `classWeights` is [K, classes], `chosen` one-hot [B, classes]. */
export function relevances(g: GraphBuilder, classWeights: Tensor, chosen: Tensor, pooled: Tensor): Tensor {
  const parts = g.mul(g.matmul(chosen, g.transpose(classWeights, [1, 0])), pooled);
  const largest = g.reduceMax(g.op("Abs", [parts]), [1], true);
  return g.div(parts, g.add(largest, g.constant(TINY)));
}

/**
 * The ratio mask [B, T, F] on log spectra, of the components whose relevance is above the threshold. 0 where no
 * component sounds at all.
 */
export function ratioMask(
  g: GraphBuilder,
  activity: Tensor,
  dictionary: Tensor,
  relevance: Tensor,
  threshold: number,
): Tensor {
  const components = Number(relevance.shape[1]);
  const selected = g.cast(g.op("Greater", [relevance, g.constant(threshold)]), "float32");
  const kept = reconstruct(g, g.mul(activity, g.reshape(selected, [-1, 1, components])), dictionary);
  return g.div(kept, g.add(reconstruct(g, activity, dictionary), g.constant(TINY)));
}

/**
 * A mask on levelled log spectra as the gains [B, T, F] that have the same effect on |X|, in [0, 1]: what is kept is
 * expm1(mask · log1p(X̃)), X̃ the levelled magnitudes.
 */
export function gainsOfLogMask(g: GraphBuilder, mask: Tensor, magnitudes: Tensor): Tensor {
  const x = levelled(g, magnitudes, magnitudes);
  const audible = g.op("Greater", [x, g.constant(FAINT)]);
  const divisor = g.where(audible, x, 1);
  // The logarithm is as good as linear where the sound is faint, and the difference of two numbers near 1 is noise.
  const gains = g.where(audible, g.div(expm1(g, g.mul(mask, log1p(g, x))), divisor), mask);
  return g.op("Clip", [gains, g.constant(0), g.constant(1)]);
}

const FAINT = 1e-3;

/** [B, channels, time] becomes [B, channels, time, 1]; steps finer than the frames are averaged. */
function asMap(g: GraphBuilder, latent: Tensor, frames: number): Tensor {
  const map =
    latent.shape.length === 4 ? latent : g.reshape(latent, [-1, ...latent.shape.slice(1).map(Number), 1]);
  const factor = Math.floor(Number(map.shape[2]) / frames);
  if (factor < 2) return map;
  return g.op("AveragePool", [map], { kernel_shape: [factor, 1], strides: [factor, 1] });
}

/** [B, channels, from, 1] to [B, channels, to, 1], linearly interpolated. */
function inTime(g: GraphBuilder, x: Tensor, to: number): Tensor {
  const [channels, from] = [Number(x.shape[1]), Number(x.shape[2])];
  if (from === to) return x;
  const columns = transposed(linearInterpolation(from, to), from);
  const rows = g.reshape(x, [-1, channels, from]);
  return g.reshape(g.matmul(rows, g.constant(columns, "float32", [from, to])), [-1, channels, to, 1]);
}

/** What a trained L2I says of a window: activations, pooled activations and logits of θ. */
export function interpret(layers: Layers, answer: Pick<ClassifierAnswer, "latents">, shape: L2iShape) {
  const activity = activations(layers, answer.latents, shape);
  return { activity, ...classifyActivations(layers, activity, shape) };
}

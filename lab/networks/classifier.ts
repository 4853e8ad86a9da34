/**
 * The classifier: a small convolutional network on the log-mel spectrogram of one window.
 *
 * It reads linear STFT magnitudes, so that a mask on the STFT reaches it along a differentiable path.
 */
import type { Tensor } from "../../models/graph/index.ts";
import type { Layers } from "./layers.ts";
import { meanMelBands } from "./mel-bins.ts";

export interface ClassifierShape {
  readonly frames: number;
  readonly bins: number;
  readonly mels: number;
  readonly sampleRate: number;
  /** Channels of the five stages. */
  readonly channels: readonly number[];
  readonly classes: number;
}

interface ClassifierOutput {
  /** [B, classes], before softmax. */
  readonly logits: Tensor;
  /** [B, `embeddingSize`]: of each channel of the last stage its mean, and its loudest moment. */
  readonly embedding: Tensor;
  /** What each stage gave, shallow to deep: [B, channels, time, mel]. */
  readonly latents: readonly Tensor[];
}

/** Features that the last layer reads. */
export function embeddingSize({ channels }: ClassifierShape): number {
  return 2 * channels[channels.length - 1];
}

/**
 * Mean squared magnitude per bin of white noise at −75 dBFS: sounds are normalised to the same level, but nothing
 * quieter than this floor is turned up, so that silence stays silence.
 */
export const LEVEL_FLOOR = 10 ** (-75 / 10) * 512 * 0.375;

/** Floor under each mel band, relative to the window's mean power per bin: −50 dB. */
const BAND_FLOOR = 1e-5;

const LOG_CENTRE = -5;
const LOG_SPREAD = 3.5;

/** What `logMel` gives where nothing is heard. */
export const SILENT_LOG_MEL = (Math.log(BAND_FLOOR) - LOG_CENTRE) / LOG_SPREAD;

/** Mean power of each window, [B, 1, 1], never below the floor: what sounds are normalised by. */
export function windowLevel({ g }: Layers, magnitudes: Tensor): Tensor {
  return g.add(g.reduceMean(g.mul(magnitudes, magnitudes), [1, 2], true), g.constant(LEVEL_FLOOR));
}

/**
 * Linear magnitudes [B, T, F] to normalised log-mel [B, 1, T, mels], about zero mean and unit spread.
 * `level` is [B, 1, 1]; the windows' own without.
 */
export function logMel(
  layers: Layers,
  magnitudes: Tensor,
  shape: ClassifierShape,
  level = windowLevel(layers, magnitudes),
): Tensor {
  const { g } = layers;
  const { frames, bins, mels, sampleRate } = shape;
  const power = g.mul(magnitudes, magnitudes);
  const bands = g.constant(meanMelBands(bins, mels, sampleRate), "float32", [bins, mels]);
  const mel = g.div(g.matmul(power, bands), level);
  const logarithm = g.log(g.add(mel, g.constant(BAND_FLOOR)));
  const scaled = g.mul(g.add(logarithm, g.constant(-LOG_CENTRE)), g.constant(1 / LOG_SPREAD));
  return g.reshape(scaled, [-1, 1, frames, mels]);
}

/** `level` as in `logMel`. */
export function classify(
  layers: Layers,
  magnitudes: Tensor,
  shape: ClassifierShape,
  level?: Tensor,
): ClassifierOutput {
  return classifyLogMel(layers, logMel(layers, magnitudes, shape, level), shape);
}

/** The network behind the log-mel front: five stages, each half as long and as high as the one before but the last. */
export function classifyLogMel(layers: Layers, input: Tensor, shape: ClassifierShape): ClassifierOutput {
  const { g } = layers;
  const latents: Tensor[] = [];
  let x = input;
  for (const [stage, out] of shape.channels.entries()) {
    const first = stage === 0;
    const last = stage === shape.channels.length - 1;
    x = layers.convNormRelu(`classifier.stage${stage + 1}`, x, {
      out,
      stride: first ? [2, 1] : last ? [1, 1] : [2, 2],
      // Mel bands differ in kind, not only in place: each keeps an offset of its own.
      frequencyBias: first,
    });
    latents.push(x);
  }
  // The mean alone cannot tell a short event from a faint steady one, and unknown sounds then pass for known ones.
  const overTime = g.reduceMean(x, [3]);
  const embedding = g.concat([g.reduceMean(overTime, [2]), g.reduceMax(overTime, [2])], 1);
  const logits = layers.dense("classifier.head", layers.dropout(embedding), shape.classes);
  return { logits, embedding, latents };
}

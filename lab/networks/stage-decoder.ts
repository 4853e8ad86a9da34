/**
 * The decoder for the five stages of this project's classifier: a U-Net from deep to shallow that knows their grids, and
 * gives a mask on the linear STFT (Paissan et al. 2024, arXiv 2403.13086, section 3.1).
 */
import type { Tensor } from "../../models/graph/index.ts";
import { probabilitiesOf } from "./answers.ts";
import type { ClassifierAnswer, ExplainedClassifier } from "./explained-classifier.ts";
import { interpolationFrom, transposed } from "./interpolation.ts";
import { type Layers, sizeOf } from "./layers.ts";

export interface StageDecoderShape {
  /** Channels after each of the four resolutions, deep to shallow. */
  readonly channels: readonly number[];
  /** Whether the decoder is asked about a class, and not about the winner alone. */
  readonly asked?: boolean;
  /** Whether the mask lies on the classifier's own input [B, T, mels], where it cannot be heard. */
  readonly features?: boolean;
}

/**
 * What the classifier answers → mask [B, T, F] in (0, 1), or [B, T, mels] on its own input.
 *
 * Besides the latents of every stage the decoder reads the class probabilities, spread over the deepest level: its
 * convolutions see no more than their neighbourhood, and which evidence counts depends on the decision as a whole.
 *
 * A decoder that is asked about a class reads it as `query` [B, classes], one-hot, which scales and shifts the channels
 * of every level (FiLM, Perez et al. 2018).
 */
export function decodeStages(
  layers: Layers,
  classifier: ExplainedClassifier,
  { latents, logits }: ClassifierAnswer,
  { channels, features = false }: StageDecoderShape,
  query?: Tensor,
): Tensor {
  const { g } = layers;
  const { frames, bins, classes, featureMap } = classifier;
  if (latents.length !== 5 || !featureMap) {
    throw new Error(
      "this decoder reads the five stages of a classifier of mel bands; take one for any latents",
    );
  }
  const { frequency: mels, toBins: melsToBins } = featureMap;
  const level = (number: number, input: Tensor, out: number): Tensor => {
    const found = layers.convNormRelu(`decoder.level${number}`, input, { out });
    if (!query) return found;
    const perChannel = (name: string) =>
      g.reshape(layers.dense(`decoder.level${number}.${name}`, query, out), [-1, out, 1, 1]);
    return g.add(g.mul(found, g.add(perChannel("gain"), g.constant(1))), perChannel("offset"));
  };
  const [stage1, stage2, stage3, stage4, stage5] = latents;
  const probabilities = g.reshape(probabilitiesOf(g, classifier, logits), [-1, classes, 1, 1]);
  const plane = g.constant(new Float32Array(sizeOf(stage5.shape.slice(2).map(Number))).fill(1), "float32", [
    1,
    1,
    ...stage5.shape.slice(2).map(Number),
  ]);
  const decision = g.mul(probabilities, plane);
  let x = level(4, g.concat([stage5, stage4, decision], 1), channels[0]);
  for (const [index, skip] of [stage3, stage2, stage1].entries()) {
    const number = 3 - index;
    const joined = g.concat([doubled(layers, x), skip], 1);
    // At the finest level a 1x1 convolution first: a 3x3 one over all channels would cost more than the rest.
    const mixed =
      number === 1 ? layers.convNormRelu("decoder.mix", joined, { out: channels[3], kernel: 1 }) : joined;
    x = level(number, mixed, channels[index + 1]);
  }
  const maskLogits = layers.conv("decoder.mask", x, { out: 1, kernel: 1 });
  // [B, 1, T/2, mels] → [B, T, F]: both directions are fixed linear interpolations, so both are matrix products.
  const melRows = g.reshape(maskLogits, [-1, frames / 2, mels]);
  // Output k of a stride-2 kernel of three with padding one is centred on frame 2k.
  const centres = Array.from({ length: frames / 2 }, (_, k) => 2 * k);
  const halfRateToFrames = transposed(interpolationFrom(centres, frames), frames);
  const toFrames = g.constant(halfRateToFrames, "float32", [frames, frames / 2], "half_rate_to_frames");
  if (features) return g.sigmoid(g.matmul(toFrames, melRows));
  const toBins = g.constant(melsToBins, "float32", [mels, bins], "mel_to_bins");
  return g.sigmoid(g.matmul(toFrames, g.matmul(melRows, toBins)));
}

function doubled(layers: Layers, x: Tensor): Tensor {
  const { g } = layers;
  const scales = g.constant([1, 1, 2, 2], "float32", [4]);
  return g.op("Resize", [x, undefined, scales], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}

import { dependsOn, gradients, type Tensor } from "../../models/graph/index.ts";
import { type ExplanationMethod, fixedPasses } from "./method.ts";
import { attributionMask } from "./parts/mask.ts";
import { LAYER } from "./parts/parameters.ts";
import { classScore, type Scene } from "./parts/scene.ts";

/**
 * Selvaraju et al. 2017, arXiv 1610.02391: the channels of one latent, weighted by the mean of their gradient, summed,
 * and what speaks for the class kept.
 *
 * @param layer which latent: 0 is the shallowest, -1 the deepest.
 * @returns [B, ...maskShape], not negative.
 */
export function gradCam(scene: Scene, layer: number): Tensor {
  const { g } = scene;
  const answer = scene.answer();
  const latent = answer.latents.at(layer);
  if (!latent) {
    throw new Error(
      `there is no latent ${layer}: the classifier has ${answer.latents.length}, from 0 to ${answer.latents.length - 1} (or from -1 down)`,
    );
  }
  const score = classScore(scene, answer);
  // Zeros would follow: masks that keep nothing, and silence for an explanation.
  if (!dependsOn(g, score, latent)) {
    throw new Error(
      `the classifier's logits do not depend on its latent ${layer}, so nothing there speaks for a class`,
    );
  }
  const [gradient] = gradients(g, score, [latent]);
  const places = latent.shape.slice(2).map((_, axis) => axis + 2);
  const weights = g.reduceMean(gradient, places, true);
  return scene.spread(g.relu(g.reduceSum(g.mul(weights, latent), [1])));
}

export const GRADCAM: ExplanationMethod = {
  name: "gradcam",
  title: "GradCAM",
  description: "The channels of one latent that speak for the class, spread over the spectrogram.",
  parameters: [LAYER],
  target: true,
  readsLatents: true,
  passes: fixedPasses(1, 1),
  mask: (scene, { layer }) => attributionMask(scene, gradCam(scene, layer)),
};

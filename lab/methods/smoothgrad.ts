import type { Tensor } from "../../models/graph/index.ts";
import { type ExplanationMethod, passesAtPoints } from "./method.ts";
import { attributionMask } from "./parts/mask.ts";
import { noiseSamples } from "./parts/noise.ts";
import { SAMPLES, SEED } from "./parts/parameters.ts";
import { classGradient, meanOf, type Scene, windowRange } from "./parts/scene.ts";

/**
 * Smilkov et al. 2017, arXiv 1706.03825, over saliency: the mean of |∂ logit / ∂ point| at noisy copies of the point
 * (the absolute value is taken before the mean, as Captum's NoiseTunnel does over its Saliency).
 *
 * @param samples standard normal noise, [1, ...] in the shape of the point: one gradient each.
 * @param level standard deviation of what is added, relative to the window's largest minus its smallest element.
 */
export function smoothGrad(scene: Scene, samples: readonly Tensor[], level: number): Tensor {
  const { g, point } = scene;
  const deviation = g.mul(windowRange(scene, point), level);
  const copies = samples.map((sample) => scene.possible(g.add(point, g.mul(sample, deviation))));
  return meanOf(
    scene,
    copies.map((copy) => g.op("Abs", [classGradient(scene, copy)])),
  );
}

export const SMOOTHGRAD: ExplanationMethod = {
  name: "smoothgrad",
  title: "SmoothGrad",
  description: "The mean saliency of noisy copies of the window.",
  parameters: [
    SAMPLES,
    {
      name: "noise",
      description: "standard deviation, as a share of the window's largest minus its smallest element",
      default: 0.1,
      range: [0, 1],
      whole: false,
    },
    SEED,
  ],
  target: true,
  passes: ({ samples }) => passesAtPoints(samples),
  mask: (scene, { samples, noise, seed }) =>
    attributionMask(scene, smoothGrad(scene, noiseSamples(scene, samples, seed), noise)),
};

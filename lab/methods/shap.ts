import type { Tensor } from "../../models/graph/index.ts";
import { type ExplanationMethod, passesAtPoints } from "./method.ts";
import { attributionMask } from "./parts/mask.ts";
import { noiseSamples, stratified } from "./parts/noise.ts";
import { SAMPLES, SEED } from "./parts/parameters.ts";
import { classGradient, meanOf, type Scene, windowRange } from "./parts/scene.ts";

/**
 * Expected gradients (Erion et al. 2021, arXiv 1906.10670), as Captum's GradientShap samples them: the mean over
 * baselines, and over one place each on the straight way from baseline to point, of gradient times difference.
 *
 * @param samples standard normal noise, [1, ...] in the shape of the point: a baseline and a gradient each.
 * @param level the baselines are silence and noise of this deviation, relative to the window's largest minus its
 *   smallest element.
 * @param places on the way, 0 (baseline) to 1 (point), one for each sample.
 */
export function gradientShap(
  scene: Scene,
  samples: readonly Tensor[],
  level: number,
  places: readonly number[],
): Tensor {
  const { g, point, silent } = scene;
  const deviation = g.mul(windowRange(scene, point), level);
  const terms = samples.map((sample, index) => {
    const baseline = scene.possible(g.add(g.mul(sample, deviation), silent));
    const difference = g.sub(point, baseline);
    const way = g.add(baseline, g.mul(difference, places[index]));
    return g.mul(difference, classGradient(scene, way));
  });
  return meanOf(scene, terms);
}

export const SHAP: ExplanationMethod = {
  name: "shap",
  title: "SHAP",
  description: "Expected gradients: as Integrated Gradients, over random points and nearly silent baselines.",
  parameters: [
    SAMPLES,
    {
      name: "noise",
      description:
        "of the baselines: standard deviation, as a share of the window's largest minus its smallest element",
      default: 0.01,
      range: [0, 1],
      whole: false,
    },
    SEED,
  ],
  target: true,
  passes: ({ samples }) => passesAtPoints(samples),
  mask: (scene, { samples, noise, seed }) => {
    const normal = noiseSamples(scene, samples, seed);
    return attributionMask(scene, gradientShap(scene, normal, noise, stratified(samples, seed + 1)));
  },
};

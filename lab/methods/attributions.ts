/**
 * The gradient-based methods, each from a scene to attributions in the shape of its point (or of its mask). What makes
 * masks of them is the same for all: see mask.ts.
 */

import { type GradientRule, gradients, guidedRelu, type Tensor } from "../../models/graph/index.ts";
import { gaussLegendre } from "./quadrature.ts";
import { classGradient, classScore, type Scene, windowRange } from "./scene.ts";

/** Simonyan et al. 2014, arXiv 1312.6034: ∂ logit / ∂ point. */
export function saliency(scene: Scene): Tensor {
  return classGradient(scene);
}

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

/**
 * Sundararajan et al. 2017, arXiv 1703.01365: gradients along the straight way from silence to the point, times the
 * difference. Attributions sum to logit(point) − logit(silence), as far as the steps can tell.
 *
 * @param steps points on the way, by Gauss and Legendre's rule.
 * @param power 1 integrates over the share s of the point, as published. Any other integrates over u with s = u^power:
 *   the same integral, with more of the points near silence, where a classifier that levels its input changes its mind.
 */
export function integratedGradients(scene: Scene, steps: number, power = 1): Tensor {
  const { g, point, silent } = scene;
  const difference = g.sub(point, silent);
  const terms = gaussLegendre(steps).map(({ at, weight }) => {
    const way = g.add(g.mul(difference, at ** power), silent);
    return g.mul(classGradient(scene, way), weight * power * at ** (power - 1));
  });
  return g.mul(
    difference,
    terms.reduce((sum, term) => g.add(sum, term)),
  );
}

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
  const [gradient] = gradients(g, classScore(scene, answer), [latent]);
  const places = latent.shape.slice(2).map((_, axis) => axis + 2);
  const weights = g.reduceMean(gradient, places, true);
  return scene.spread(g.relu(g.reduceSum(g.mul(weights, latent), [1])));
}

const GUIDED: Readonly<Record<string, GradientRule>> = { Relu: guidedRelu };

/** Springenberg et al. 2015, arXiv 1412.6806: the gradient, of which every ReLU lets only the positive part pass. */
export function guidedBackprop(scene: Scene): Tensor {
  return classGradient(scene, scene.point, GUIDED);
}

/** Selvaraju et al. 2017, section 3: guided backpropagation where GradCAM points. */
export function guidedGradCam(scene: Scene, layer: number): Tensor {
  const { g } = scene;
  const guided = guidedBackprop(scene);
  return g.mul(g.reshape(guided, [-1, ...scene.maskShape]), gradCam(scene, layer));
}

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

function meanOf({ g }: Scene, terms: readonly Tensor[]): Tensor {
  return g.mul(
    terms.reduce((sum, term) => g.add(sum, term)),
    1 / terms.length,
  );
}

/**
 * The gradient-based methods, each from a scene to attributions in the shape of its point (or of its mask). What makes
 * masks of them is the same for all: see mask.ts.
 */

import { Random } from "../data/random.ts";
import { type GradientRule, gradients, guidedRelu, type Tensor } from "../graph/index.ts";
import { noiseSamples } from "./noise.ts";
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
 * @param noise standard deviation, relative to the largest minus the smallest element of the window.
 */
export function smoothGrad(scene: Scene, samples: number, noise: number, seed: number): Tensor {
  const { g, point } = scene;
  const deviation = g.mul(windowRange(scene, point), noise);
  const copies = noiseSamples(scene, samples, seed).map((sample) =>
    scene.possible(g.add(point, g.mul(sample, deviation))),
  );
  return meanOf(
    scene,
    copies.map((copy) => g.op("Abs", [classGradient(scene, copy)])),
  );
}

/**
 * Sundararajan et al. 2017, arXiv 1703.01365: gradients along the straight way from silence to the point, times the
 * difference. Attributions sum to logit(point) − logit(silence), as far as the steps can tell.
 */
export function integratedGradients(scene: Scene, steps: number, power = 1): Tensor {
  const { g, point, silent } = scene;
  const difference = g.sub(point, silent);
  const terms = gaussLegendre(steps).map(({ at, weight }) => {
    const share = at ** power;
    const way = g.add(g.mul(difference, share), silent);
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
 * The baselines are silence with a little noise; the places are one in each of `samples` equal parts of the way.
 *
 * @param noise of the baselines: standard deviation, relative to the largest minus the smallest element of the window.
 */
export function gradientShap(scene: Scene, samples: number, noise: number, seed: number): Tensor {
  const { g, point, silent } = scene;
  const deviation = g.mul(windowRange(scene, point), noise);
  const places = shapPlaces(samples, seed);
  const terms = noiseSamples(scene, samples, seed).map((sample, index) => {
    const baseline = scene.possible(g.add(g.mul(sample, deviation), silent));
    const difference = g.sub(point, baseline);
    const way = g.add(baseline, g.mul(difference, places[index]));
    return g.mul(difference, classGradient(scene, way));
  });
  return meanOf(scene, terms);
}

/** Where on the way from baseline to point each sample lies: uniform draws, one in each of as many equal parts. */
export function shapPlaces(samples: number, seed: number): number[] {
  const random = new Random(seed + 1);
  return Array.from({ length: samples }, (_, index) => (index + random.uniform()) / samples);
}

function meanOf({ g }: Scene, terms: readonly Tensor[]): Tensor {
  return g.mul(
    terms.reduce((sum, term) => g.add(sum, term)),
    1 / terms.length,
  );
}

import type { Tensor } from "../../models/graph/index.ts";
import { type ExplanationMethod, passesAtPoints } from "./method.ts";
import { attributionMask } from "./parts/mask.ts";
import { MOST_POINTS } from "./parts/parameters.ts";
import { gaussLegendre } from "./parts/quadrature.ts";
import { classGradient, type Scene } from "./parts/scene.ts";

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

export const INTEGRATED_GRADIENTS: ExplanationMethod = {
  name: "ig",
  title: "Integrated Gradients",
  description: "Gradients summed up along the way from silence to the window, times the window.",
  parameters: [
    {
      name: "steps",
      description: "points on the way (Gauss and Legendre's rule), one gradient each",
      default: 32,
      range: [1, MOST_POINTS],
      whole: true,
    },
    {
      name: "power",
      description:
        "on the spectrogram the points crowd near silence: at the share u^power of the window, u spread evenly; 1 is the published rule",
      default: 4,
      range: [1, 16],
      whole: false,
    },
  ],
  target: true,
  passes: ({ steps }) => passesAtPoints(steps),
  mask: (scene, { steps, power }) => {
    // The classifier's own input is on a scale of its own (a logarithm, mostly): there the way is even already.
    const crowding = scene.place === "spectrogram" ? power : 1;
    return attributionMask(scene, integratedGradients(scene, steps, crowding));
  },
};

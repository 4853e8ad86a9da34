import type { Tensor } from "../../models/graph/index.ts";
import { type ExplanationMethod, fixedPasses } from "./method.ts";
import { attributionMask } from "./parts/mask.ts";
import { classGradient, type Scene } from "./parts/scene.ts";

/** Simonyan et al. 2014, arXiv 1312.6034: ∂ logit / ∂ point, in the shape of the point. */
export function saliency(scene: Scene): Tensor {
  return classGradient(scene);
}

export const SALIENCY: ExplanationMethod = {
  name: "saliency",
  title: "Saliency",
  description: "How much the class's logit changes with each element.",
  parameters: [],
  target: true,
  passes: fixedPasses(1, 1),
  mask: (scene) => attributionMask(scene, saliency(scene)),
};

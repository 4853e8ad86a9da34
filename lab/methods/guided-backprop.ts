import { type GradientRule, guidedRelu, type Tensor } from "../../models/graph/index.ts";
import { type ExplanationMethod, fixedPasses } from "./method.ts";
import { attributionMask } from "./parts/mask.ts";
import { classGradient, type Scene } from "./parts/scene.ts";

const GUIDED: Readonly<Record<string, GradientRule>> = { Relu: guidedRelu };

/** Springenberg et al. 2015, arXiv 1412.6806: the gradient, of which every ReLU lets only the positive part pass. */
export function guidedBackprop(scene: Scene): Tensor {
  return classGradient(scene, scene.point, GUIDED);
}

export const GUIDED_BACKPROP: ExplanationMethod = {
  name: "guided-backprop",
  title: "Guided Backprop",
  description: "Saliency of which every ReLU lets only the positive part pass.",
  parameters: [],
  target: true,
  passes: fixedPasses(1, 1),
  mask: (scene) => attributionMask(scene, guidedBackprop(scene)),
};

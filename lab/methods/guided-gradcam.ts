import type { Tensor } from "../../models/graph/index.ts";
import { gradCam } from "./gradcam.ts";
import { guidedBackprop } from "./guided-backprop.ts";
import { type ExplanationMethod, fixedPasses } from "./method.ts";
import { attributionMask } from "./parts/mask.ts";
import { LAYER } from "./parts/parameters.ts";
import type { Scene } from "./parts/scene.ts";

/** Selvaraju et al. 2017, arXiv 1610.02391, section 3: guided backpropagation where GradCAM points. */
export function guidedGradCam(scene: Scene, layer: number): Tensor {
  const { g } = scene;
  const guided = guidedBackprop(scene);
  return g.mul(g.reshape(guided, [-1, ...scene.maskShape]), gradCam(scene, layer));
}

export const GUIDED_GRADCAM: ExplanationMethod = {
  name: "guided-gradcam",
  title: "Guided GradCAM",
  description: "Guided Backprop times GradCAM.",
  parameters: [LAYER],
  target: true,
  readsLatents: true,
  passes: fixedPasses(1, 2),
  mask: (scene, { layer }) => attributionMask(scene, guidedGradCam(scene, layer)),
};

/** Every method without gradients, in the order in which they are listed. */
import { BANDS } from "./bands.ts";
import { KERNEL_SHAP } from "./kernel-shap.ts";
import { LIME } from "./lime.ts";
import { OCCLUSION } from "./occlusion.ts";
import type { PerturbationMethod } from "./perturbation.ts";
import { RISE } from "./rise.ts";

export const PERTURBATIONS: readonly PerturbationMethod[] = [RISE, OCCLUSION, LIME, KERNEL_SHAP, BANDS];

export function findPerturbation(name: string | undefined): PerturbationMethod | undefined {
  return PERTURBATIONS.find((each) => each.name === name);
}

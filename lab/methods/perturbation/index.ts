/** Every method without gradients, in the order in which they are listed. */
import type { Pack } from "../../../models/pack/pack.ts";
import { BANDS } from "./bands.ts";
import { KERNEL_SHAP } from "./kernel-shap.ts";
import { LIME } from "./lime.ts";
import { OCCLUSION } from "./occlusion.ts";
import type { PerturbationMethod } from "./perturbation.ts";
import { RISE } from "./rise.ts";

export const PERTURBATIONS: readonly PerturbationMethod[] = [RISE, OCCLUSION, LIME, KERNEL_SHAP, BANDS];

/** The method of that name, where the pack has none that is called so. */
export function withoutGradients({ methods }: Pick<Pack, "methods">, name: string | undefined) {
  return methods.some((each) => each.name === name) ? undefined : findPerturbation(name);
}

export function findPerturbation(name: string | undefined): PerturbationMethod | undefined {
  return PERTURBATIONS.find((each) => each.name === name);
}

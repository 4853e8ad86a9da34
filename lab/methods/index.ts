/** Every explanation method, in the order in which they are listed. */
import { ALL_ONES } from "./all-ones.ts";
import { GRADCAM } from "./gradcam.ts";
import { GUIDED_BACKPROP } from "./guided-backprop.ts";
import { GUIDED_GRADCAM } from "./guided-gradcam.ts";
import { INTEGRATED_GRADIENTS } from "./integrated-gradients.ts";
import { L2I } from "./l2i.ts";
import { LMAC } from "./lmac.ts";
import { LMAC_FINETUNED } from "./lmac-finetuned.ts";
import { LMAC_PLAIN } from "./lmac-plain.ts";
import { LMAC_SELECTIVE } from "./lmac-selective.ts";
import type { ExplanationMethod } from "./method.ts";
import { SALIENCY } from "./saliency.ts";
import { SHAP } from "./shap.ts";
import { SMOOTHGRAD } from "./smoothgrad.ts";

export const METHODS: readonly ExplanationMethod[] = [
  LMAC,
  LMAC_PLAIN,
  LMAC_FINETUNED,
  LMAC_SELECTIVE,
  L2I,
  SALIENCY,
  SMOOTHGRAD,
  INTEGRATED_GRADIENTS,
  GRADCAM,
  GUIDED_BACKPROP,
  GUIDED_GRADCAM,
  SHAP,
  ALL_ONES,
];

/** @throws RangeError that lists the methods there are. */
export function findMethod(name: string): ExplanationMethod {
  const method = METHODS.find((each) => each.name === name);
  if (!method) {
    throw new RangeError(
      `there is no method "${name}"; there are: ${METHODS.map((each) => each.name).join(", ")}`,
    );
  }
  return method;
}

/** What `listenable train` can train besides the classifier, each once. */
export function trainingRecipes() {
  return [...new Set(METHODS.flatMap(({ learnt }) => learnt?.recipe ?? []))];
}

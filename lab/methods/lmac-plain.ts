import { LMAC } from "./lmac.ts";
import type { ExplanationMethod } from "./method.ts";

/** Paissan et al. 2024, arXiv 2403.13086, equation 3: `PUBLISHED` in `parts/lmac-loss.ts`. */
export const LMAC_PLAIN: ExplanationMethod = {
  ...LMAC,
  name: "lmac-plain",
  title: "L-MAC as published",
  description: "L-MAC trained with the published loss.",
};

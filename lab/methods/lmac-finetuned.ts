import { LMAC } from "./lmac.ts";
import type { ExplanationMethod } from "./method.ts";

/** Paissan et al. 2024, arXiv 2403.13086, section 3.2: `parts/lmac-guidance.ts`. */
export const LMAC_FINETUNED: ExplanationMethod = {
  ...LMAC,
  name: "lmac-ft",
  title: "L-MAC FT",
  description: "L-MAC after its second stage, in which clean sounds guide the mask.",
};

/**
 * L-MAC's second stage: the mask is guided towards the sound that the classifier heard, where the parts of a mixture are
 * known (Paissan et al. 2024, arXiv 2403.13086, section 3.2).
 *
 * Selective: only windows of which the masked input already resembles the clean sound are guided; in the others the
 * classifier may well have heard something else, and guidance would make the explanation untrue.
 */
import type { GraphBuilder, Tensor } from "../../../models/graph/index.ts";
import { levelled, log1p } from "../../networks/log-spectrum.ts";
import type { Guidance, GuidedWindows } from "./lmac-loss.ts";

export interface GuidanceOptions {
  /**
   * "bce", the published default: mean binary cross-entropy of M against the clean spectrum's loud bins.
   * "l1": Σ |M⊙X − X_clean| / Σ X_clean on linear magnitudes, so that 1 is what an empty mask costs at any level.
   */
  readonly loss: "bce" | "l1";
  /** λ_g. */
  readonly weight: number;
  /** Windows are guided from this normalised dot product on. */
  readonly threshold: number;
}

/** Bins of the clean log spectrum are loud from this share of its maximum on, as published. */
const LOUD = 0.35;
/** Keeps logarithms of saturated masks finite. */
const TINY = 1e-6;

/** All tensors are [B, T, F]. Spectra are compared as levelled log spectra, at the mixture's level. */
export function guidance(
  g: GraphBuilder,
  { magnitudes, clean, mask, kept }: GuidedWindows,
  { loss, weight, threshold }: GuidanceOptions,
): Guidance {
  const spectrum = (part: Tensor) => (magnitudes ? log1p(g, levelled(g, part, magnitudes)) : part);
  const cleanSpectrum = spectrum(clean);
  const keptSpectrum = spectrum(g.stopGradient(kept));
  const similar = g.op("GreaterOrEqual", [
    normalisedDotProduct(g, cleanSpectrum, keptSpectrum),
    g.constant(threshold),
  ]);
  return {
    selected: g.cast(similar, "float32"),
    loss: loss === "bce" ? binaryLoss(g, cleanSpectrum, mask) : distance(g, kept, clean),
    weight,
  };
}

/** [B], 0 where one of the two is silent. */
function normalisedDotProduct(g: GraphBuilder, a: Tensor, b: Tensor): Tensor {
  const dot = (x: Tensor, y: Tensor) => g.reduceSum(g.mul(x, y), [1, 2]);
  return g.div(dot(a, b), g.add(g.sqrt(g.mul(dot(a, a), dot(b, b))), g.constant(TINY)));
}

function binaryLoss(g: GraphBuilder, clean: Tensor, mask: Tensor): Tensor {
  const loudest = g.reduceMax(clean, [1, 2], true);
  const loud = g.cast(g.op("GreaterOrEqual", [clean, g.mul(loudest, g.constant(LOUD))]), "float32");
  const logarithm = (x: Tensor) => g.log(g.add(x, g.constant(TINY)));
  const inside = g.mul(loud, logarithm(mask));
  const outside = g.mul(g.sub(1, loud), logarithm(g.sub(1, mask)));
  return g.neg(g.reduceMean(g.add(inside, outside), [1, 2]));
}

function distance(g: GraphBuilder, kept: Tensor, clean: Tensor): Tensor {
  const difference = g.reduceSum(g.op("Abs", [g.sub(kept, clean)]), [1, 2]);
  return g.div(difference, g.add(g.reduceSum(clean, [1, 2]), g.constant(TINY)));
}

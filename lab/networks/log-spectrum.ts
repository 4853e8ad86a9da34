/**
 * Spectra on the scale on which Listen to Interpret factorises them and L-MAC's guidance compares them: log1p of the
 * magnitudes, levelled so that a window's mean power per bin is one.
 *
 * The published recipes take log1p(|X|) of clips whose peak is one: about −20 dBFS, at which the mean power per bin of
 * their STFT is about one too. A classifier that normalises the level can tell nothing about the absolute scale, so the
 * scale has to be the same for every window.
 */

import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import { LEVEL_FLOOR } from "./classifier.ts";

/** `magnitudes` [B, T, F] at the level of the windows `whole` [B, T, F] that they are, or are a part of. */
export function levelled(g: GraphBuilder, magnitudes: Tensor, whole: Tensor): Tensor {
  const power = g.reduceMean(g.mul(whole, whole), [1, 2], true);
  return g.div(magnitudes, g.sqrt(g.add(power, g.constant(LEVEL_FLOOR))));
}

export function log1p(g: GraphBuilder, x: Tensor): Tensor {
  return g.log(g.add(x, g.constant(1)));
}

export function expm1(g: GraphBuilder, x: Tensor): Tensor {
  return g.sub(g.exp(x), g.constant(1));
}

/** The same of one window's magnitudes outside a graph. */
export function levelledLogSpectrum(magnitudes: Float32Array): Float32Array {
  let power = 0;
  for (let k = 0; k < magnitudes.length; k++) power += magnitudes[k] * magnitudes[k];
  const scale = 1 / Math.sqrt(power / magnitudes.length + LEVEL_FLOOR);
  return magnitudes.map((magnitude) => Math.log1p(magnitude * scale));
}

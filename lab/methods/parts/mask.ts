/** How attributions become masks, the same way for every method. */
import type { Tensor } from "../../../models/graph/index.ts";
import { type Scene, windowAxes, windowRange } from "./scene.ts";

/**
 * Absolute value, then each window's smallest to 0 and its largest to 1. A window whose attributions are all the same
 * says nothing about where the evidence is: its mask is 0 everywhere.
 */
export function attributionMask(scene: Scene, attribution: Tensor): Tensor {
  const { g } = scene;
  const size = g.op("Abs", [attribution]);
  // A gradient may be no number where the classifier's input takes the logarithm or root of nothing.
  const known = g.where(g.op("IsNaN", [size]), 0, g.op("Min", [size, g.constant(LARGEST)]));
  const smallest = g.op("ReduceMin", [known, g.int64(windowAxes(known))], { keepdims: 1 });
  const range = windowRange(scene, known);
  const divisor = g.where(g.op("Greater", [range, g.constant(0)]), range, 1);
  return g.reshape(g.div(g.sub(known, smallest), divisor), [-1, ...scene.maskShape]);
}

/** Far above any attribution of use, and its differences are still finite. */
const LARGEST = 1e30;

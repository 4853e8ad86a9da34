/** The roundings of quantised networks: kept in what is computed, and passed by gradients as though they were not there. */
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";

/** How something quantised is kept: in whole steps from zero, so many worth `scale` each, within what its bits can hold. */
export interface Steps {
  readonly scale: number;
  /** The number that stands for nothing. */
  readonly zero: number;
  readonly least: number;
  readonly most: number;
}

/** Numbers of steps, rounded to whole ones within the bits; beyond their ends nothing changes, so no gradient passes. */
export function rounded(g: GraphBuilder, count: Tensor, { least, most }: Steps): Tensor {
  return g.op("Clip", [g.rounded(count), g.constant(least), g.constant(most)]);
}

/** The whole steps nearest to real numbers. */
export function wholeSteps(g: GraphBuilder, x: Tensor, steps: Steps): Tensor {
  return rounded(g, g.mul(x, Math.fround(1 / steps.scale)), steps);
}

/** What was rounded to steps and is again what those are worth, before that; undefined where that is not how it was made. */
export function beforeRounding(g: GraphBuilder, tensor: Tensor): Tensor | undefined {
  const [steps, worth] = timesConstant(g, tensor);
  const clip = g.producer(steps);
  const whole = clip?.op === "Clip" ? clip.inputs[0] : undefined;
  const count = whole && g.isRounded(whole) ? g.producer(whole)?.inputs[0] : undefined;
  if (!count) return undefined;
  const [x, inverse] = timesConstant(g, count);
  return Math.abs(inverse * worth - 1) < 1e-5 ? x : undefined;
}

/** The largest number of steps, where a tensor holds whole steps. */
export function rangeOfSteps(g: GraphBuilder, tensor: Tensor): number | undefined {
  const node = g.producer(tensor);
  const [whole, ...ends] = node?.op === "Clip" ? node.inputs : [];
  if (!whole || !g.isRounded(whole)) return undefined;
  return Math.max(...ends.map((end) => Math.abs(g.scalarOf(end) ?? 0)));
}

function timesConstant(g: GraphBuilder, tensor: Tensor): [Tensor, number] {
  const node = g.producer(tensor);
  const factor = node?.op === "Mul" ? g.scalarOf(node.inputs[1]) : undefined;
  return factor !== undefined && node?.inputs[0] ? [node.inputs[0], factor] : [tensor, 1];
}

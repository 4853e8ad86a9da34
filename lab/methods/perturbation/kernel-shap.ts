/**
 * KernelSHAP (Lundberg and Lee, 2017) over segments of time and frequency: Shapley values by a regression whose weights are the
 * Shapley kernel's, and whose values sum up to what the whole says more than silence. Exact where the budget allows all subsets.
 */
import { Random } from "../../data/random.ts";
import { ridgeRegression } from "./least-squares.ts";
import type { PerturbationMethod } from "./perturbation.ts";
import { pictureOf, segmentsToFit, spread } from "./segments.ts";

export const KERNEL_SHAP: PerturbationMethod = {
  name: "kernel-shap",
  title: "KernelSHAP",
  description:
    "Shapley values of segments: what each adds, meaned over all orders in which they could be added.",
  trials(shape, calls, seed) {
    const segments = segmentsToFit(shape, calls);
    const coalitions = drawCoalitions(segments.count, calls, new Random(seed));
    return {
      count: coalitions.length,
      keep: (n, out) => spread(segments, coalitions[n].subset, out),
      relevance({ whole, silence, trials }) {
        return pictureOf(segments, shapleyValues(coalitions, trials, { whole, silence }));
      },
    };
  },
};

export interface Coalition {
  readonly subset: Uint8Array;
  readonly weight: number;
}

/**
 * Subsets of so many players, none and all left out, with their weights: all of the sizes that weigh most as long as there are calls
 * for them, then subsets drawn of the others, each with its complement.
 */
export function drawCoalitions(players: number, calls: number, random: Random): Coalition[] {
  if (players < 2) return [];
  const sizes = Array.from({ length: Math.floor(players / 2) }, (_, k) => {
    const size = k + 1;
    const both = 2 * size < players;
    const weight = ((both ? 2 : 1) * (players - 1)) / (size * (players - size));
    return { size, weight, subsets: (both ? 2 : 1) * choose(players, size) };
  });
  const found: Coalition[] = [];
  let left = sizes;
  for (const { size, weight, subsets } of sizes) {
    const weightLeft = sumOf(left.map((each) => each.weight));
    if (((calls - found.length) * weight) / weightLeft < subsets) break;
    for (const members of combinations(players, size)) {
      const subset = subsetOf(players, members);
      found.push({ subset, weight: weight / subsets });
      if (2 * size < players) found.push({ subset: complement(subset), weight: weight / subsets });
    }
    left = left.slice(1);
  }
  if (left.length === 0) return found;
  const weightLeft = sumOf(left.map((each) => each.weight));
  const pairs = Math.floor((calls - found.length) / 2);
  for (let pair = 0; pair < pairs; pair++) {
    const size = drawnSize(left, random.uniform(0, weightLeft));
    const subset = subsetOf(players, random.shuffle([...Array(players).keys()]).slice(0, size));
    const weight = weightLeft / (2 * pairs);
    found.push({ subset, weight }, { subset: complement(subset), weight });
  }
  return found;
}

/** The values that sum up to whole − silence and fit the answers best by the coalitions' weights. */
export function shapleyValues(
  coalitions: readonly Coalition[],
  answers: ArrayLike<number>,
  { whole, silence }: { readonly whole: number; readonly silence: number },
): Float64Array {
  const players = coalitions[0]?.subset.length ?? 1;
  const sum = whole - silence;
  // The last value is what the others leave of the sum, so that it is kept exactly.
  const last = players - 1;
  const observations = coalitions.map(({ subset, weight }, n) => ({
    row: Array.from({ length: last }, (_, k) => subset[k] - subset[last]),
    answer: answers[n] - silence - subset[last] * sum,
    weight,
  }));
  const values = new Float64Array(players);
  values.set(ridgeRegression(observations, last, 0));
  values[last] = sum - sumOf(values.subarray(0, last));
  return values;
}

function drawnSize(sizes: readonly { size: number; weight: number }[], place: number): number {
  let before = 0;
  for (const { size, weight } of sizes) {
    before += weight;
    if (place < before) return size;
  }
  return sizes[sizes.length - 1].size;
}

function subsetOf(players: number, members: readonly number[]): Uint8Array {
  const subset = new Uint8Array(players);
  for (const member of members) subset[member] = 1;
  return subset;
}

function complement(subset: Uint8Array): Uint8Array {
  return subset.map((each) => 1 - each);
}

function* combinations(players: number, size: number, first = 0): Generator<number[]> {
  if (size === 0) yield [];
  else {
    for (let member = first; member <= players - size; member++) {
      for (const others of combinations(players, size - 1, member + 1)) yield [member, ...others];
    }
  }
}

function choose(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i;
  return count;
}

function sumOf(values: ArrayLike<number>): number {
  return Array.prototype.reduce.call(
    values,
    (a: unknown, b: unknown) => (a as number) + (b as number),
    0,
  ) as number;
}

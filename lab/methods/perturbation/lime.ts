/**
 * LIME (Ribeiro, Singh and Guestrin, 2016) over segments of time and frequency, as SLIME (Mishra, Sturm and Dixon, 2017) and
 * AudioLIME have it for sounds: random subsets of the segments are heard, and a linear model that counts those nearer to the
 * whole for more tells what each segment adds.
 */
import { Random } from "../../data/random.ts";
import { ridgeRegression } from "./least-squares.ts";
import type { PerturbationMethod } from "./perturbation.ts";
import { pictureOf, segmentsToFit, spread } from "./segments.ts";

/** Of the kernel, in cosine distance, and of the regression: those of the reference implementation for pictures. */
const KERNEL_WIDTH = 0.25;
const RIDGE = 1;

export const LIME: PerturbationMethod = {
  name: "lime",
  title: "LIME",
  description:
    "Hears random subsets of segments and fits a linear model to the answers, nearer ones counting more.",
  trials(shape, calls, seed) {
    const segments = segmentsToFit(shape, calls);
    const random = new Random(seed);
    const subsets = Array.from({ length: calls }, () =>
      Uint8Array.from({ length: segments.count }, () => (random.chance(0.5) ? 1 : 0)),
    );
    return {
      count: calls,
      keep: (n, out) => spread(segments, subsets[n], out),
      relevance({ whole, trials }) {
        const all = new Uint8Array(segments.count).fill(1);
        return pictureOf(segments, limeValues([all, ...subsets], [whole, ...trials]));
      },
    };
  },
};

/** What each segment adds: coefficients of the ridge regression, weighted by each subset's cosine distance from the whole. */
export function limeValues(subsets: readonly Uint8Array[], answers: readonly number[]): Float64Array {
  const segments = subsets[0].length;
  const observations = subsets.map((subset, n) => {
    const kept = subset.reduce((sum, each) => sum + each, 0);
    const distance = kept === 0 ? 1 : 1 - Math.sqrt(kept / segments);
    const weight = Math.sqrt(Math.exp(-((distance / KERNEL_WIDTH) ** 2)));
    return { row: [...subset, 1], answer: answers[n], weight };
  });
  return ridgeRegression(observations, segments + 1, RIDGE, [segments]).subarray(0, segments);
}

/**
 * Occlusion (Zeiler and Fergus, 2014): a patch is silenced and moved over the window; what a bin adds is how far the answer
 * falls, meaned over the patches that cover it.
 */
import type { PerturbationMethod } from "./perturbation.ts";
import { pictureOf, secondsOf, segmentsOf, spread } from "./segments.ts";

/** A patch is as many segments long and as many wide, and moves by one. */
const PATCH = 2;
const SHORTEST = 0.02;

export const OCCLUSION: PerturbationMethod = {
  name: "occlusion",
  title: "Occlusion",
  description: "Silences a patch of time and frequency, place by place, and sees how far the answer falls.",
  trials(shape, calls) {
    // Patches reach over the edges, so that all segments are covered equally often.
    const side = Math.max(1, Math.floor(Math.sqrt(calls)) - (PATCH - 1));
    const longest = Math.max(1, Math.round(secondsOf(shape) / SHORTEST));
    const segments = segmentsOf(shape, Math.min(side, longest), side);
    const { bandCount } = segments;
    const steps = segments.count / bandCount;
    const across = bandCount + PATCH - 1;
    const covered = (n: number) => {
      const [first, low] = [Math.floor(n / across) - (PATCH - 1), (n % across) - (PATCH - 1)];
      const found: number[] = [];
      for (let t = Math.max(0, first); t < Math.min(steps, first + PATCH); t++) {
        for (let f = Math.max(0, low); f < Math.min(bandCount, low + PATCH); f++)
          found.push(t * bandCount + f);
      }
      return found;
    };
    const count = (steps + PATCH - 1) * across;
    return {
      count,
      keep(n, out) {
        const kept = new Float32Array(segments.count).fill(1);
        for (const segment of covered(n)) kept[segment] = 0;
        spread(segments, kept, out);
      },
      relevance({ whole, trials }) {
        const fall = new Float64Array(segments.count);
        for (let n = 0; n < count; n++) {
          for (const segment of covered(n)) fall[segment] += (whole - trials[n]) / PATCH ** 2;
        }
        return pictureOf(segments, fall);
      },
    };
  },
};

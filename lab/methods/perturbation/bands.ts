/**
 * Bands: which frequencies the classifier goes by. Each band of the mel scale is taken away from the whole and heard alone; what it
 * adds is the mean of what goes with it and what comes with it. The budget bounds how many bands there are.
 */
import type { PerturbationMethod } from "./perturbation.ts";
import { pictureOf, segmentsOf, spread } from "./segments.ts";

/** Narrower than a critical band there is nothing to be heard apart. */
const MOST = 24;

export const BANDS: PerturbationMethod = {
  name: "bands",
  title: "Bands",
  description:
    "Takes each band of frequency away, and hears it alone; few calls, and the same all through a window.",
  trials(shape, calls) {
    const segments = segmentsOf(shape, 1, Math.max(1, Math.min(MOST, Math.floor(calls / 2))));
    const { count } = segments;
    return {
      count: 2 * count,
      keep(n, out) {
        const alone = n % 2;
        const kept = new Float32Array(count).fill(1 - alone);
        kept[Math.floor(n / 2)] = alone;
        spread(segments, kept, out);
      },
      relevance({ whole, silence, trials }) {
        const values = Array.from(
          { length: count },
          (_, band) => (whole - trials[2 * band] + trials[2 * band + 1] - silence) / 2,
        );
        return pictureOf(segments, values);
      },
    };
  },
};

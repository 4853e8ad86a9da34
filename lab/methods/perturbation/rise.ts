/**
 * RISE (Petsiuk, Das and Saenko, 2018): the window under many smooth random masks; a bin matters where the answer is surer
 * the more of it is kept.
 *
 * The paper takes the mean of the masks, weighted by the answers: p · mean answer + covariance of mask and answer. Here it is the
 * covariance alone, which is the same but for a constant that the chance of what was drawn makes uneven: fewer masks do.
 */
import { Random } from "../../data/random.ts";
import type { PerturbationMethod } from "./perturbation.ts";
import { bandPlaces, secondsOf } from "./segments.ts";

/** Chance of a point of the grid to be kept. */
const KEPT = 0.5;
/** Points of the grid within a window: as in the paper 7, and more where the window is long. */
const BANDS = 8;
const STEP_SECONDS = 0.125;
const STEPS = [6, 16] as const;

export const RISE: PerturbationMethod = {
  name: "rise",
  title: "RISE",
  description: "Hears the window under smooth random masks and weighs them by the answers.",
  trials(shape, calls, seed) {
    const { frames, bins } = shape;
    const steps = Math.min(frames, STEPS[1], Math.max(STEPS[0], Math.round(secondsOf(shape) / STEP_SECONDS)));
    const bands = Math.min(bins, BANDS);
    const masks = drawn(new Random(seed), calls, steps + 2, bands + 2);
    const places = bandPlaces(shape).map((place) => place * bands);
    const times = Float64Array.from({ length: frames }, (_, t) => ((t + 0.5) / frames) * steps);
    const keep = (n: number, out: Float32Array) => upsampled(masks[n], times, places, out);
    return {
      count: calls,
      keep,
      relevance({ trials }) {
        const mean = trials.reduce((sum, answer) => sum + answer, 0) / calls;
        const mask = new Float32Array(frames * bins);
        const weighted = new Float64Array(frames * bins);
        for (let n = 0; n < calls; n++) {
          keep(n, mask);
          const weight = (trials[n] - mean) / calls;
          for (let i = 0; i < mask.length; i++) weighted[i] += weight * mask[i];
        }
        return Float32Array.from(weighted);
      },
    };
  },
};

interface GridMask {
  readonly grid: Uint8Array;
  /** Points of the grid in frequency. */
  readonly across: number;
  /** How far the grid is moved, in its points, 0 to 1. */
  readonly shift: readonly [number, number];
}

function drawn(random: Random, count: number, along: number, across: number): GridMask[] {
  return Array.from({ length: count }, () => ({
    grid: Uint8Array.from({ length: along * across }, () => (random.chance(KEPT) ? 1 : 0)),
    across,
    shift: [random.uniform(), random.uniform()],
  }));
}

/** Bilinear between the points of the grid. */
function upsampled(
  { grid, across, shift }: GridMask,
  times: Float64Array,
  places: Float64Array,
  out: Float32Array,
): void {
  const [later, higher] = shift;
  const row = new Float32Array(across);
  for (let t = 0; t < times.length; t++) {
    const time = times[t] + later;
    const first = Math.floor(time) * across;
    for (let k = 0; k < across; k++) {
      row[k] = grid[first + k] + (time % 1) * (grid[first + across + k] - grid[first + k]);
    }
    for (let f = 0; f < places.length; f++) {
      const place = places[f] + higher;
      const low = Math.min(across - 2, Math.floor(place));
      out[t * places.length + f] = row[low] + (place - low) * (row[low + 1] - row[low]);
    }
  }
}

/**
 * Noise for the methods that sample: drawn once from a fixed seed and stored in the graph, so that the same window
 * gives the same mask everywhere.
 */

import type { Tensor } from "../../../models/graph/index.ts";
import { Random } from "../../data/random.ts";
import type { Scene } from "./scene.ts";

/** Samples are cut from one tile of noise at places that differ by less than this: a graph of many stays small. */
export const NOISE_MARGIN = 64;

/** Standard normal samples in the shape of one window of the scene's point, [1, ...]. */
export function noiseSamples(scene: Scene, samples: number, seed: number): Tensor[] {
  const { g, point } = scene;
  const [time, frequency] = scene.maskShape;
  const { tile, places } = noiseTile(time, frequency, samples, seed);
  const whole = g.constant(tile, "float32", [time + NOISE_MARGIN, frequency + NOISE_MARGIN]);
  return places.map(([row, column]) => {
    const rows = g.slice(whole, 0, row, row + time);
    const cut = g.slice(rows, 1, column, column + frequency);
    return g.reshape(cut, [1, ...point.shape.slice(1).map(Number)]);
  });
}

/**
 * A tile [time + margin, frequency + margin] and where in it each sample begins. No two samples begin at the same
 * place, so at every element of the mask the samples are independent draws.
 */
export function noiseTile(
  time: number,
  frequency: number,
  samples: number,
  seed: number,
): { tile: Float32Array; places: readonly (readonly [number, number])[] } {
  const random = new Random(seed);
  const tile = Float32Array.from({ length: (time + NOISE_MARGIN) * (frequency + NOISE_MARGIN) }, () =>
    random.normal(),
  );
  const places = new Map<number, readonly [number, number]>();
  while (places.size < samples) {
    const place = random.integer(NOISE_MARGIN * NOISE_MARGIN);
    places.set(place, [Math.floor(place / NOISE_MARGIN), place % NOISE_MARGIN]);
  }
  return { tile, places: [...places.values()] };
}

/** Uniform draws from [0, 1), one in each of `count` equal parts, in ascending order. */
export function stratified(count: number, seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, index) => (index + random.uniform()) / count);
}

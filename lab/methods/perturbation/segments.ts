/** Windows cut into segments: steps of time, equally long, by bands of frequency, equally wide to the ear. */
import { hzToMel } from "../../../dsp/index.ts";
import type { WindowShape } from "./perturbation.ts";

/** Shorter segments than this say nothing more of what is heard. */
const SHORTEST = 0.05;
/** As many as the ear has, or so. */
const MOST_BANDS = 24;

export interface Segments {
  readonly count: number;
  /** Of each frame its step of time, of each bin its band; the segment is step · bands + band. */
  readonly steps: Int32Array;
  readonly bands: Int32Array;
  readonly bandCount: number;
}

/** @param steps and bands wanted; there are fewer where a step would be shorter than a frame or a band narrower than a bin. */
export function segmentsOf(shape: WindowShape, steps: number, bands: number): Segments {
  const stepCount = Math.max(1, Math.min(steps, shape.frames));
  const at = bandPlaces(shape);
  const placed = Int32Array.from(at, (place) => Math.min(bands - 1, Math.floor(place * bands)));
  // Low bands may lie between two bins: those that hold none are left out.
  const held = [...new Set(placed)];
  const names = new Map(held.map((band, k) => [band, k]));
  return {
    count: stepCount * held.length,
    steps: Int32Array.from({ length: shape.frames }, (_, t) => Math.floor((t * stepCount) / shape.frames)),
    bands: placed.map((band) => names.get(band)!),
    bandCount: held.length,
  };
}

/** As many segments as there may be at most, in a share of time and frequency that suits the window. */
export function segmentsUpTo(shape: WindowShape, most: number): Segments {
  const longest = Math.max(1, Math.round(secondsOf(shape) / SHORTEST));
  const bands = Math.max(1, Math.min(MOST_BANDS, Math.round(Math.sqrt(most))));
  const steps = Math.max(1, Math.min(longest, Math.floor(most / bands)));
  return segmentsOf(shape, steps, bands);
}

/** Where each bin lies on the mel scale, 0 to 1. */
export function bandPlaces({ bins, sampleRate }: WindowShape): Float64Array {
  const top = hzToMel(sampleRate / 2, "slaney");
  return Float64Array.from(
    { length: bins },
    (_, f) => hzToMel((f * sampleRate) / 2 / (bins - 1), "slaney") / top,
  );
}

export function secondsOf({ frames, hop, sampleRate }: WindowShape): number {
  return (frames * hop) / sampleRate;
}

/** Trials a segment that a regression needs: with fewer it fits what chance made. */
const TRIALS_A_SEGMENT = 8;

/** As many as so many trials can tell apart in a regression. */
export function segmentsToFit(shape: WindowShape, trials: number): Segments {
  return segmentsUpTo(shape, Math.max(4, Math.floor(trials / TRIALS_A_SEGMENT)));
}

/** A value a segment as a picture [frames, bins]. */
export function pictureOf(segments: Segments, values: ArrayLike<number>): Float32Array {
  const out = new Float32Array(segments.steps.length * segments.bands.length);
  spread(segments, values, out);
  return out;
}

/** A value a segment, laid out on the bins. */
export function spread(
  { steps, bands, bandCount }: Segments,
  values: ArrayLike<number>,
  out: Float32Array,
): void {
  for (let t = 0; t < steps.length; t++) {
    const first = steps[t] * bandCount;
    const row = t * bands.length;
    for (let f = 0; f < bands.length; f++) out[row + f] = values[first + bands[f]];
  }
}

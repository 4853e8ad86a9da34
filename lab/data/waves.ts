/** Whole sounds in memory at the model's rate, and where in them something can be heard. */

import { readMono } from "../../models/sound/read-audio.ts";
import { MODEL_RATE } from "../networks/own-shape.ts";

interface Wave {
  readonly name: string;
  readonly samples: Float32Array;
  /** Which of the file's channels were heard, where it is not the mean of all. */
  readonly notes: readonly string[];
}

/** Reads any sound file as mono samples at the model's rate. */
export async function readWave(path: string): Promise<Wave> {
  const { samples, channelNotes: notes } = await readMono(path, MODEL_RATE);
  return { name: path, samples, notes };
}

/**
 * Start positions, every `step` samples, of the windows of `length` samples whose level is within `rangeDb` of the
 * loudest window. Digital silence has none. A sound shorter than a window is one window that starts at 0.
 */
export function audibleStarts(
  samples: Float32Array,
  length: number,
  step: number,
  rangeDb: number,
): number[] {
  const last = Math.max(0, samples.length - length);
  const starts: number[] = [];
  for (let start = 0; start <= last; start += step) starts.push(start);
  return audibleAmong(samples, length, starts, rangeDb);
}

/** Those of the starts whose windows of `length` samples are within `rangeDb` of the loudest of them. */
export function audibleAmong(
  samples: Float32Array,
  length: number,
  starts: readonly number[],
  rangeDb: number,
): number[] {
  const sums = new Float64Array(samples.length + 1);
  for (let i = 0; i < samples.length; i++) sums[i + 1] = sums[i] + samples[i] * samples[i];
  const powers = starts.map(
    (start) => (sums[Math.min(samples.length, start + length)] - sums[start]) / length,
  );
  const loudest = Math.max(...powers);
  if (!(loudest > 1e-10)) return [];
  const floor = loudest / 10 ** (rangeDb / 10);
  return starts.filter((_, index) => powers[index] >= floor);
}

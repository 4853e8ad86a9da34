/** Two sounds at once, one fainter than the other by a stated measure. */
import { activeRegions, type Span } from "../../data/active-regions.ts";

/** Energy of the louder over that of the fainter where both are active. */
export const PAIR_DB = 5;

/**
 * Both sounds from where each begins to be active, added up until the longer ends. The fainter is scaled so that over the samples
 * in which both are active (`activeRegions`) the louder has `PAIR_DB` more energy. All is quieter where the sum would be beyond
 * full scale.
 *
 * @throws RangeError for a sound in which nothing is to be heard.
 */
export function mixTwo(louder: Float32Array, fainter: Float32Array, sampleRate: number): Float32Array {
  const one = fromItsBeginning(louder, sampleRate);
  const other = fromItsBeginning(fainter, sampleRate);
  const common = one.active.flatMap((mine) => other.active.flatMap((theirs) => overlapOf(mine, theirs)));
  const ratio = energyWithin(one.samples, common) / energyWithin(other.samples, common);
  const gain = Math.sqrt(ratio / 10 ** (PAIR_DB / 10));
  const sum = new Float32Array(Math.max(one.samples.length, other.samples.length));
  for (let n = 0; n < sum.length; n++) sum[n] = (one.samples[n] ?? 0) + gain * (other.samples[n] ?? 0);
  const peak = sum.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return peak > 1 ? sum.map((sample) => sample / peak) : sum;
}

function fromItsBeginning(samples: Float32Array, sampleRate: number) {
  const regions = activeRegions(samples, sampleRate);
  if (regions.length === 0) throw new RangeError("nothing is to be heard in one of two sounds");
  const [{ from: start }] = regions;
  return {
    samples: samples.subarray(start, regions.at(-1)!.to),
    active: regions.map(({ from, to }) => ({ from: from - start, to: to - start })),
  };
}

function overlapOf(one: Span, other: Span): Span[] {
  const from = Math.max(one.from, other.from);
  const to = Math.min(one.to, other.to);
  return from < to ? [{ from, to }] : [];
}

function energyWithin(samples: Float32Array, spans: readonly Span[]): number {
  let sum = 0;
  for (const { from, to } of spans) for (let n = from; n < to; n++) sum += samples[n] * samples[n];
  return sum;
}

/** Where in a sound something is to be heard, found by its level: where an event begins and ends. */

/** Samples [from, to). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Level is looked at in steps of so many seconds. */
const STEP = 0.01;
/** Active is what is at most so far below the loudest step, and no further below full scale than that. */
const RANGE_DB = 30;
const FLOOR_DB = -80;
/** Pauses shorter than this, in seconds, do not part two regions. */
const PAUSE = 0.25;

/**
 * The regions in which a sound is active, in order: 10-ms steps within 30 dB of the loudest one, joined over pauses of less than
 * a quarter of a second. None for a sound below -80 dB of full scale.
 */
export function activeRegions(samples: Float32Array, sampleRate: number): Span[] {
  const step = Math.round(STEP * sampleRate);
  const levels = stepPowers(samples, step);
  const loudest = levels.reduce((most, level) => Math.max(most, level), 0);
  const least = Math.max(loudest / 10 ** (RANGE_DB / 10), 10 ** (FLOOR_DB / 10));
  const regions: { from: number; to: number }[] = [];
  for (const [k, level] of levels.entries()) {
    if (level < least) continue;
    const to = Math.min(samples.length, (k + 1) * step);
    const before = regions.at(-1);
    if (before && k * step - before.to < PAUSE * sampleRate) before.to = to;
    else regions.push({ from: k * step, to });
  }
  return regions;
}

/**
 * The stretch of a sound that stands for it: its active region of most energy, or of a longer one the `mostSeconds` of most
 * energy. Undefined for a sound without any.
 */
export function loudestStretch(
  samples: Float32Array,
  sampleRate: number,
  mostSeconds: number,
): Span | undefined {
  const sums = new Float64Array(samples.length + 1);
  for (let n = 0; n < samples.length; n++) sums[n + 1] = sums[n] + samples[n] * samples[n];
  const energyOf = ({ from, to }: Span) => sums[to] - sums[from];
  const louder = (one: Span, other: Span) => (energyOf(other) > energyOf(one) ? other : one);
  const regions = activeRegions(samples, sampleRate);
  if (regions.length === 0) return undefined;
  const region = regions.reduce(louder);
  const most = Math.round(mostSeconds * sampleRate);
  const step = Math.round(STEP * sampleRate);
  let best = { from: region.from, to: Math.min(region.to, region.from + most) };
  for (let from = region.from + step; from + most <= region.to; from += step) {
    best = louder(best, { from, to: from + most });
  }
  return best;
}

/** Mean power of each step, the last of which may be shorter. */
function stepPowers(samples: Float32Array, step: number): number[] {
  const powers: number[] = [];
  for (let from = 0; from < samples.length; from += step) {
    const to = Math.min(samples.length, from + step);
    let sum = 0;
    for (let n = from; n < to; n++) sum += samples[n] * samples[n];
    powers.push(sum / (to - from));
  }
  return powers;
}

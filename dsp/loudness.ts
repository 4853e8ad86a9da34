/**
 * Integrated loudness after ITU-R BS.1770: a filter that weighs frequencies as ears do, mean power in blocks of 400 ms,
 * and two gates, so that pauses do not count. Mono; a whole recording at once.
 */
import { ABSOLUTE_GATE, KWeighting, LOWEST_RATE, loudnessOf, RELATIVE_GATE } from "./k-weighting.ts";

const BLOCK_SECONDS = 0.4;
/** Blocks overlap by three quarters. */
const STEP_SHARE = 0.25;

/**
 * Loudness in LUFS; -Infinity when no block is above -70 LUFS. A recording shorter than 400 ms is one block.
 *
 * @param samples full scale is 1.
 * @param sampleRate in Hz, 8,000 or more; throws a RangeError otherwise.
 */
export function integratedLoudness(samples: Float32Array, sampleRate: number): number {
  if (!(sampleRate >= LOWEST_RATE)) {
    throw new RangeError(`the loudness at ${sampleRate} Hz can't be told; ${LOWEST_RATE} Hz and more can`);
  }
  const weighted = new Float64Array(samples);
  new KWeighting(sampleRate).apply(weighted);
  const powers = blockPowers(weighted, sampleRate);
  const audible = powers.filter((power) => loudnessOf(power) > ABSOLUTE_GATE);
  if (audible.length === 0) return -Infinity;
  const gate = loudnessOf(mean(audible)) + RELATIVE_GATE;
  return loudnessOf(mean(audible.filter((power) => loudnessOf(power) > gate)));
}

/** Mean square of every block; what is left over at the end is not a block. */
function blockPowers(samples: Float64Array, sampleRate: number): number[] {
  const block = BLOCK_SECONDS * sampleRate;
  const step = block * STEP_SHARE;
  const count = Math.max(1, Math.floor((samples.length - block) / step + 1e-9) + 1);
  const powers: number[] = [];
  for (let k = 0; k < count; k++) {
    const start = Math.floor(k * step);
    const end = Math.min(samples.length, Math.floor(k * step + block));
    let sum = 0;
    for (let n = start; n < end; n++) sum += samples[n] * samples[n];
    powers.push(sum / Math.max(1, end - start));
  }
  return powers;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

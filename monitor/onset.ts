/**
 * When a sound began, from its level. A class is believed once a window of a second holds enough of it: that is somewhere
 * from half a second before its beginning, for a bark, to half a second after, for a saw.
 */

/** Where the beginning is looked for, in seconds from the guess. */
export const LOOKED_AT = { before: 0.9, after: 0.65 } as const;

const BLOCK_SECONDS = 0.01;
/** It has to be so quiet before, for so long. */
const QUIET_SECONDS = 0.15;
/** Rises that are smaller are no beginning, in dB. */
const LEAST_RISE = 12;
/** Blocks below this level count as that, in dB of full scale: steps between nothing and almost nothing are no rise. */
const FLOOR = -80;

/**
 * @param samples from `LOOKED_AT.before` before the guess to `LOOKED_AT.after` after it.
 * @returns seconds from the first sample; undefined where nothing clearly begins.
 */
export function onsetIn(samples: Float32Array, sampleRate: number): number | undefined {
  const size = Math.round(BLOCK_SECONDS * sampleRate);
  const levels = blockLevels(samples, size);
  const quietBlocks = Math.round(QUIET_SECONDS / BLOCK_SECONDS);
  if (levels.length <= quietBlocks) return undefined;
  const rest = quietest(levels, quietBlocks);
  const rise = levels.reduce((most, level) => Math.max(most, level), FLOOR) - rest;
  if (rise < LEAST_RISE) return undefined;
  // The first that rises out of a quiet that lasted.
  let quiet = 0;
  for (const [k, level] of levels.entries()) {
    if (level < rest + rise / 3) quiet++;
    else if (quiet >= quietBlocks && level >= rest + rise / 2) return (k * size) / sampleRate;
    else if (level >= rest + rise / 2) quiet = 0;
  }
  return undefined;
}

/** Without their mean, which nobody hears. */
function blockLevels(samples: Float32Array, size: number): number[] {
  const levels: number[] = [];
  for (let at = 0; at + size <= samples.length; at += size) {
    let sum = 0;
    let squares = 0;
    for (let n = at; n < at + size; n++) {
      sum += samples[n];
      squares += samples[n] * samples[n];
    }
    const power = Math.max(0, squares / size - (sum / size) ** 2);
    levels.push(Math.max(FLOOR, 10 * Math.log10(power + 1e-12)));
  }
  return levels;
}

/** The least mean level of so many blocks in a row. */
function quietest(levels: readonly number[], count: number): number {
  let sum = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [k, level] of levels.entries()) {
    sum += level;
    if (k >= count) sum -= levels[k - count]!;
    if (k >= count - 1) least = Math.min(least, sum / count);
  }
  return least;
}

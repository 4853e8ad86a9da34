/**
 * Integrated loudness after ITU-R BS.1770: a filter that weighs frequencies as ears do, mean power in blocks of 400 ms,
 * and two gates, so that pauses do not count. Mono; a whole recording at once.
 */

const BLOCK_SECONDS = 0.4;
/** Blocks overlap by three quarters. */
const STEP_SHARE = 0.25;
/** Blocks below this are silence, in LUFS. */
const ABSOLUTE_GATE = -70;
/** Blocks this much fainter than the mean of the rest do not count, in LU. */
const RELATIVE_GATE = -10;
/** Makes a full-scale sine of 997 Hz read -3.01 LUFS. */
const OFFSET = -0.691;

/** A second-order filter: y = b0 x + b1 x₁ + b2 x₂ - a1 y₁ - a2 y₂. */
interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

/**
 * Loudness in LUFS; -Infinity when no block is above -70 LUFS. A recording shorter than 400 ms is one block.
 *
 * @param samples full scale is 1.
 * @param sampleRate in Hz, 8,000 or more; throws a RangeError otherwise.
 */
export function integratedLoudness(samples: Float32Array, sampleRate: number): number {
  if (!(sampleRate >= 8_000)) {
    throw new RangeError(`the loudness at ${sampleRate} Hz can't be told; 8000 Hz and more can`);
  }
  const weighted = filtered(filtered(samples, headShelf(sampleRate)), lowCut(sampleRate));
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

function loudnessOf(power: number): number {
  return OFFSET + 10 * Math.log10(power);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function filtered(samples: ArrayLike<number>, { b0, b1, b2, a1, a2 }: Biquad): Float64Array {
  const out = new Float64Array(samples.length);
  let x1 = 0;
  let x2 = 0;
  let y1 = 0;
  let y2 = 0;
  for (let n = 0; n < samples.length; n++) {
    const x = samples[n];
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    out[n] = y;
  }
  return out;
}

/** The first filter of the recommendation, a shelf of 4 dB for the head, given there for 48 kHz and here for any rate. */
function headShelf(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * 1681.974450955533) / sampleRate);
  const q = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const a0 = 1 + k / q + k * k;
  return {
    b0: (high + (band * k) / q + k * k) / a0,
    b1: (2 * (k * k - high)) / a0,
    b2: (high - (band * k) / q + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - k / q + k * k) / a0,
  };
}

/** The second one, which cuts what is below 38 Hz. */
function lowCut(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRate);
  const q = 0.5003270373238773;
  const a0 = 1 + k / q + k * k;
  return { b0: 1, b1: -2, b2: 1, a1: (2 * (k * k - 1)) / a0, a2: (1 - k / q + k * k) / a0 };
}

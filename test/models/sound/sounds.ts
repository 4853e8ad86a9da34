/** A short sound by formula, in which shift, gain, inversion and loss all show, and what compares sounds with it. */
import { randomNumbers } from "../../dsp/signals.ts";

/** A sweep from 200 Hz to 2.2 kHz, or lower at low rates, that swells and dies away five times a second. */
export function sweep(rate: number, seconds: number): Float32Array {
  const top = Math.min(2_200, 0.3 * rate);
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, n) => {
    const t = n / rate;
    const phase = 2 * Math.PI * (200 * t + ((top - 200) * t * t) / (2 * seconds));
    const swell = 0.25 + 0.75 * Math.sin(Math.PI * ((5 * t) % 1)) ** 2;
    return 0.5 * swell * Math.sin(phase);
  });
}

export interface Likeness {
  /** Of the shorter length, without shifting. */
  readonly correlation: number;
  /** Level of the one against the other. */
  readonly gain: number;
  /** Shift in samples with the highest correlation, positive where the first is late. */
  readonly shift: number;
}

export function likeness(given: Float32Array, wanted: Float32Array, most = 3000): Likeness {
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let shift = -most; shift <= most; shift++) {
    const value = correlation(given, wanted, shift);
    if (value > highest + 1e-9) [highest, best] = [value, shift];
  }
  const length = Math.min(given.length, wanted.length);
  const gain = Math.sqrt(energy(given.subarray(0, length)) / energy(wanted.subarray(0, length)));
  return { correlation: correlation(given, wanted, 0), gain, shift: best };
}

/** Of `given`, moved so many samples to the left, with `wanted`. */
export function correlation(given: Float32Array, wanted: Float32Array, shift = 0): number {
  const from = Math.max(0, -shift);
  const to = Math.min(wanted.length, given.length - shift);
  let product = 0;
  let a = 0;
  let b = 0;
  for (let n = from; n < to; n++) {
    product += given[n + shift] * wanted[n];
    a += given[n + shift] ** 2;
    b += wanted[n] ** 2;
  }
  return product / Math.sqrt(a * b || 1);
}

function energy(samples: Float32Array): number {
  return samples.reduce((sum, value) => sum + value * value, 0);
}

export function randomBytes(length: number, seed: number): Uint8Array {
  const random = randomNumbers(seed);
  return Uint8Array.from({ length }, () => Math.floor(256 * random()));
}

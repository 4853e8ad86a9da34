/**
 * Waveform and spectrogram augmentation. Every function writes into the array it is given or returns a new one,
 * draws only from the generator it is given, and keeps samples as plain floats (no clipping).
 */
import type { Random } from "../data/random.ts";

export function meanPower(samples: Float32Array): number {
  let sum = 0;
  // By index: iterators cost several times as much here, and every window comes by four times.
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  return samples.length === 0 ? 0 : sum / samples.length;
}

export function scale(samples: Float32Array, gain: number): Float32Array {
  for (let i = 0; i < samples.length; i++) samples[i] *= gain;
  return samples;
}

/** Scales to unit mean power; silence stays silence. */
export function toUnitPower(samples: Float32Array): Float32Array {
  const power = meanPower(samples);
  return power > 1e-12 ? scale(samples, 1 / Math.sqrt(power)) : samples;
}

/** Adds `added` to `samples` so that their power ratio is `ratioDb` (samples over added), in decibels. */
export function mixAtRatio(samples: Float32Array, added: Float32Array, ratioDb: number): Float32Array {
  const power = meanPower(samples);
  const addedPower = meanPower(added);
  if (power < 1e-12 || addedPower < 1e-12) return samples;
  const gain = Math.sqrt(power / addedPower / 10 ** (ratioDb / 10));
  for (let i = 0; i < samples.length; i++) samples[i] += gain * added[i];
  return samples;
}

/** For `readAtSpeed`, of the decoders' training sounds: half of them as they are, the others up to a tenth off. */
export function randomSpeed(random: Random): number {
  return random.chance(0.5) ? Math.exp(random.uniform(-0.1, 0.1)) : 1;
}

/** Amplitude of the decoders' training windows: −45 to −8 dB of full scale. */
export function randomLevel(random: Random): number {
  return 10 ** (random.uniform(-45, -8) / 20);
}

/** What brings a mixture, and its parts with it, to a random level. */
export function gainToRandomLevel(random: Random, mixture: Float32Array): number {
  const power = meanPower(mixture);
  return randomLevel(random) / Math.sqrt(power > 0 ? power : 1);
}

/**
 * Reads `length` samples from `source` at `speed` times the normal rate (linear interpolation), which shifts time
 * and pitch together. Reading past the end gives zeros.
 */
export function readAtSpeed(
  source: Float32Array,
  start: number,
  length: number,
  speed: number,
): Float32Array {
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const position = start + i * speed;
    const left = Math.floor(position);
    if (left + 1 >= source.length) break;
    if (left < 0) continue;
    const fraction = position - left;
    out[i] = source[left] * (1 - fraction) + source[left + 1] * fraction;
  }
  return out;
}

/**
 * Gaussian noise with a spectral slope: first-order filtered white noise mixed with white noise.
 *
 * @param next the white noise; drawn from the generator without.
 */
export function colouredNoise(
  random: Random,
  length: number,
  next: () => number = () => random.normal(),
): Float32Array {
  const out = new Float32Array(length);
  const pole = random.pick([0, 0.5, 0.9, 0.97, -0.5]);
  const white = random.uniform(0, 0.5);
  let state = 0;
  for (let i = 0; i < length; i++) {
    const sample = next();
    state = pole * state + Math.sqrt(1 - pole * pole) * sample;
    out[i] = state + white * sample;
  }
  return out;
}

/** A cheap room: up to two dozen decaying echoes within `maxDelay` samples (0.25 s). */
export function randomRoom(random: Random, samples: Float32Array, maxDelay = 4000): Float32Array {
  const out = samples.slice();
  const taps = 6 + random.integer(18);
  const decay = random.logUniform(400, 2500);
  const level = random.uniform(0.2, 0.8);
  for (let tap = 0; tap < taps; tap++) {
    const delay = 20 + random.integer(maxDelay - 20);
    const gain = level * random.normal() * Math.exp(-delay / decay);
    for (let i = delay; i < samples.length; i++) out[i] += gain * samples[i - delay];
  }
  return out;
}

/**
 * Another microphone or room: every bin gets a gain from a smooth random curve of about ±2.5 dB over the spectrum.
 * Shape [frames, bins], in place.
 */
export function tiltBins(
  random: Random,
  magnitudes: Float32Array,
  frames: number,
  bins: number,
): Float32Array {
  const knots = Array.from({ length: 8 }, () => 2.5 * random.normal());
  const gains = Float32Array.from({ length: bins }, (_, bin) => {
    const position = (bin / (bins - 1)) * (knots.length - 1);
    const left = Math.min(knots.length - 2, Math.floor(position));
    return 10 ** ((knots[left] + (knots[left + 1] - knots[left]) * (position - left)) / 20);
  });
  for (let frame = 0; frame < frames; frame++) {
    for (let bin = 0; bin < bins; bin++) magnitudes[frame * bins + bin] *= gains[bin];
  }
  return magnitudes;
}

/** With a chance of 0.4 each, zeroes one stretch of frames and one of bins (after SpecAugment). In place. */
export function zeroStripes(
  random: Random,
  magnitudes: Float32Array,
  frames: number,
  bins: number,
): Float32Array {
  if (random.chance(0.4)) {
    const width = 4 + random.integer(28);
    const first = random.integer(frames - width);
    magnitudes.fill(0, first * bins, (first + width) * bins);
  }
  if (random.chance(0.4)) {
    // Wider where the mel scale is wider: up to a sixth of the bands.
    const first = random.integer(bins - 8);
    const width = Math.min(bins - first, 2 + random.integer(4 + Math.floor(first / 4)));
    for (let frame = 0; frame < frames; frame++) {
      magnitudes.fill(0, frame * bins + first, frame * bins + first + width);
    }
  }
  return magnitudes;
}

/** Lets a sound begin within the first share of its length, at once or over up to 50 ms. In place. */
export function begin(random: Random, samples: Float32Array, share: number): void {
  const start = random.integer(Math.floor(share * samples.length));
  const rise = 1 + random.integer(800);
  samples.fill(0, 0, start);
  for (let i = 0; i < rise && start + i < samples.length; i++) samples[start + i] *= i / rise;
}

/** Lets a sound end after a third of its length at the earliest. In place. */
export function end(random: Random, samples: Float32Array): void {
  const stop = Math.floor(samples.length * random.uniform(0.33, 1));
  const fall = Math.min(800, stop);
  for (let i = 0; i < fall; i++) samples[stop - fall + i] *= 1 - i / fall;
  samples.fill(0, stop);
}

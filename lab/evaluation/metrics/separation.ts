/**
 * What a mask does to the two parts of a mixture whose parts are known: how selective it is, how the target sounds
 * after it, and how musical it makes the noise. All magnitudes are [frames, bins], row-major, in the mixture's scale.
 */
import { istft, type Spectrogram, stft } from "../../../dsp/index.ts";
import type { WindowShape } from "../plan/window-shape.ts";

/** Parts further apart than this leave nothing to separate. */
const PART_RANGE_DB = 30;

/** Whether both parts are heard. */
export function bothHeard(target: Float32Array, interferer: Float32Array): boolean {
  const ratio = energyOf(target) / energyOf(interferer);
  const limit = 10 ** (PART_RANGE_DB / 10);
  return ratio <= limit && ratio >= 1 / limit;
}

/**
 * Share of the target's energy that the gains keep over the share of the interferer's that they keep, in dB, higher is
 * better; 0 for a mask that treats both alike. Null when a mask keeps nothing of either.
 */
export function selectivity(
  gains: Float32Array,
  target: Float32Array,
  interferer: Float32Array,
): number | null {
  const targetKept = keptEnergy(gains, target) / energyOf(target);
  const interfererKept = keptEnergy(gains, interferer) / energyOf(interferer);
  if (!(targetKept > 0) || !(interfererKept > 0)) return null;
  return 10 * Math.log10(targetKept / interfererKept);
}

/** Scale-invariant signal-to-distortion ratio in dB of an estimate against the target (Le Roux et al., 2019). */
export function siSdr(estimate: Float32Array, target: Float32Array): number {
  let dot = 0;
  let targetEnergy = 0;
  let energy = 0;
  for (let n = 0; n < target.length; n++) {
    dot += estimate[n] * target[n];
    targetEnergy += target[n] * target[n];
    energy += estimate[n] * estimate[n];
  }
  const inTarget = (dot * dot) / targetEnergy;
  return 10 * Math.log10(inTarget / Math.max(energy - inTarget, 1e-12 * energy));
}

/** A mixture, ready to be masked and heard again with the mixture's phases. */
export class MaskedSound {
  readonly #mixture: Spectrogram;
  readonly #target: Float32Array;
  readonly #mixtureSiSdr: number;
  readonly #samples: number;

  /** @param mixture and @param target samples, one as long as the other. */
  constructor(
    mixture: Float32Array,
    target: Float32Array,
    private readonly shape: WindowShape,
  ) {
    this.#samples = mixture.length;
    this.#mixture = stft(mixture, shape);
    this.#target = this.#inner(target);
    this.#mixtureSiSdr = siSdr(this.#inner(mixture), this.#target);
  }

  /**
   * How much nearer the masked mixture comes to the target than the mixture is, in dB of SI-SDR. Null for a mask that
   * leaves nothing.
   */
  siSdrImprovement(gains: Float32Array): number | null {
    const masked = this.#inner(this.#masked(gains));
    if (!masked.some((sample) => Math.abs(sample) > 1e-12)) return null;
    return siSdr(masked, this.#target) - this.#mixtureSiSdr;
  }

  /** The samples with gains [frames, bins] on the frames from the one on that begins with them; the ends fade. */
  #masked(gains: Float32Array): Float32Array {
    const { window, hop, bins } = this.shape;
    const spectra = new Float32Array(this.#mixture.spectra.length);
    // The transform's first frames reach back before the window.
    const first = window / hop - 1;
    for (let k = 0; k < gains.length; k++) {
      const at = 2 * (first * bins + k);
      spectra[at] = gains[k] * this.#mixture.spectra[at];
      spectra[at + 1] = gains[k] * this.#mixture.spectra[at + 1];
    }
    return istft({ ...this.#mixture, spectra }, this.#samples, this.shape);
  }

  /** Without the ends, which not all frames reach, so that masked and unmasked sound would mix there. */
  #inner(samples: Float32Array): Float32Array {
    const edge = this.shape.window - this.shape.hop;
    return samples.subarray(edge, samples.length - edge);
  }
}

/** Ideal binary mask: one where the target is louder than the interferer (Wang, 2005). */
export function idealBinaryMask(target: Float32Array, interferer: Float32Array): Float32Array {
  return target.map((magnitude, k) => (magnitude > interferer[k] ? 1 : 0));
}

/** Ideal ratio mask: square root of the target's share of the energy (Wang, Narayanan and Wang, 2014). */
export function idealRatioMask(target: Float32Array, interferer: Float32Array): Float32Array {
  return target.map((magnitude, k) => {
    const energy = magnitude * magnitude;
    return Math.sqrt(energy / Math.max(energy + interferer[k] * interferer[k], 1e-20));
  });
}

/**
 * Musical noise: how much more peaked over time the interferer's power becomes by the mask, as the mean over the bins
 * of the logarithm of the kurtosis ratio (Uemura et al., 2008: kurtosis E[x⁴]/E[x²]² of the power x). 0 is none.
 * Null when no bin keeps enough to tell.
 */
export function musicalNoise(gains: Float32Array, interferer: Float32Array, bins: number): number | null {
  const frames = interferer.length / bins;
  const floor = 1e-8 * (energyOf(interferer) / interferer.length);
  let sum = 0;
  let rated = 0;
  for (let bin = 0; bin < bins; bin++) {
    const before = moments();
    const after = moments();
    for (let frame = 0; frame < frames; frame++) {
      const k = frame * bins + bin;
      before.add(interferer[k] * interferer[k]);
      after.add((gains[k] * interferer[k]) ** 2);
    }
    if (before.mean() < floor || after.mean() < floor) continue;
    sum += Math.log(after.kurtosis() / before.kurtosis());
    rated++;
  }
  return rated === 0 ? null : sum / rated;
}

function moments() {
  let count = 0;
  let first = 0;
  let second = 0;
  let fourth = 0;
  return {
    add(x: number) {
      count++;
      first += x;
      second += x * x;
      fourth += x * x * x * x;
    },
    mean: () => first / count,
    kurtosis: () => fourth / count / (second / count) ** 2,
  };
}

/** Frames on each side over which `smoothed` takes the mean. */
const SMOOTHING = 2;

/** The mask's mean over five frames (40 ms), fewer at the ends. */
export function smoothed(mask: Float32Array, bins: number): Float32Array {
  const frames = mask.length / bins;
  const out = new Float32Array(mask.length);
  for (let frame = 0; frame < frames; frame++) {
    const from = Math.max(0, frame - SMOOTHING);
    const to = Math.min(frames - 1, frame + SMOOTHING);
    for (let bin = 0; bin < bins; bin++) {
      let sum = 0;
      for (let each = from; each <= to; each++) sum += mask[each * bins + bin];
      out[frame * bins + bin] = sum / (to - from + 1);
    }
  }
  return out;
}

function energyOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** Σ(g·v)². */
export function keptEnergy(gains: Float32Array, values: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += (gains[k] * values[k]) ** 2;
  return sum;
}

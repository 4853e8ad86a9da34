/** The K-weighting of ITU-R BS.1770: two filters that weigh frequencies as ears do, for sound that comes in pieces. */

/** In Hz; what the recommendation weighs is not there far below. */
export const LOWEST_RATE = 8_000;
/** The recommendation's first gate: what is below it is silence, in LUFS. */
export const ABSOLUTE_GATE = -70;
/** The second one: what is so much fainter than the rest does not count, in LU. */
export const RELATIVE_GATE = -10;
/** Makes a full-scale sine of 997 Hz read -3.01 LUFS. */
const OFFSET = -0.691;

/** LUFS of a mean square of weighted samples; -Infinity at 0. */
export function loudnessOf(power: number): number {
  return OFFSET + 10 * Math.log10(power);
}

/** Inverse of `loudnessOf`. */
export function powerOf(loudness: number): number {
  return 10 ** ((loudness - OFFSET) / 10);
}

/** Both filters, with their memory. Allocates at construction only. */
export class KWeighting {
  readonly #headShelf: Filter;
  readonly #lowCut: Filter;

  /** `sampleRate` in Hz, `LOWEST_RATE` or more. */
  constructor(sampleRate: number) {
    this.#headShelf = new Filter(headShelf(sampleRate));
    this.#lowCut = new Filter(lowCut(sampleRate));
  }

  /** Weighs the next samples in place. */
  apply(samples: Float64Array): void {
    this.#headShelf.apply(samples);
    this.#lowCut.apply(samples);
  }
}

/** A second-order filter: y = b0 x + b1 x₁ + b2 x₂ - a1 y₁ - a2 y₂. */
interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

class Filter {
  /** x₁, x₂, y₁ and y₂ of the next sample. */
  readonly #memory = new Float64Array(4);

  constructor(private readonly biquad: Biquad) {}

  apply(samples: Float64Array): void {
    const { b0, b1, b2, a1, a2 } = this.biquad;
    const memory = this.#memory;
    let x1 = memory[0];
    let x2 = memory[1];
    let y1 = memory[2];
    let y2 = memory[3];
    for (let n = 0; n < samples.length; n++) {
      const x = samples[n];
      const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      samples[n] = y;
    }
    memory[0] = x1;
    memory[1] = x2;
    memory[2] = y1;
    memory[3] = y2;
  }
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

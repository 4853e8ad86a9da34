import { Random } from "../data/random.ts";

const SIZE = 2 ** 19;
const POLES = [0, 0.5, 0.9, 0.97, -0.5];

/** Gaussian noise drawn once and read from chance places: drawn anew it takes more time than all else that makes a sequence. */
export class NoiseTable {
  readonly #white: Float32Array;

  constructor() {
    const random = new Random(0);
    this.#white = Float32Array.from({ length: SIZE }, () => random.normal());
  }

  /** First-order filtered white noise mixed with white noise, as `colouredNoise`. */
  coloured(random: Random, length: number): Float32Array {
    const from = random.integer(SIZE - length);
    const pole = random.pick(POLES);
    const white = random.uniform(0, 0.5);
    const gain = Math.sqrt(1 - pole * pole);
    const out = new Float32Array(length);
    let state = 0;
    for (let i = 0; i < length; i++) {
      const sample = this.#white[from + i];
      state = pole * state + gain * sample;
      out[i] = state + white * sample;
    }
    return out;
  }
}

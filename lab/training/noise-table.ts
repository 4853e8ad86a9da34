import { Random } from "../data/random.ts";
import { colouredNoise } from "./augment.ts";

const SIZE = 2 ** 19;

/** Gaussian noise drawn once and read from chance places: drawn anew it takes more time than all else that makes a sequence. */
export class NoiseTable {
  readonly #white: Float32Array;

  constructor() {
    const random = new Random(0);
    this.#white = Float32Array.from({ length: SIZE }, () => random.normal());
  }

  coloured(random: Random, length: number): Float32Array {
    let at = random.integer(SIZE - length);
    return colouredNoise(random, length, () => this.#white[at++]);
  }
}

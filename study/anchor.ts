/** Sounds that are known to be bad: the hidden low anchor, and what attention checks are made of. */

import { istft, stft } from "../dsp/index.ts";
import type { Random } from "../lab/data/random.ts";

/** Of the released packs; any other would do. */
const SHAPE = { window: 512, hop: 128 };
/** Cells of the random mask, in frames and bins: 64 ms by 250 Hz. */
const CELL = 8;
/** Cells that are kept. */
const KEPT = 0.3;

/** The sound under a mask that knows nothing of it, cells kept at random: fits no class and sounds broken. */
export function lowAnchor(samples: Float32Array, random: Random): Float32Array {
  const { frames, bins, spectra } = stft(samples, SHAPE);
  const columns = Math.ceil(bins / CELL);
  const cells = Array.from({ length: Math.ceil(frames / CELL) * columns }, () => random.chance(KEPT));
  for (let k = 0; k < frames * bins; k++) {
    const row = Math.floor(Math.floor(k / bins) / CELL);
    if (cells[row * columns + Math.floor((k % bins) / CELL)]) continue;
    spectra[2 * k] = 0;
    spectra[2 * k + 1] = 0;
  }
  return istft({ frames, bins, spectra }, samples.length, SHAPE);
}

/** Soft noise that swells and fades, as long as the clip and with nothing of it. */
export function nothingOfIt(length: number, sampleRate: number, random: Random): Float32Array {
  const smooth = random.uniform(0.7, 0.95);
  const swell = (2 * Math.PI * random.uniform(0.3, 1.5)) / sampleRate;
  const start = random.uniform(0, 2 * Math.PI);
  let low = 0;
  return Float32Array.from({ length }, (_, n) => {
    low = smooth * low + (1 - smooth) * random.normal();
    return 0.3 * low * (1 + 0.8 * Math.sin(swell * n + start));
  });
}

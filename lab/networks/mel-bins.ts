import { hzToMel, melFilterbank } from "../../dsp/index.ts";

/** Lower edge of our classifiers' lowest mel band, in Hz. */
export const LOWEST_HZ = 50;

/** [bins, mels]; each band is a weighted mean of the power of its bins. */
export function meanMelBands(bins: number, mels: number, sampleRate: number): Float32Array {
  const bands = melFilterbank({ sampleRate, bins, mels, low: LOWEST_HZ, high: sampleRate / 2 });
  for (let mel = 0; mel < mels; mel++) {
    let sum = 0;
    for (let bin = 0; bin < bins; bin++) sum += bands[bin * mels + mel];
    for (let bin = 0; bin < bins; bin++) bands[bin * mels + mel] /= sum;
  }
  return bands;
}

/** [mels, bins]: each bin's value is interpolated between the two mel bands whose centres enclose it. */
export function melToBinWeights(bins: number, mels: number, sampleRate: number): Float32Array {
  const low = hzToMel(LOWEST_HZ, "slaney");
  const step = (hzToMel(sampleRate / 2, "slaney") - low) / (mels + 1);
  const weights = new Float32Array(mels * bins);
  for (let bin = 0; bin < bins; bin++) {
    const mel = (hzToMel((bin * sampleRate) / (2 * (bins - 1)), "slaney") - low) / step - 1;
    const position = Math.min(mels - 1, Math.max(0, mel));
    const left = Math.min(mels - 2, Math.floor(position));
    weights[left * bins + bin] = 1 - (position - left);
    weights[(left + 1) * bins + bin] = position - left;
  }
  return weights;
}

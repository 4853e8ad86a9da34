import { hzToMel } from "../../dsp/index.ts";

/** [mels, bins]: each bin's value is interpolated between the two mel bands whose centres enclose it. */
export function melToBinWeights(bins: number, mels: number, sampleRate: number): Float32Array {
  const low = hzToMel(50, "slaney");
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

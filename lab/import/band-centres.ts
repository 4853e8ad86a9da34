/** Where the bands of a mask for a user's classifier lie. */
import { hzToMel } from "../../dsp/index.ts";
import { hzScaleOf } from "./features.ts";
import { bandsOf, type Front, hasBands } from "./front.ts";

/** Bands of masks that are drawn for classifiers whose input has no frequency axis, or one with deltas on it. */
const WAVEFORM_BANDS = 48;

/**
 * Where rows of the classifier's picture lie on the STFT's bins: what the finest latent's rows are spread over. For
 * others bands of equal width in mel.
 */
export function bandCentres(front: Front, sampleRate: number, bins: number): number[] {
  const toBin = (hz: number) => (hz * 2 * (bins - 1)) / sampleRate;
  const banded = hasBands(front);
  if (front.input === "spectrogram" && banded) {
    const bands = bandsOf(front);
    return Array.from({ length: bands }, (_, band) => (band * (bins - 1)) / (bands - 1));
  }
  const mel = front.input === "mel" && banded;
  const scale = mel ? hzScaleOf(front) : "slaney";
  const count = mel ? bandsOf(front) : WAVEFORM_BANDS;
  const low = hzToMel(mel ? front.fMin : 0, scale);
  const high = hzToMel(mel ? (front.fMax ?? sampleRate / 2) : sampleRate / 2, scale);
  return Array.from({ length: count }, (_, band) => {
    const target = low + ((high - low) * (band + 1)) / (count + 1);
    // Inverted by halving: the scales have no common inverse in closed form worth a second table.
    let [below, above] = [0, sampleRate / 2];
    for (let step = 0; step < 50; step++) {
      const middle = (below + above) / 2;
      if (hzToMel(middle, scale) < target) below = middle;
      else above = middle;
    }
    return toBin(below);
  });
}

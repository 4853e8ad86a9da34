/** Made-up recordings: the room, the microphone and the line through which a clean sound reaches a classifier. */
import { applyMask, istft, stft } from "../../dsp/index.ts";
import type { Random } from "../data/random.ts";
import { BINS, MODEL_RATE, OWN_STFT } from "../networks/own-shape.ts";
import { colouredNoise, mixAtRatio, randomRoom } from "./augment.ts";

/** The sound as a random room, microphone and line would give it: as many samples, at MODEL_RATE, any level. */
export function recorded(random: Random, samples: Float32Array): Float32Array {
  const sound = samples.slice();
  if (random.chance(0.35)) randomRoom(random, sound);
  const heard = throughGains(sound, microphoneGains(random));
  return random.chance(0.5)
    ? mixAtRatio(heard, colouredNoise(random, heard.length), random.uniform(15, 45))
    : heard;
}

/** Gain of each bin [BINS]: a smooth random curve, and the narrow band of a telephone or an old microphone at times. */
function microphoneGains(random: Random): Float32Array {
  const uneven = random.chance(0.7) ? 8 : 0;
  const knots = Array.from({ length: 8 }, () => random.uniform(-uneven, uneven));
  const draw = random.uniform();
  const low = draw < 0.35 ? random.uniform(200, 350) : 0;
  const high = draw < 0.35 ? random.uniform(2800, 3700) : draw < 0.55 ? random.uniform(3500, 6500) : Infinity;
  return Float32Array.from({ length: BINS }, (_, bin) => {
    const frequency = (bin / (BINS - 1)) * (MODEL_RATE / 2);
    // Knots lie closer where the ear is finer.
    const position = Math.sqrt(bin / (BINS - 1)) * (knots.length - 1);
    const left = Math.min(knots.length - 2, Math.floor(position));
    const curve = knots[left] + (knots[left + 1] - knots[left]) * (position - left);
    const edges = (1 + (low / Math.max(frequency, 1)) ** 8) * (1 + (frequency / high) ** 8);
    return 10 ** (curve / 20) / Math.sqrt(edges);
  });
}

function throughGains(samples: Float32Array, gains: Float32Array): Float32Array {
  const spectrogram = stft(samples, OWN_STFT);
  const { frames, bins, spectra } = spectrogram;
  for (let frame = 0; frame < frames; frame++) {
    const spectrum = spectra.subarray(frame * bins * 2, (frame + 1) * bins * 2);
    applyMask(spectrum, gains, "linear", spectrum);
  }
  return istft(spectrogram, samples.length, OWN_STFT);
}

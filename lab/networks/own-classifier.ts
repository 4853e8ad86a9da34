/** This project's classifier, with trained weights, as methods, decoders and metrics see it. */
import { hzToMel } from "../../dsp/index.ts";
import { type ClassifierShape, classifyLogMel, logMel, SILENT_LOG_MEL, windowLevel } from "./classifier.ts";
import type { ExplainedClassifier } from "./explained-classifier.ts";
import { FrozenLayers, type WeightValues } from "./frozen-layers.ts";
import { OWN_STFT } from "./own-shape.ts";

export function ownClassifier(values: WeightValues, shape: ClassifierShape): ExplainedClassifier {
  return {
    frames: shape.frames,
    bins: shape.bins,
    sampleRate: shape.sampleRate,
    stft: OWN_STFT,
    classes: shape.classes,
    needsPhases: false,
    features: (g, magnitudes) => logMel(new FrozenLayers(g, values), magnitudes, shape),
    partFeatures(g, part, whole) {
      const frozen = new FrozenLayers(g, values);
      return logMel(frozen, part, shape, windowLevel(frozen, whole));
    },
    classify: (g, features) => classifyLogMel(new FrozenLayers(g, values), features, shape),
    featureMap: {
      time: shape.frames,
      frequency: shape.mels,
      silent: SILENT_LOG_MEL,
      toBins: melToBinWeights(shape.bins, shape.mels, shape.sampleRate),
    },
  };
}

/** [mels, bins]: each bin's value is interpolated between the two mel bands whose centres enclose it. */
function melToBinWeights(bins: number, mels: number, sampleRate: number): Float32Array {
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

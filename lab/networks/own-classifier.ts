/** This project's classifier, with trained weights, as methods, decoders and metrics see it. */
import { type ClassifierShape, classifyLogMel, logMel, SILENT_LOG_MEL, windowLevel } from "./classifier.ts";
import type { ExplainedClassifier } from "./explained-classifier.ts";
import { FrozenLayers, type WeightValues } from "./frozen-layers.ts";
import { melToBinWeights } from "./mel-bins.ts";
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

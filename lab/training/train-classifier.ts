/** Trains the classifier: cross-entropy against (mixed) labels. */
import { BINS, MODEL_RATE } from "../../dsp/index.ts";
import { crossEntropy } from "../../models/graph/index.ts";
import { WINDOW_FRAMES } from "../data/windows.ts";
import { type ClassifierShape, classify, embeddingSize } from "../networks/classifier.ts";
import { planWeights } from "../networks/training-layers.ts";
import type { ClassifierBatches } from "./classifier-batches.ts";
import type { TrainingTask } from "./trainer.ts";

export function classifierShape(classes: number): ClassifierShape {
  return {
    frames: WINDOW_FRAMES,
    bins: BINS,
    mels: 64,
    sampleRate: MODEL_RATE,
    channels: [24, 32, 64, 96, 128],
    classes,
  };
}

export function classifierTask(
  shape: ClassifierShape,
  batches: ClassifierBatches,
  dropShare: number,
): TrainingTask {
  return {
    plan: planWeights((layers) => {
      classify(layers, layers.g.input("magnitudes", "float32", [1, shape.frames, shape.bins]), shape);
    }),
    dropout: { share: dropShare, features: embeddingSize(shape) },
    loss(g, layers, batch) {
      const magnitudes = g.input("magnitudes", "float32", [batch, shape.frames, shape.bins]);
      const targets = g.input("targets", "float32", [batch, shape.classes]);
      const { logits } = classify(layers, magnitudes, shape);
      return { loss: crossEntropy(g, logits, targets), logged: {} };
    },
    feeds: (random, batch) => ({ ...batches.next(random, batch) }),
  };
}

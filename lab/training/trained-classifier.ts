/** A classifier from its run folder, of either kind, as the training of its methods wants it. */
import type { SoundSet } from "../data/sound-sets.ts";
import type { ExplainedClassifier } from "../networks/explained-classifier.ts";
import { ownClassifier } from "../networks/own-classifier.ts";
import { streamClassifier } from "../networks/streaming/stream-explained.ts";
import { type ClassPools, soundPools } from "./training-sounds.ts";
import {
  type ClassifierMeta,
  loadAnyClassifier,
  type StreamClassifierMeta,
  type Weights,
} from "./weights-file.ts";

export interface TrainedClassifier {
  readonly weights: Weights<ClassifierMeta | StreamClassifierMeta>;
  readonly classifier: ExplainedClassifier;
  pools(set: SoundSet): ClassPools;
}

/** @throws Error that names the file when it cannot be read or holds no classifier. */
export async function loadTrainedClassifier(folder: string): Promise<TrainedClassifier> {
  const weights = await loadAnyClassifier(folder);
  const { meta, values } = weights;
  const classifier =
    meta.kind === "classifier"
      ? ownClassifier(values, meta.shape)
      : streamClassifier(values, meta.shape, { answers: meta.answers });
  return { weights, classifier, pools: (set) => soundPools(set, meta) };
}

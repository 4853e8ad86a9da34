/** A classifier from its run folder, of either kind, as the training of its methods wants it. */
import { OTHER, type SoundSet } from "../data/sound-sets.ts";
import { samplesOf } from "../data/windows.ts";
import type { ExplainedClassifier } from "../networks/explained-classifier.ts";
import { ownClassifier } from "../networks/own-classifier.ts";
import { streamClassifier } from "../networks/streaming/stream-explained.ts";
import { SoundPool } from "./sound-pool.ts";
import { soundPools } from "./training-sounds.ts";
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

export interface ClassPools {
  /** Sounds of each class, in the order of the labels; that of `other`, where there is one, holds all of no known class. */
  readonly classes: readonly SoundPool[];
  /** Sounds of no known class, where no label means them. */
  readonly beside?: SoundPool | undefined;
}

/** @throws Error that names the file when it cannot be read or holds no classifier. */
export async function loadTrainedClassifier(folder: string): Promise<TrainedClassifier> {
  const weights = await loadAnyClassifier(folder);
  const { meta, values } = weights;
  if (meta.kind === "classifier") {
    return {
      weights,
      classifier: ownClassifier(values, meta.shape),
      pools: (set) => ({ classes: soundPools(set, meta) }),
    };
  }
  const { shape, answers, labels, other } = meta;
  return {
    weights,
    classifier: streamClassifier(values, shape, { answers }),
    pools({ sounds }) {
      const length = samplesOf(shape.frames);
      const of = (label: string) =>
        new SoundPool(
          sounds.filter((each) => each.label === label).map(({ samples }) => samples),
          length,
        );
      return { classes: labels.map(of), ...(other === undefined && { beside: of(OTHER) }) };
    },
  };
}

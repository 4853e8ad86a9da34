/**
 * A frozen classifier as explanation methods, decoders and metrics see it: a path from the linear STFT to logits that
 * can be built into any graph, in one piece or cut at the classifier's own input.
 */

import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import type { AnswerForm } from "./answers.ts";
import type { StreamShape } from "./streaming/stream-shape.ts";

export interface StftShape {
  readonly window: number;
  readonly hop: number;
}

export interface ExplainedClassifier extends AnswerForm {
  /** T: frames in a window. */
  readonly frames: number;
  /** F: bins of the linear STFT. */
  readonly bins: number;
  readonly sampleRate: number;
  /** The STFT on which masks lie, in samples. */
  readonly stft: StftShape;
  readonly classes: number;
  /** Whether `features` reads the phases too: the classifier hears the waveform. */
  readonly needsPhases: boolean;
  /** It hears one window at a time: B is a number in its graphs, and 1 where they answer many windows. */
  readonly oneByOne?: boolean | undefined;
  /**
   * Linear magnitudes [B, T, F], and phases in radians of the same shape where they are needed, to the classifier's
   * own input, in whatever shape it wants.
   */
  features(g: GraphBuilder, magnitudes: Tensor, phases?: Tensor): Tensor;
  /**
   * The classifier's own input for a part of a window, magnitudes [B, T, F] both, as heard within the whole. There where
   * the classifier normalises the level of what it hears: normalised anew, any faint copy of the input would serve as
   * its own explanation. Without it parts are heard as windows of their own.
   */
  partFeatures?(g: GraphBuilder, part: Tensor, whole: Tensor): Tensor;
  /** The classifier's own input to logits [B, classes] (before softmax, or sigmoid where its classes are independent) and latents, shallow to deep. */
  classify(g: GraphBuilder, features: Tensor): ClassifierAnswer;
  /**
   * How a mask on the classifier's own input is drawn and applied, where that input is a picture of time and frequency
   * (it is not where the classifier hears the waveform).
   */
  readonly featureMap?: FeatureMap | undefined;
}

export interface ClassifierAnswer {
  readonly logits: Tensor;
  /** [B, channels, time, frequency], or [B, channels, time] of classifiers that hear the waveform. */
  readonly latents: readonly Tensor[];
  /** Of a streaming classifier: builds what its decoder reads beside the latents. */
  findings?(): StreamFindings;
}

/** What a streaming classifier finds step by step. */
export interface StreamFindings {
  readonly shape: StreamShape;
  /** [B, 2, T, mels]: its own input. */
  readonly features: Tensor;
  /** [B, steps, classes] */
  readonly logits: Tensor;
  /** [embedding, classes]: its last layer. */
  readonly rows: Tensor;
}

export interface FeatureMap {
  /** Steps in time and in frequency of the features, as [B, 1, time, frequency] when reshaped. */
  readonly time: number;
  readonly frequency: number;
  /** Value of a feature where nothing is heard: masked features are silent + mask · (features − silent). */
  readonly silent: number;
  /** [frequency, bins]: spreads one value per feature band over the bins of the STFT; rows weigh, columns sum to one. */
  readonly toBins: Float32Array;
}

/** Windows as the graphs' inputs, both [B, T, F]. */
export interface WindowInputs {
  readonly magnitudes: Tensor;
  /** In radians, where the classifier needs them. */
  readonly phases?: Tensor;
}

/**
 * Declares the windows of this classifier as inputs of a graph; `batch` is their number or its name, instead of which a
 * classifier that hears one window at a time has 1.
 */
export function windowInputs(
  g: GraphBuilder,
  {
    frames,
    bins,
    needsPhases,
    oneByOne,
  }: Pick<ExplainedClassifier, "frames" | "bins" | "needsPhases" | "oneByOne">,
  batch: number | string,
): WindowInputs {
  const shape = [oneByOne && typeof batch === "string" ? 1 : batch, frames, bins];
  const magnitudes = g.input("magnitudes", "float32", shape);
  return needsPhases ? { magnitudes, phases: g.input("phases", "float32", shape) } : { magnitudes };
}

/** From the run folders of a classifier and of methods trained for it to a pack. */
import { UsageError } from "../errors.ts";
import { findMethod } from "../methods/index.ts";
import type { StreamDecoderShape } from "../networks/streaming/stream-decoder.ts";
import { thresholdsByClass } from "../training/thresholds-file.ts";
import { loadTrainedClassifier, type TrainedClassifier } from "../training/trained-classifier.ts";
import {
  loadRun,
  type MethodMeta,
  type StreamClassifierMeta,
  type Weights,
} from "../training/weights-file.ts";
import { sourcesOf } from "./attribution.ts";
import { type BuiltPack, buildPack } from "./build-pack.ts";
import { chooseMethods, type MethodChoice } from "./choose-methods.ts";
import { type LearntWeights, placeOf } from "./pack-graphs.ts";
import { buildStreamPack } from "./stream-pack.ts";

/** What people read of a pack. */
export interface PackWords {
  /** Lower-case letters, digits and dashes. */
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  readonly version?: string | undefined;
  /** A class is believed from this probability on. */
  readonly threshold?: number | undefined;
}

export const RUNS_WORDS = {
  name: "esc10-speech",
  title: "Everyday sounds and speech",
  version: "1.0.0",
  threshold: 0.8,
};

export interface PackRunsOptions extends PackWords, MethodChoice {
  /** Folder for the pack. */
  readonly out: string;
  /** Run folder of the classifier. */
  readonly classifier: string;
  /** Run folders of methods trained for it; the pack's methods in this order where none are chosen. */
  readonly decoders?: readonly string[] | undefined;
  /** A threshold by class, of those classes whose threshold is not `threshold`. */
  readonly thresholds?: Readonly<Record<string, number>> | undefined;
  /** Run folder of Listen to Interpret. */
  readonly l2i?: string | undefined;
  /** Sentences on sounds that they learnt from, where the runs do not say so. */
  readonly credit?: readonly string[] | undefined;
  /** Also the methods in the form that masks the classifier's own input, for evaluation. */
  readonly features?: boolean | undefined;
  /**
   * A streaming classifier as a pack of windows that begin in silence, with any method: for tables. A streaming pack has
   * the methods alone whose decoders hear the stream.
   */
  readonly windows?: boolean | undefined;
}

/** @throws UsageError for methods that cannot be; Error that names a file of weights that cannot be used. */
export async function packRuns(options: PackRunsOptions): Promise<BuiltPack> {
  const { out, decoders = [], l2i, features, credit, settings } = options;
  const trained = await loadTrainedClassifier(options.classifier);
  const { meta } = trained.weights;
  const drawn = await Promise.all(decoders.map((folder) => loadRun(folder)));
  const runs = [...drawn, ...(l2i ? [await loadRun(l2i, "l2i")] : [])];
  const learnt = runs.map(learntOf);
  const names = learnt
    .filter((weights) => placeOf(weights) === "spectrogram")
    .map(({ method }) => method.name);
  const methods = options.methods ?? (names.length > 0 ? names : undefined);
  const { labels, other, categories } = meta;
  const threshold = options.threshold ?? RUNS_WORDS.threshold;
  const words = {
    name: options.name ?? RUNS_WORDS.name,
    title: options.title ?? RUNS_WORDS.title,
    version: options.version ?? RUNS_WORDS.version,
    licence: "Apache-2.0",
    labels,
    other,
    threshold,
    thresholds: options.thresholds && thresholdsByClass(labels, options.thresholds, threshold),
    heardCategories: categories,
    heard: [
      { name: "classifier", heard: meta.heard },
      ...runs.map((run, k) => ({ name: learnt[k].method.name, heard: run.meta.heard })),
    ],
    sources: sourcesOf([meta, ...runs.map((run) => run.meta)], credit),
    about: { training: { classifier: meta.settings, decoder: drawn[0]?.meta.settings } },
  };
  if (meta.kind === "stream-classifier" && !options.windows) {
    return buildStreamPack(out, { ...words, ...streamParts(meta, trained, learnt) });
  }
  return buildPack(out, {
    ...words,
    classifier: trained.classifier,
    methods: chooseMethods({ methods, settings }, names),
    learnt,
    features,
  });
}

function streamParts(
  { shape, answers }: StreamClassifierMeta,
  { weights }: TrainedClassifier,
  learnt: readonly LearntWeights[],
) {
  const decoders = learnt.map(({ method, shape: decoder, values }) => {
    if (typeof decoder !== "object" || decoder === null || !("levels" in decoder)) {
      throw new UsageError(`the decoder of ${method.name} does not hear a stream; pack it with --windows`);
    }
    return { method, shape: decoder as StreamDecoderShape, values };
  });
  if (decoders.length === 0) throw new UsageError("a streaming pack needs a decoder: give --decoder");
  return { shape, form: { answers }, classifier: weights.values, decoders };
}

/** Weights as a pack takes them; their file says which method they are of. */
export function learntOf({
  meta: { kind, method = kind, shape, masking },
  values,
}: Weights<MethodMeta>): LearntWeights {
  return { method: findMethod(method), shape, masking, values };
}

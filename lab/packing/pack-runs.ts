/** From the run folders of a classifier and of methods trained for it to a pack. */
import { findMethod } from "../methods/index.ts";
import { ownClassifier } from "../networks/own-classifier.ts";
import { loadClassifierRun, loadRun, type MethodMeta, type Weights } from "../training/weights-file.ts";
import { sourcesOf } from "./attribution.ts";
import { type BuiltPack, buildPack } from "./build-pack.ts";
import { chooseMethods, type MethodChoice } from "./choose-methods.ts";
import { type LearntWeights, placeOf } from "./pack-graphs.ts";

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
  /** Run folder of Listen to Interpret. */
  readonly l2i?: string | undefined;
  /** Sentences on sounds that they learnt from, where the runs do not say so. */
  readonly credit?: readonly string[] | undefined;
  /** Also the methods in the form that masks the classifier's own input, for evaluation. */
  readonly features?: boolean | undefined;
}

/** @throws UsageError for methods that cannot be; Error that names a file of weights that cannot be used. */
export async function packRuns(options: PackRunsOptions): Promise<BuiltPack> {
  const { out, decoders = [], l2i, features, credit, settings } = options;
  const classifier = await loadClassifierRun(options.classifier);
  const drawn = await Promise.all(decoders.map((folder) => loadRun(folder)));
  const runs = [...drawn, ...(l2i ? [await loadRun(l2i, "l2i")] : [])];
  const learnt = runs.map(learntOf);
  const trained = learnt
    .filter((weights) => placeOf(weights) === "spectrogram")
    .map(({ method }) => method.name);
  const methods = options.methods ?? (trained.length > 0 ? trained : undefined);
  const { shape, labels, other, categories } = classifier.meta;
  return buildPack(out, {
    name: options.name ?? RUNS_WORDS.name,
    title: options.title ?? RUNS_WORDS.title,
    version: options.version ?? RUNS_WORDS.version,
    licence: "Apache-2.0",
    labels,
    other,
    threshold: options.threshold ?? RUNS_WORDS.threshold,
    heardCategories: categories,
    classifier: ownClassifier(classifier.values, shape),
    methods: chooseMethods({ methods, settings }, trained),
    learnt,
    features,
    sources: sourcesOf(
      [classifier, ...runs].map(({ meta }) => meta),
      credit,
    ),
    about: { training: { classifier: classifier.meta.settings, decoder: drawn[0]?.meta.settings } },
  });
}

/** Weights as a pack takes them; their file says which method they are of. */
function learntOf({
  meta: { kind, method = kind, shape, masking },
  values,
}: Weights<MethodMeta>): LearntWeights {
  return { method: findMethod(method), shape, masking, values };
}

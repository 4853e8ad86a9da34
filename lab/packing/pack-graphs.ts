/** The graphs of a pack's methods, and what pack.json says of them. */
import type { Masking } from "../../dsp/index.ts";
import type { FeatureJudge, PackMethod } from "../../models/pack/pack.ts";
import { type ExplanationMethod, type MethodSettings, methodSettings } from "../methods/method.ts";
import type { MaskPlace } from "../methods/parts/scene.ts";
import type { ExplainedClassifier } from "../networks/explained-classifier.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
import { explanationGraph, featureJudgeGraph } from "./method-graph.ts";

/** A method for a pack, with the settings that differ from its defaults. */
export interface ChosenMethod {
  readonly method: ExplanationMethod;
  readonly settings?: MethodSettings | undefined;
}

/** Trained weights of a method's own. */
export interface LearntWeights {
  readonly method: ExplanationMethod;
  /** What builds their network again. */
  readonly shape: unknown;
  /** What they were trained to multiply; |X| without. */
  readonly masking?: Masking | undefined;
  readonly values: WeightValues;
}

/** Where the masks of trained weights lie. */
export function placeOf({ method, shape }: LearntWeights): MaskPlace {
  return method.learnt?.place?.(shape) ?? "spectrogram";
}

export interface PackGraphsOptions {
  /** Of the methods with weights of their own, on the spectrogram or the features. */
  readonly learnt?: readonly LearntWeights[] | undefined;
  /** Also the form that masks the classifier's own input, for methods that have it, and its judge. */
  readonly features?: boolean | undefined;
}

/** Parts of pack.json, under its own names, and the graphs that they name. */
export interface PackGraphs {
  readonly masking: Masking;
  readonly methods: PackMethod[];
  readonly featureMethods?: PackMethod[];
  readonly featureJudge?: FeatureJudge;
  /** Bytes of the `.onnx` files by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Millions of multiply-adds a window of the first method with weights of its own; absent without one. */
  readonly mmac?: number | undefined;
}

/**
 * Compiles the methods in the order given; the first is the pack's default.
 *
 * @throws RangeError for settings that a method does not take; Error for a method whose weights are not in `learnt`, for
 *   two of the same, for some that mask in different domains, and for features where the classifier's own input is no
 *   picture of time and frequency.
 */
export function packGraphs(
  classifier: ExplainedClassifier,
  chosen: readonly ChosenMethod[],
  { learnt = [], features = false }: PackGraphsOptions = {},
): PackGraphs {
  const listenable = learnt.filter((weights) => placeOf(weights) === "spectrogram");
  const onFeatures = learnt.filter((weights) => placeOf(weights) === "features");
  if (onFeatures.length > 0 && !features) {
    throw new Error("a decoder masks the classifier's own input; such a pack is built with --features");
  }
  const masking = commonMasking(listenable);
  const compiler = new Compiler(classifier, masking);
  const weightsOf = byMethod(listenable);
  const methods = chosen.map((each) => compiler.add(each, "spectrogram", weightsOf.get(each.method)));
  const { files, mmac } = compiler;
  if (!features) return { masking, methods, files, mmac };

  const judge = "feature-judge.onnx";
  files.set(judge, featureJudgeGraph(classifier).bytes);
  const trained = [...byMethod(onFeatures)].map(([method, weights]) =>
    compiler.add({ method }, "features", weights),
  );
  const computed = chosen.filter(({ method }) => method.mask).map((each) => compiler.add(each, "features"));
  const { time, frequency } = classifier.featureMap!;
  const featureJudge = { graph: judge, time, frequency };
  return { masking, methods, featureMethods: [...trained, ...computed], featureJudge, files, mmac };
}

/** Compiles methods one by one and keeps what comes of them. */
class Compiler {
  readonly files = new Map<string, Uint8Array>();
  #mmac: number | undefined;

  constructor(
    private readonly classifier: ExplainedClassifier,
    private readonly masking: Masking,
  ) {}

  /** Of the first method with weights of its own. */
  get mmac(): number | undefined {
    return this.#mmac;
  }

  /** What pack.json says of it. */
  add({ method, settings: given }: ChosenMethod, place: MaskPlace, weights?: LearntWeights): PackMethod {
    const { name, title, target } = method;
    const graph = `${place === "features" ? "features-" : ""}${name}.onnx`;
    const settings = methodSettings(method, given);
    const trained = weights && { values: weights.values, shape: weights.shape, masking: this.masking };
    const built = explanationGraph(this.classifier, method, { place, settings, weights: trained });
    this.files.set(graph, built.bytes);
    if (trained) this.#mmac ??= built.mmac;
    return { name, title, graph, target, ...(Object.keys(settings).length > 0 && { parameters: settings }) };
  }
}

/** @throws Error when two are of the same method. */
function byMethod(learnt: readonly LearntWeights[]): ReadonlyMap<ExplanationMethod, LearntWeights> {
  const found = new Map(learnt.map((weights) => [weights.method, weights]));
  if (found.size === learnt.length) return found;
  const names = learnt.map(({ method }) => method.name);
  throw new Error(`two decoders are of the same method: ${names.join(", ")}`);
}

/** What the weights were trained to multiply; those that serve either have no say. */
function commonMasking(learnt: readonly LearntWeights[]): Masking {
  const bound = learnt.filter(({ method }) => !method.learnt?.anyMasking);
  const domains = new Set(bound.map(({ masking = "linear" }) => masking));
  if (domains.size > 1)
    throw new Error("a pack masks in one domain; these decoders were trained in linear and log1p");
  return [...domains][0] ?? "linear";
}

/** The graphs of a pack's methods, and what pack.json says of them. */
import type { Masking } from "../../dsp/index.ts";
import type { FeatureJudge, PackMethod } from "../../models/pack/pack.ts";
import { findMethod } from "../methods/index.ts";
import { type ExplanationMethod, type MethodSettings, methodSettings } from "../methods/method.ts";
import type { MaskPlace } from "../methods/parts/scene.ts";
import type { ExplainedClassifier } from "../networks/explained-classifier.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
import type { MethodMeta } from "../training/weights-file.ts";
import { explanationGraph, featureJudgeGraph } from "./method-graph.ts";

/** A method for a pack, with the settings that differ from its defaults. */
export interface ChosenMethod {
  readonly method: ExplanationMethod;
  readonly settings?: MethodSettings | undefined;
}

/** Trained weights of a method's own. */
export interface LearntWeights {
  readonly meta: Pick<MethodMeta, "kind" | "method" | "masking" | "shape">;
  readonly values: WeightValues;
}

/** The method that trained weights are of. */
export function methodOf({ meta }: LearntWeights): ExplanationMethod {
  return findMethod(meta.method ?? meta.kind);
}

/** Where the masks of trained weights lie. */
export function placeOf(weights: LearntWeights): MaskPlace {
  return methodOf(weights).learnt?.place?.(weights.meta.shape) ?? "spectrogram";
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
  const files = new Map<string, Uint8Array>();
  const costs: number[] = [];
  const add = (
    prefix: string,
    each: ChosenMethod,
    place: MaskPlace,
    weights: LearntWeights | undefined,
  ): PackMethod => {
    const { name, title, target } = each.method;
    const graph = `${prefix}${name}.onnx`;
    const settings = methodSettings(each.method, each.settings);
    const trained = weights && { values: weights.values, shape: weights.meta.shape, masking };
    const built = explanationGraph(classifier, each.method, { place, settings, weights: trained });
    files.set(graph, built.bytes);
    if (trained) costs.push(built.mmac);
    return { name, title, graph, target, ...(Object.keys(settings).length > 0 && { parameters: settings }) };
  };
  const weightsOf = byMethod(listenable);
  const methods = chosen.map((each) => add("", each, "spectrogram", weightsOf.get(each.method)));
  if (!features) return { masking, methods, files, mmac: costs[0] };

  const judge = "feature-judge.onnx";
  files.set(judge, featureJudgeGraph(classifier).bytes);
  const featureMethods = [
    ...[...byMethod(onFeatures)].map(([method, weights]) =>
      add("features-", { method }, "features", weights),
    ),
    ...chosen
      .filter(({ method }) => method.mask)
      .map((each) => add("features-", each, "features", undefined)),
  ];
  const { time, frequency } = classifier.featureMap!;
  const featureJudge = { graph: judge, time, frequency };
  return { masking, methods, featureMethods, featureJudge, files, mmac: costs[0] };
}

/** @throws Error when two are of the same method. */
function byMethod(learnt: readonly LearntWeights[]): ReadonlyMap<ExplanationMethod, LearntWeights> {
  const found = new Map(learnt.map((weights) => [methodOf(weights), weights]));
  if (found.size === learnt.length) return found;
  const names = learnt.map((weights) => methodOf(weights).name);
  throw new Error(`two decoders are of the same method: ${names.join(", ")}`);
}

/** What the weights were trained to multiply; those that serve either have no say. */
function commonMasking(learnt: readonly LearntWeights[]): Masking {
  const bound = learnt.filter((weights) => !methodOf(weights).learnt?.anyMasking);
  const domains = new Set(bound.map(({ meta }) => meta.masking ?? "linear"));
  if (domains.size > 1)
    throw new Error("a pack masks in one domain; these decoders were trained in linear and log1p");
  return [...domains][0] ?? "linear";
}

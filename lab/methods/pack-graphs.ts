/** The graphs of a pack's methods, and what pack.json says of them. */
import type { FeatureJudge, PackMethod } from "../../models/pack/pack.ts";
import type { ExplainedClassifier } from "./explained-classifier.ts";
import { explanationGraph, featureJudgeGraph } from "./method-graph.ts";
import { type ExplanationMethod, findMethod, type MethodSettings, methodSettings } from "./methods.ts";

/** A method for a pack, with the settings that differ from its defaults. */
export interface ChosenMethod {
  readonly method: ExplanationMethod;
  readonly settings?: MethodSettings;
}

/** What a pack holds when nobody chooses. */
export const DEFAULT_METHODS: readonly ChosenMethod[] = [
  { method: findMethod("lmac") },
  { method: findMethod("all-ones") },
];

export interface PackGraphsOptions {
  /** Graphs of methods with weights of their own, by name: they are compiled where those weights are. */
  readonly trained?: ReadonlyMap<string, Uint8Array>;
  /** The same of their form that masks the classifier's own input. */
  readonly trainedFeatures?: ReadonlyMap<string, Uint8Array>;
  /** Also the form that masks the classifier's own input, for methods that have it, and its judge. */
  readonly features?: boolean | undefined;
}

/** Parts of pack.json, under its own names. */
export interface PackGraphs {
  readonly methods: PackMethod[];
  readonly featureMethods?: PackMethod[];
  readonly featureJudge?: FeatureJudge;
  /** Bytes of the `.onnx` files by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Compiles the methods in the order given; the first is the pack's default.
 *
 * @throws RangeError for settings that a method does not take; Error for a method with weights of its own that are not
 *   in `trained`, and for features where the classifier's own input is no picture of time and frequency.
 */
export function packGraphs(
  classifier: ExplainedClassifier,
  chosen: readonly ChosenMethod[],
  { trained = new Map(), trainedFeatures = new Map(), features = false }: PackGraphsOptions = {},
): PackGraphs {
  const files = new Map<string, Uint8Array>();
  const entry = ({ method, settings }: ChosenMethod, graph: string): PackMethod => {
    const { name, title, target } = method;
    const parameters = methodSettings(method, settings);
    return { name, title, graph, target, ...(Object.keys(parameters).length > 0 && { parameters }) };
  };
  const methods = chosen.map((each) => {
    const { name } = each.method;
    const graph = `${name}.onnx`;
    files.set(graph, trained.get(name) ?? explanationGraph(classifier, each.method, each).bytes);
    return entry(each, graph);
  });
  if (!features) return { methods, files };

  const { featureMap } = classifier;
  const judge = "feature-judge.onnx";
  files.set(judge, featureJudgeGraph(classifier).bytes);
  const learnt = [...trainedFeatures.keys()].map((name): ChosenMethod => ({ method: findMethod(name) }));
  const featureMethods = [...learnt, ...chosen.filter(({ method }) => method.mask)].map((each) => {
    const graph = `features-${each.method.name}.onnx`;
    const { settings } = each;
    const own = () => explanationGraph(classifier, each.method, { place: "features", settings }).bytes;
    files.set(graph, trainedFeatures.get(each.method.name) ?? own());
    return entry(each, graph);
  });
  const { time, frequency } = featureMap!;
  return { methods, featureMethods, featureJudge: { graph: judge, time, frequency }, files };
}

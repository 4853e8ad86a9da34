/**
 * What an explanation method is. Each has a file of its own here, `index.ts` lists them, and everything else (the
 * command line, packs, the evaluation) reads what the list says.
 */
import type { Masking } from "../../dsp/index.ts";
import type { Tensor } from "../../models/graph/index.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
import type { TrainingRecipe } from "../training/recipe.ts";
import type { MaskPlace, Scene } from "./parts/scene.ts";

export interface MethodParameter {
  /** As in `--ig-steps`: the method's name, a dash, this. */
  readonly name: string;
  readonly description: string;
  readonly default: number;
  /** Smallest and largest value that is taken. */
  readonly range: readonly [number, number];
  /** Only whole numbers are taken. */
  readonly whole: boolean;
}

/** A value for every parameter of a method, by its name. */
export type MethodSettings = Readonly<Record<string, number>>;

/** Runs through the classifier for one window. */
export interface Passes {
  readonly forward: number;
  readonly backward: number;
}

export interface ExplanationMethod {
  /** As in pack.json and on the command line. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** One sentence. */
  readonly description: string;
  readonly parameters: readonly MethodParameter[];
  /** Whether the class to explain can be chosen. */
  readonly target: boolean;
  /** Whether it reads the classifier's latents: where a classifier has none, it can't be explained so. */
  readonly readsLatents?: boolean;
  passes(settings: MethodSettings): Passes;
  /** The mask [B, ...scene.maskShape] in [0, 1], of methods that need nothing but the classifier. */
  mask?(scene: Scene, settings: MethodSettings): Tensor;
  /** There where the method has weights of its own, which have to be trained first. */
  readonly learnt?: LearntMethod;
}

/** How a method with weights of its own draws its mask, and how it learns them. */
export interface LearntMethod<Shape = unknown> {
  /** What its weights files say that they hold; methods with the same network share it. */
  readonly kind: string;
  /** The mask [B, ...scene.maskShape] in [0, 1]. @throws Error when the weights are of another network. */
  mask(scene: Scene, weights: MethodWeights<Shape>, settings: MethodSettings): Tensor;
  /** Where masks of a network of this shape lie; on the spectrogram without. */
  place?(shape: Shape): MaskPlace;
  /** Its masks have the effect that they should in either masking: it was not trained for one. */
  readonly anyMasking?: boolean;
  /** Methods with the same network may share it. */
  readonly recipe: TrainingRecipe;
}

/** A trained network, and how its pack masks. */
export interface MethodWeights<Shape = unknown> {
  readonly values: WeightValues;
  readonly shape: Shape;
  /** What the mask multiplies. */
  readonly masking: Masking;
}

/** For methods that always cost the same. */
export const fixedPasses = (forward: number, backward: number) => () => ({ forward, backward });

/** One run to find the winner, then a gradient at each of the points. */
export const passesAtPoints = (count: number): Passes => ({ forward: 1 + count, backward: count });

/**
 * The method's settings: those given, and the defaults of the others.
 *
 * @throws RangeError for a parameter that the method does not have, or a value outside its range.
 */
export function methodSettings(method: ExplanationMethod, given: MethodSettings = {}): MethodSettings {
  for (const name of Object.keys(given)) {
    if (!method.parameters.some((each) => each.name === name)) {
      const known = method.parameters.map((each) => each.name).join(", ") || "none";
      throw new RangeError(`${method.name} has no parameter "${name}"; it has: ${known}`);
    }
  }
  return Object.fromEntries(
    method.parameters.map((parameter) => {
      const value = given[parameter.name] ?? parameter.default;
      const problem = parameterProblem(parameter, value);
      if (problem) throw new RangeError(`${method.name}: ${parameter.name} ${problem}`);
      return [parameter.name, value];
    }),
  );
}

/** What is wrong with a value, or undefined. */
export function parameterProblem(parameter: MethodParameter, value: number): string | undefined {
  const [low, high] = parameter.range;
  const kind = parameter.whole ? "a whole number" : "a number";
  const fits = value >= low && value <= high && (!parameter.whole || Number.isInteger(value));
  return fits ? undefined : `must be ${kind} from ${low} to ${high}, not ${value}`;
}

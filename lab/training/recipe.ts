/**
 * How weights are learnt: what a method's file says for `listenable train` and for `trainMethod`, which do the rest (the
 * sounds, the course of the training, checkpoints, the weights' file).
 */
import type { ExplainedClassifier } from "../networks/explained-classifier.ts";
import type { WeightValues } from "../networks/frozen-layers.ts";
import type { Follow } from "../progress.ts";
import type { TrainingTask } from "./trainer.ts";
import type { ClassPools } from "./training-sounds.ts";
import type { ClassifierMeta, MethodMeta, Origin, StreamClassifierMeta, Weights } from "./weights-file.ts";

/**
 * How an option's text is read. "number" is finite and "unbounded" need not be, "positive" is above 0, "share" from 0 to
 * below 1, "whole" 1 or more, "wholes" a list of such.
 */
export type OptionKind = "number" | "unbounded" | "positive" | "share" | "whole" | "wholes" | "text" | "flag";

export interface TrainingOption {
  /** As in `--rest-cap <nats>`; the option is `restCap`. */
  readonly flags: string;
  readonly description: string;
  readonly kind: OptionKind;
  readonly default?: number | string | readonly number[];
  readonly choices?: readonly string[];
  /** Options that cannot be given with it. */
  readonly conflicts?: readonly string[];
}

/** Steps of a training, windows in a step, the highest learning rate and the weight decay. */
export interface Course {
  readonly steps: number;
  readonly batch: number;
  readonly rate: number;
  readonly decay: number;
}

/** What a recipe is given to cook with. */
export interface Ingredients {
  readonly weights: Weights<ClassifierMeta | StreamClassifierMeta>;
  /** The same, as methods see it. */
  readonly classifier: ExplainedClassifier;
  /** Its run folder, for messages. */
  readonly folder: string;
  /** Of the training itself. */
  readonly out: string;
  readonly seed: number;
  readonly threads: number;
  pools(): Promise<ClassPools>;
  /** The recipe's settings with those that every training has: all that tells one run from another, but for the course. */
  runSettings(own: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  readonly follow: Follow;
}

/** A training that is ready to run. */
export interface Prepared {
  readonly task: TrainingTask;
  /** The recipe's own; a checkpoint made with others is not resumed. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What the weights' file says of them: which method they are of, and what builds their network again. */
  readonly meta: Pick<MethodMeta, "kind" | "method" | "masking" | "shape">;
  /** The training whose weights it begins with. */
  readonly from?: Origin | undefined;
  /** What is saved of the trained weights; they themselves without. */
  finished?(values: WeightValues): WeightValues;
}

export interface TrainingRecipe<Options = object> {
  /** As in `listenable train lmac`. */
  readonly name: string;
  /** For the list of commands. */
  readonly description: string;
  readonly course: Course;
  readonly options: readonly TrainingOption[];
  /** For the help text. */
  readonly examples?: string;
  /**
   * @param given what was set, without the defaults.
   * @throws UsageError where options do not go together.
   */
  check?(given: Partial<Options>): void;
  prepare(options: Options, ingredients: Ingredients): Promise<Prepared>;
}

/** The value of every option that has one: what was given, and the defaults of the others. */
export function withDefaults<Options>(options: readonly TrainingOption[], given: Partial<Options>): Options {
  const defaults = options.flatMap((option) =>
    option.default === undefined ? [] : [[nameOf(option), option.default] as const],
  );
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(defaults), ...Object.fromEntries(set) } as Options;
}

/** `restCap` of `--rest-cap <nats>`. */
export function nameOf({ flags }: TrainingOption): string {
  const [long] = flags.replace(/^--/, "").split(" ");
  return long.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * What a method without gradients is: it asks a classifier, as a function and nothing more, about one window with this and that
 * taken away, and tells from the answers what each place of the window adds. Each has a file of its own here, `index.ts` lists them.
 */
import { type MethodParameter, type MethodSettings, parameterProblem } from "../method.ts";

/** The windows that are masked. */
export interface WindowShape {
  readonly frames: number;
  readonly bins: number;
  readonly sampleRate: number;
  readonly hop: number;
}

/** What the classifier said, of the class that is explained. */
export interface Answers {
  /** Of the window as it is. */
  readonly whole: number;
  /** Of a window without any sound. */
  readonly silence: number;
  /** Of every trial, in order. */
  readonly trials: Float64Array;
}

/** What windows of a shape are asked: the same of every window, so that equal windows have equal masks. */
export interface Trials {
  /** Calls of the classifier beside those for the whole and for silence. */
  readonly count: number;
  /** What trial `n` keeps of every bin, 0 to 1, row-major [frames, bins]. */
  keep(n: number, out: Float32Array): void;
  /** What every bin adds to the answer, [frames, bins]; what is below 0 speaks against the class. */
  relevance(answers: Answers): Float32Array;
}

export interface PerturbationMethod {
  /** As on the command line. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** One sentence. */
  readonly description: string;
  /** @param calls most trials there may be. */
  trials(shape: WindowShape, calls: number, seed: number): Trials;
}

/** The whole and silence are asked about whatever the method. */
export const CALLS_BESIDE = 2;

/** All methods have these. */
export const PERTURBATION_PARAMETERS: readonly MethodParameter[] = [
  {
    name: "budget",
    description: "calls of the classifier for a window, at most",
    default: 500,
    range: [16, 100_000],
    whole: true,
  },
  { name: "seed", description: "of what is drawn", default: 1, range: [0, 1e9], whole: true },
];

/** For tables. */
export function titleWithCalls({ title }: PerturbationMethod, { budget }: PerturbationSettings): string {
  return `${title}, ${budget} calls`;
}

export interface PerturbationSettings extends MethodSettings {
  readonly budget: number;
  readonly seed: number;
}

/** @throws RangeError for a value that no such method takes. */
export function perturbationSettings(
  given: Partial<Record<"budget" | "seed", number | undefined>>,
): PerturbationSettings {
  const [budget, seed] = PERTURBATION_PARAMETERS.map((parameter) => {
    const value = given[parameter.name as "budget" | "seed"] ?? parameter.default;
    const problem = parameterProblem(parameter, value);
    if (problem) throw new RangeError(`${parameter.name} ${problem}`);
    return value;
  });
  return { budget: budget!, seed: seed! };
}

/** Which methods a pack gets, by their names. */
import { UsageError } from "../errors.ts";
import { findMethod, METHODS } from "../methods/index.ts";
import type { ExplanationMethod, MethodSettings } from "../methods/method.ts";
import type { ChosenMethod } from "./pack-graphs.ts";

export interface MethodChoice {
  /** Names, the default one first; "all" for every method that is possible. */
  readonly methods?: readonly string[] | undefined;
  /** Settings that differ from the defaults, by the method's name. */
  readonly settings?: Readonly<Record<string, MethodSettings>> | undefined;
}

/** What a pack holds when nobody chooses. */
export const DEFAULT_METHODS: readonly string[] = ["lmac"];

/**
 * @param trained names of the methods with weights of their own whose weights are there.
 * @throws UsageError for an unknown method, one named twice or without its weights, or settings of a method that was not
 *   chosen.
 */
export function chooseMethods(
  { methods = DEFAULT_METHODS, settings = {} }: MethodChoice,
  trained: readonly string[],
): ChosenMethod[] {
  const possible = METHODS.filter(({ name, learnt }) => learnt === undefined || trained.includes(name));
  const names = methods.includes("all") ? possible.map(({ name }) => name) : methods;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--methods: ${twice} is named twice`);
  for (const [name, given] of Object.entries(settings)) {
    const [parameter] = Object.keys(given);
    if (parameter !== undefined && !names.includes(name)) {
      throw new UsageError(
        `--${name}-${parameter} was given, but --methods does not name ${name}: add it there`,
      );
    }
  }
  return names.map((name) => {
    const method = known(name);
    if (!possible.includes(method)) {
      throw new UsageError(
        `--methods names ${name}, which needs trained weights: give its run folder too (--decoder, or --l2i)`,
      );
    }
    return { method, settings: settings[name] };
  });
}

function known(name: string): ExplanationMethod {
  try {
    return findMethod(name);
  } catch (error) {
    throw new UsageError(`--methods: ${(error as Error).message}`);
  }
}

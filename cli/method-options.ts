/** Options that choose methods and set their parameters, made from the registry of methods. */
import { type Command, InvalidArgumentError } from "commander";
import { findMethod, METHODS, type MethodParameter, parameterProblem } from "../lab/methods/methods.ts";
import { type ChosenMethod, DEFAULT_METHODS } from "../lab/methods/pack-graphs.ts";
import { UsageError } from "./errors.ts";

const flag = (method: string, parameter: string) => `${method}-${parameter}`;

/** `--methods`, and a flag for every parameter of every method. */
export function addMethodOptions(command: Command): void {
  const names = METHODS.map(({ name }) => name).join(", ");
  const usual = DEFAULT_METHODS.map(({ method }) => method.name).join(",");
  command.option(
    "--methods <list>",
    `explanation methods, the default one first: ${names}; or all`,
    (text) => text.split(","),
    usual.split(","),
  );
  for (const { name, title, parameters } of METHODS) {
    for (const parameter of parameters) {
      command.option(
        `--${flag(name, parameter.name)} <n>`,
        `${title}: ${parameter.description} (default: ${parameter.default})`,
        (text) => parameterValue(parameter, text),
      );
    }
  }
}

/**
 * The methods that the options of `addMethodOptions` choose.
 *
 * @param trained names of the methods with weights of their own whose weights are there.
 * @throws UsageError for an unknown method, one named twice or without its weights, or a parameter of a method that was
 *   not chosen.
 */
export function chosenMethods(command: Command, trained: readonly string[]): ChosenMethod[] {
  const options = command.opts<Record<string, unknown>>();
  const listed = options["methods"] as string[];
  const possible = METHODS.filter(({ name, mask }) => mask !== undefined || trained.includes(name));
  const names = listed.includes("all") ? possible.map(({ name }) => name) : listed;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--methods: ${twice} is named twice`);
  for (const { name, parameters } of METHODS) {
    const given = parameters.find((each) => givenValue(options, name, each) !== undefined);
    if (given && !names.includes(name)) {
      throw new UsageError(
        `--${flag(name, given.name)} was given, but --methods does not name ${name}: add it there`,
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
    const given = method.parameters.flatMap((each) => {
      const value = givenValue(options, name, each);
      return value === undefined ? [] : [[each.name, value] as const];
    });
    return { method, settings: Object.fromEntries(given) };
  });
}

function known(name: string) {
  try {
    return findMethod(name);
  } catch (error) {
    throw new UsageError(`--methods: ${(error as Error).message}`);
  }
}

/** Commander keeps `--ig-steps` as `igSteps`. */
function givenValue(
  options: Readonly<Record<string, unknown>>,
  method: string,
  parameter: MethodParameter,
): number | undefined {
  const key = flag(method, parameter.name).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return options[key] as number | undefined;
}

function parameterValue(parameter: MethodParameter, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const problem = parameterProblem(parameter, value);
  if (problem) throw new InvalidArgumentError(`It ${problem}.`);
  return value;
}

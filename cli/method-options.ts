/** Options that choose methods and set their parameters, made from the list of methods. */
import { type Command, InvalidArgumentError } from "commander";
import { METHODS } from "../lab/methods/index.ts";
import { type MethodParameter, parameterProblem } from "../lab/methods/method.ts";
import { DEFAULT_METHODS, type MethodChoice } from "../lab/packing/choose-methods.ts";

const flag = (method: string, parameter: string) => `${method}-${parameter}`;

/** `--methods`, and a flag for every parameter of every method. */
export function addMethodOptions(command: Command): void {
  const names = METHODS.map(({ name }) => name).join(", ");
  command.option(
    "--methods <list>",
    `explanation methods, the default one first: ${names}; or all`,
    (text) => text.split(","),
    [...DEFAULT_METHODS],
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

/** The methods and settings that were given of the options of `addMethodOptions`. */
export function methodChoice(given: Readonly<Record<string, unknown>>): MethodChoice {
  const settings = METHODS.flatMap(({ name, parameters }) => {
    const set = parameters.flatMap((parameter) => {
      const value = given[optionName(flag(name, parameter.name))];
      return typeof value === "number" ? [[parameter.name, value] as const] : [];
    });
    return set.length > 0 ? [[name, Object.fromEntries(set)] as const] : [];
  });
  const methods = given["methods"] as string[] | undefined;
  return { ...(methods && { methods }), settings: Object.fromEntries(settings) };
}

/** Commander keeps `--ig-steps` as `igSteps`. */
function optionName(long: string): string {
  return long.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function parameterValue(parameter: MethodParameter, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const problem = parameterProblem(parameter, value);
  if (problem) throw new InvalidArgumentError(`It ${problem}.`);
  return value;
}

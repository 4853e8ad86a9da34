/** Options of trainings, as the lab describes them. */
import { type Command, Option } from "commander";
import type { Course, OptionKind, TrainingOption } from "../lab/training/recipe.ts";
import { finite, fraction, positiveInteger, positiveIntegers, positiveNumber } from "./options.ts";

const PARSERS: Partial<Record<OptionKind, (text: string) => unknown>> = {
  number: finite,
  unbounded: Number,
  positive: positiveNumber,
  share: fraction,
  whole: positiveInteger,
  wholes: positiveIntegers,
};

export function addTrainingOptions(command: Command, options: readonly TrainingOption[]): void {
  for (const { flags, description, kind, choices, conflicts, default: usual } of options) {
    const option = new Option(flags, description);
    const parser = PARSERS[kind];
    if (parser) option.argParser(parser);
    if (choices) option.choices(choices);
    if (conflicts) option.conflicts([...conflicts]);
    if (usual !== undefined) option.default(usual);
    command.addOption(option);
  }
}

/** Options that every command that trains has. */
export function addCourseOptions(command: Command, usual: Omit<Course, "decay">): Command {
  return command
    .option("--steps <n>", "steps of training", positiveInteger, usual.steps)
    .option("--batch <n>", "windows in a step", positiveInteger, usual.batch)
    .option("--rate <rate>", "highest learning rate", positiveNumber, usual.rate)
    .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
    .option("--threads <n>", "threads of the computation", positiveInteger, 1)
    .option("--stop-after <n>", "stop after this many steps; the same command goes on", positiveInteger);
}

/** What was given on the command line, without the defaults. */
export function givenOptions<Options extends object>(command: Command): Options {
  const given = Object.entries(command.opts()).filter(
    ([name]) => command.getOptionValueSource(name) !== "default",
  );
  return Object.fromEntries(given) as Options;
}

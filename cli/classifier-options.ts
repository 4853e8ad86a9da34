/** How a classifier in a file is read, the same for every command that takes one. */
import { type Command, Option } from "commander";
import { POOLS } from "../lab/import/answer.ts";
import { ANSWERS, FORMS } from "../lab/import/head.ts";
import { PRESETS } from "../lab/import/presets.ts";

/** What `addReadingOptions` adds, as commander names it. */
export const READING_OPTIONS = ["front", "labels", "output", "answer", "answers", "pool"] as const;

export function addReadingOptions(command: Command): void {
  command
    .option(
      "--front <name, file or words>",
      `how it is fed: ${Object.keys(PRESETS).join(", ")}; a JSON file, or a preprocessor_config.json; or name=value,name=value (see the guide, and check-front)`,
    )
    .option(
      "--labels <file>",
      "its classes in order: one a line, a JSON list, AudioSet's table, or a config.json with id2label",
    );
  addAnswerOptions(command);
}

/** What is said of a classifier's answer. */
export function addAnswerOptions(command: Command): Command {
  return command
    .option("--output <name>", "which output is the answer, where there are several")
    .addOption(
      new Option("--answer <kind>", "what the answer is, where the file does not tell").choices(ANSWERS),
    )
    .addOption(
      new Option(
        "--answers <form>",
        "independent: each class its own yes or no; exclusive: one of them; told by the file or a trial without",
      ).choices(FORMS),
    )
    .addOption(
      new Option("--pool <how>", "values frame by frame become one value a class so").choices(POOLS),
    );
}

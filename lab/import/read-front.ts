/** A front as people give it: a file, a preset's name, or words. */
import { existsSync, readFileSync } from "node:fs";
import { UsageError } from "../errors.ts";
import { type Front, parseFront, parseFrontWords, wordFields } from "./front.ts";
import { PRESETS } from "./presets.ts";
import { frontOfPreprocessor, isPreprocessorConfig } from "./transformers-config.ts";

/** @throws UsageError for a file that cannot be read; FrontError for what describes no front. */
export function readFront(text: string | undefined): Front {
  const presets = Object.keys(PRESETS).join(", ");
  if (text === undefined) {
    throw new UsageError(
      `--front is missing: a preset (${presets}), or a JSON file or name=value,... that says how the classifier is fed, for ` +
        "instance --front input=mel,sampleRate=16000,nFft=512,hop=160,nMels=64,log=ln; docs/explain-your-own-classifier.md " +
        "lists all words",
    );
  }
  const [file = "", ...words] = text.split(",");
  if (!existsSync(text) && !(words.length > 0 && existsSync(file))) {
    if (text.includes("=") || text in PRESETS) return parseFrontWords(text);
    throw new UsageError(`--front ${text} is neither a file nor a preset; presets are: ${presets}`);
  }
  if (existsSync(text)) return parseFront(readFields(text), text);
  // A file, and what differs from it.
  return parseFront({ ...readFields(file), ...wordFields(words) }, text);
}

/** The fields of a front's file, or of a transformers model's `preprocessor_config.json`. */
function readFields(file: string): object {
  try {
    const json = JSON.parse(readFileSync(file, "utf8"));
    return isPreprocessorConfig(json) ? frontOfPreprocessor(json) : json;
  } catch (cause) {
    throw new UsageError(`--front ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

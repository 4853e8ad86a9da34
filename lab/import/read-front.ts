/** A front as people give it: a file, a preset's name, or words. */
import { existsSync, readFileSync } from "node:fs";
import { UsageError } from "../errors.ts";
import { type Front, parseFront, parseFrontWords } from "./front.ts";
import { PRESETS } from "./presets.ts";

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
  if (!existsSync(text)) {
    if (text.includes("=") || text in PRESETS) return parseFrontWords(text);
    throw new UsageError(`--front ${text} is neither a file nor a preset; presets are: ${presets}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(text, "utf8"));
  } catch (cause) {
    throw new UsageError(`--front ${text}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  return parseFront(json, text);
}

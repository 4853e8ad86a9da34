/** A transformers model's folder: the classifier's file, its labels and its front, as its own files say them. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import type { Form } from "./head.ts";

/** What importing goes by, of which a folder tells some. */
interface Told {
  readonly file: string;
  readonly front?: unknown;
  readonly labels?: unknown;
  readonly answers?: Form | undefined;
}

/** Whether a folder has a `config.json` as transformers writes it: our own runs have none. */
export function isModelFolder(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false) && configOf(path) !== undefined;
}

interface Config {
  readonly problem_type?: unknown;
}

function configOf(folder: string): Config | undefined {
  const path = join(folder, "config.json");
  if (!existsSync(path)) return undefined;
  try {
    const json: unknown = JSON.parse(readFileSync(path, "utf8"));
    const known = ["id2label", "model_type", "architectures"];
    return typeof json === "object" && json !== null && known.some((name) => name in json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The options with what the folder tells in place of what was not said; the same where `file` is no such folder.
 *
 * @throws UsageError where the folder has no file of a classifier, or several and none that is called model.onnx.
 */
export function withModelFolder<Options extends Told>(
  options: Options,
  onNotice: (sentence: string) => void,
): Options {
  const { file: folder } = options;
  if (!isModelFolder(folder)) return options;
  const file = fileIn(folder);
  const preprocessor = join(folder, "preprocessor_config.json");
  const config = join(folder, "config.json");
  const answers = options.answers ?? FORMS_OF[String(configOf(folder)?.problem_type)];
  onNotice(
    `${folder}: its classifier is ${file.slice(folder.length).replace(/^[/\\]+/, "")}` +
      (options.answers === undefined && answers
        ? `, whose config.json says that its classes are ${answers}.`
        : "."),
  );
  return {
    ...options,
    file,
    labels: options.labels ?? config,
    ...(options.front === undefined && existsSync(preprocessor) && { front: preprocessor }),
    ...(answers && { answers }),
  };
}

const FORMS_OF: Readonly<Record<string, Form | undefined>> = {
  multi_label_classification: "independent",
  single_label_classification: "exclusive",
};

function fileIn(folder: string): string {
  const places = [folder, join(folder, "onnx")].filter((place) => existsSync(place));
  const found = places.flatMap((place) =>
    readdirSync(place)
      .filter((name) => /\.(onnx|tflite)$/i.test(name))
      .map((name) => join(place, name)),
  );
  const [only, ...others] = found;
  if (!only)
    throw new UsageError(
      `${folder} has no .onnx or .tflite file, nor has its folder onnx; export the model first`,
    );
  const usual = found.find((path) => /[/\\]model\.onnx$/.test(path));
  if (usual || others.length === 0) return usual ?? only;
  throw new UsageError(
    `${folder} has several classifiers and no model.onnx; name one of: ${found.join(", ")}`,
  );
}

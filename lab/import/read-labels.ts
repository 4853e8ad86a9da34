/** Names of a classifier's classes, from a file that its publisher or its user wrote. */
import { readFile } from "node:fs/promises";
import { UsageError } from "../errors.ts";
import { labelsOfConfig } from "./transformers-config.ts";

/** AudioSet's lists of classes, which YAMNet's and its kin's publishers have too, call the column so. */
const CLASS_COLUMN = "display_name";

/**
 * One name a line, a JSON list, a table as AudioSet's (`index,mid,display_name`), or a transformers model's `config.json`.
 *
 * @throws UsageError that names the file.
 */
export async function readLabels(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--labels ${path} cannot be read (${cause.code})`, { cause });
  });
  const json = /^\s*[[{]/.test(text) ? parsedJson(text, path) : undefined;
  const names = json === undefined ? fromTable(labelLines(text)) : (labelsOfConfig(json) ?? json);
  if (!Array.isArray(names) || !names.every((each) => typeof each === "string")) {
    throw new UsageError(`--labels ${path} is no list of names`);
  }
  const seen = new Set<string>();
  // Of fifteen thousand names each is looked for once.
  const twice = names.find((label) => seen.size === seen.add(label).size);
  if (twice !== undefined) throw new UsageError(`--labels ${path} has "${twice}" twice`);
  return names;
}

export function labelLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function parsedJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--labels ${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

/** The lines themselves, where they are no table. */
function fromTable(lines: string[]): string[] {
  const column = cells(lines[0] ?? "").indexOf(CLASS_COLUMN);
  return column < 1 ? lines : lines.slice(1).map((line) => cells(line)[column] ?? "");
}

/** Of a line of a CSV file, without their quotes. */
function cells(line: string): string[] {
  const found = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...found].map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain);
}

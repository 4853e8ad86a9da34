/** What each class is believed from: a JSON object of labels and probabilities, as `train thresholds` writes it. */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { UsageError } from "../errors.ts";

const FILE = v.record(v.string(), v.pipe(v.number(), v.minValue(0), v.maxValue(1)));

/** @throws UsageError for a file that holds no thresholds. */
export async function readThresholds(file: string): Promise<Record<string, number>> {
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new UsageError(`--thresholds: ${file} cannot be read (${cause.message})`);
  });
  try {
    return v.parse(FILE, JSON.parse(text));
  } catch (cause) {
    throw new UsageError(`--thresholds: ${file} is no JSON object of labels and probabilities`, { cause });
  }
}

/**
 * In the order of the labels.
 *
 * @param others what the classes are believed from that are not named.
 * @throws UsageError for a class that there is not.
 */
export function thresholdsByClass(
  labels: readonly string[],
  thresholds: Readonly<Record<string, number>>,
  others = 0.5,
): readonly number[] {
  const odd = Object.keys(thresholds).find((label) => !labels.includes(label));
  if (odd !== undefined)
    throw new UsageError(`thresholds: there is no class "${odd}" in ${labels.join(", ")}`);
  return labels.map((label) => thresholds[label] ?? others);
}

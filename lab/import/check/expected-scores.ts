/** What the original program said of a sound: the scores that a front has to lead to. */
import { readFile } from "node:fs/promises";
import { UsageError } from "../../errors.ts";

/** Scores by the index of their class: of all classes, or of some. */
export type ExpectedScores = ReadonlyMap<number, number>;

/**
 * Reads a list in the order of the classes, an object of labels and scores, or either of them under "scores".
 *
 * @throws UsageError that says what the file has to hold.
 */
export async function readExpected(
  path: string,
  classes: number,
  labels?: readonly string[],
): Promise<ExpectedScores> {
  const wrong = (what: string, cause?: unknown) => new UsageError(`--expect ${path}: ${what}`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw wrong((cause as Error).message, cause);
  }
  return expectedScores(json, classes, labels, wrong);
}

export function expectedScores(
  json: unknown,
  classes: number,
  labels: readonly string[] | undefined,
  wrong: (what: string) => Error,
): ExpectedScores {
  const scores = unwrapped(json);
  const entries = Array.isArray(scores) ? ofList(scores, classes, wrong) : ofLabels(scores, labels, wrong);
  for (const [, score] of entries)
    if (typeof score !== "number" || !Number.isFinite(score))
      throw wrong(`${JSON.stringify(score)} is no score; every score is a number`);
  if (entries.length < 2) throw wrong("fewer than two scores tell nothing; give those of all classes");
  return new Map(entries as [number, number][]);
}

function unwrapped(json: unknown): unknown {
  const inner = typeof json === "object" && json !== null && "scores" in json ? json.scores : json;
  // What `output.tolist()` of a batch of one gives.
  return Array.isArray(inner) && inner.length === 1 && Array.isArray(inner[0]) ? inner[0] : inner;
}

function ofList(scores: readonly unknown[], classes: number, wrong: (what: string) => Error) {
  const [only] = scores;
  // Of a yes or no: what is not the one is the other.
  if (scores.length === 1 && classes === 2 && typeof only === "number")
    return [only, only >= 0 && only <= 1 ? 1 - only : 0].map((score, index) => [index, score] as const);
  if (scores.length !== classes)
    throw wrong(`it has ${scores.length} scores, the classifier answers for ${classes} classes`);
  return scores.map((score, index) => [index, score] as const);
}

function ofLabels(scores: unknown, labels: readonly string[] | undefined, wrong: (what: string) => Error) {
  if (typeof scores !== "object" || scores === null)
    throw wrong('it has to be a list of scores, or an object {"label": score, ...}');
  if (!labels) throw wrong("it names classes; give their list with --labels");
  return Object.entries(scores).map(([label, score]) => {
    const index = labels.indexOf(label);
    if (index < 0) throw wrong(`"${label}" is none of the classes in --labels`);
    return [index, score] as const;
  });
}

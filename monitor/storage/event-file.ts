/** `event.json` and `review.json` of an event's folder: written whole, read with care, as anybody may have been there. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { EVENT_FILES } from "../event.ts";
import { type MonitorEvent, REVIEWS, type Review } from "../protocol.ts";
import { writeDurably, writeDurablySync } from "./durable-files.ts";

/** What somebody said of an event, beside it: people's work outlives the database. */
export const REVIEW_FILE = "review.json";

export interface KeptReview {
  /** Null where a review was taken back. */
  readonly review: Review | null;
  /** Milliseconds since 1970. */
  readonly at: number | null;
}

/** An event of a minute has a kilobyte or two. */
const MOST_BYTES = 1024 * 1024;

const text = v.pipe(v.string(), v.maxLength(10_000));
const seconds = v.pipe(v.number(), v.finite());

const eventSchema = v.looseObject({
  id: text,
  input: text,
  file: v.optional(text),
  at: v.pipe(
    text,
    v.check((at) => !Number.isNaN(Date.parse(at)), "is no time"),
  ),
  start: seconds,
  end: seconds,
  classes: v.pipe(
    v.array(v.looseObject({ label: text, start: seconds, end: seconds, confidence: seconds })),
    v.minLength(1),
    v.maxLength(10_000),
  ),
  clip: v.looseObject({ sampleRate: seconds, samples: seconds, before: seconds }),
  pack: v.looseObject({ name: text, version: text }),
  method: text,
  state: v.picklist(["closed", "explained", "unexplained"]),
  faithfulness: v.optional(
    v.looseObject({
      ...{ original: seconds, explanation: seconds, rest: seconds, windows: seconds },
      badge: v.picklist(["faithful", "partly", "not"]),
      named: v.optional(seconds),
    }),
  ),
  problem: v.optional(text),
});

const reviewSchema = v.object({ review: v.nullable(v.picklist(REVIEWS)), at: v.nullable(v.number()) });

/** @throws Error that says what is wrong with it, as the end of a sentence: "is empty". */
export function parseEvent(json: string, id: string): MonitorEvent {
  if (json.trim() === "") throw new Error("is empty");
  const found = v.safeParse(eventSchema, parsed(json));
  if (!found.success) {
    const [issue] = found.issues;
    throw new Error(`is no event (${v.getDotPath(issue) ?? "all of it"}: ${issue.message})`);
  }
  if (found.output.id !== id) throw new Error(`is that of another event, ${found.output.id}`);
  return found.output as unknown as MonitorEvent;
}

/** @throws as `parseEvent`, or why it cannot be read. */
export async function readEventFile(folder: string, id: string): Promise<MonitorEvent> {
  return parseEvent(await readShort(join(folder, EVENT_FILES.json)), id);
}

/** @throws as `readEventFile`. */
export async function readReview(folder: string): Promise<KeptReview> {
  const found = v.safeParse(reviewSchema, parsed(await readShort(join(folder, REVIEW_FILE))));
  if (!found.success) throw new Error("is no review");
  return found.output;
}

export function keepReview(folder: string, review: KeptReview): Promise<void> {
  return writeDurably(join(folder, REVIEW_FILE), reviewText(review));
}

/** The same before it returns. */
export function keepReviewSync(folder: string, review: KeptReview): void {
  writeDurablySync(join(folder, REVIEW_FILE), reviewText(review));
}

function reviewText(review: KeptReview): string {
  return `${JSON.stringify(review)}\n`;
}

async function readShort(path: string): Promise<string> {
  const unreadable = ({ code, message }: NodeJS.ErrnoException): never => {
    throw new Error(code === "ENOENT" ? "is missing" : `cannot be read (${message})`);
  };
  // A pipe would be waited for for ever, and a disk's image would not fit into memory.
  const found = await stat(path).catch(unreadable);
  if (!found.isFile()) throw new Error("is no file, and cannot be read");
  if (found.size > MOST_BYTES) throw new Error(`has ${found.size} bytes, which no event has`);
  return readFile(path, "utf8").catch(unreadable);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json.replace(/^\ufeff/, ""));
  } catch {
    throw new Error("is cut off or no JSON");
  }
}

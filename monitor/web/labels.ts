/** Events with their reviews as labels for other programs. */
import { setImmediate } from "node:timers/promises";
import { csvLine } from "../../protocol/csv.ts";
import { oneLine } from "../../protocol/shown-text.ts";
import type { MonitorEvent } from "../protocol.ts";
import type { StoredEvent } from "../storage/event-rows.ts";

/** One class of one event. */
export interface Label {
  readonly id: string;
  readonly at: string;
  readonly input: string;
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly label: string;
  readonly confidence: number;
  readonly badge: string;
  readonly review: string;
  /** Where the clip lies below the data folder, and where the label lies in it, in seconds. */
  readonly clip: string;
  readonly clipStart: number;
  readonly clipEnd: number;
}

export function labelsOf(events: readonly StoredEvent[], clipOf: (event: MonitorEvent) => string): Label[] {
  return events.flatMap(({ event, review }) =>
    event.classes.map(({ label, start, end, confidence }) => ({
      id: event.id,
      at: event.at,
      input: event.input,
      file: event.file ?? "",
      start,
      end,
      label,
      confidence,
      badge: event.faithfulness?.badge ?? "",
      review: review ?? "",
      clip: clipOf(event),
      clipStart: rounded(start - event.start + event.clip.before),
      clipEnd: rounded(end - event.start + event.clip.before),
    })),
  );
}

/** The same in parts, each in a turn of its own. */
export async function* labelsOfFew(
  events: readonly StoredEvent[],
  clipOf: (event: MonitorEvent) => string,
  turn: () => Promise<void>,
): AsyncGenerator<readonly Label[]> {
  let few: StoredEvent[] = [];
  let labels = 0;
  for (const each of events) {
    few.push(each);
    labels += each.event.classes.length;
    if (labels < LABELS) continue;
    yield labelsOf(few, clipOf);
    await turn();
    few = [];
    labels = 0;
  }
  if (few.length > 0) yield labelsOf(few, clipOf);
}

/** Some milliseconds of work. */
const LABELS = 250;

const COLUMNS: readonly (keyof Label)[] = [
  "id",
  "at",
  "input",
  "file",
  "start",
  "end",
  "label",
  "confidence",
  "badge",
  "review",
  "clip",
  "clipStart",
  "clipEnd",
];

/** Labels as they are found, some at a time. */
type Found = AsyncIterable<readonly Label[]>;

interface LabelFile {
  readonly type: string;
  /** Its text, made while it is sent. */
  readonly pieces: (found: Found) => AsyncGenerator<string>;
}

/** By name. */
export const LABEL_FILES: ReadonlyMap<string, LabelFile> = new Map([
  ["labels.csv", { type: "text/csv", pieces: csvPieces }],
  ["labels.json", { type: "application/json", pieces: jsonPieces }],
  ["labels.txt", { type: "text/plain", pieces: audacityPieces }],
]);

export function labelsCsv(labels: readonly Label[]): string {
  return csvLine(COLUMNS) + labels.map(csvRow).join("");
}

async function* csvPieces(found: Found): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  for await (const labels of found) yield labels.map(csvRow).join("");
}

function csvRow(label: Label): string {
  return csvLine(COLUMNS.map((column) => label[column]));
}

async function* jsonPieces(found: Found): AsyncGenerator<string> {
  let before = "[";
  for await (const labels of found) {
    const texts = labels.map((label) => `\n${JSON.stringify(label, null, 1)}`.replaceAll("\n", "\n "));
    if (texts.length === 0) continue;
    yield before + texts.join(",");
    before = ",";
  }
  yield before === "[" ? "[]\n" : "\n]\n";
}

/** Audacity's label track: start, end, text, parted by tabs; times as in the file or stream that was heard. */
export function labelsAudacity(labels: readonly Label[]): string {
  return track(labels)
    .map(({ line }) => line)
    .join("");
}

/** In the order of time, and found in another: parts in order are brought together. */
async function* audacityPieces(found: Found): AsyncGenerator<string> {
  const parts: Iterable<TrackLine>[] = [];
  for await (const labels of found) parts.push(track(labels));
  let lines: string[] = [];
  for (const { line } of inOrder(parts)) {
    lines.push(line);
    if (lines.length < LINES) continue;
    yield lines.join("");
    lines = [];
    await setImmediate();
  }
  yield lines.join("");
}

/** Lines that are brought together before others may do something. */
const LINES = 1000;

interface TrackLine {
  readonly start: number;
  readonly line: string;
}

function track(labels: readonly Label[]): TrackLine[] {
  return [...labels]
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, label, review }) => {
      const text = oneLine(review === "" ? label : `${label} (${review})`);
      return { start, line: `${start.toFixed(6)}\t${end.toFixed(6)}\t${text}\n` };
    });
}

function* inOrder(parts: readonly Iterable<TrackLine>[]): Generator<TrackLine> {
  if (parts.length <= 1) {
    yield* parts[0] ?? [];
    return;
  }
  const half = parts.length >> 1;
  const left = inOrder(parts.slice(0, half));
  const right = inOrder(parts.slice(half));
  let a = left.next();
  let b = right.next();
  while (!a.done || !b.done) {
    if (b.done || (!a.done && a.value.start <= b.value.start)) {
      if (!a.done) yield a.value;
      a = left.next();
    } else {
      yield b.value;
      b = right.next();
    }
  }
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

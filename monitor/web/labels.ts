/** Events with their reviews as labels for other programs. */
import { oneLine } from "../../protocol/shown-text.ts";
import { csvLine } from "../../server/csv.ts";
import type { MonitorEvent } from "../protocol.ts";
import type { StoredEvent } from "../storage/event-store.ts";

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

export function labelsCsv(labels: readonly Label[]): string {
  return [csvLine(COLUMNS), ...labels.map((label) => csvLine(COLUMNS.map((column) => label[column])))].join(
    "",
  );
}

/** Audacity's label track: start, end, text, parted by tabs; times as in the file or stream that was heard. */
export function labelsAudacity(labels: readonly Label[]): string {
  return [...labels]
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, label, review }) => {
      const text = review === "" ? label : `${label} (${review})`;
      return `${start.toFixed(6)}\t${end.toFixed(6)}\t${oneLine(text)}\n`;
    })
    .join("");
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

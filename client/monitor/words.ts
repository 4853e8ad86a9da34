/** Every sentence of the monitor's pages. */
import type { Badge, InputState, MonitorEvent, Review } from "../../protocol/monitor.ts";
import { capitalised, className, percent } from "../page/format.ts";

export const words = {
  live: "Live",
  events: "Events",
  lost: "The monitor does not answer. This page comes back by itself when it does.",
  loading: "Loading …",
  nothingYet: "Nothing has been kept yet. Events appear here as they are explained.",
  nothingFound: "No event passes these filters.",
  latest: "Latest events",
  lastMinute: "The last minute",
  listen: "Listen live",
  off: "Off",
  original: "Original",
  explanation: "Explanation",
  rest: "Rest",
  originalNote: "What was recorded.",
  explanationNote: "The part that made the classifier decide.",
  restNote: "Everything but that.",
  allClasses: "All classes",
  class: "Class",
  input: "Input",
  allInputs: "All inputs",
  from: "From",
  to: "To",
  confidence: "Confidence at least",
  anyConfidence: "Any",
  reviewState: "Review",
  anyReview: "Any or none",
  unreviewed: "Not reviewed",
  search: "Search",
  badge: "Explanation is",
  anyBadge: "Any",
  more: "Older events",
  labels: "As labels",
  back: "All events",
  review: "Was this right?",
  readOnly: "These pages are read-only.",
  unknownEvent: "There is no such event. It may have been too old to keep.",
  picture: "Spectrogram of the clip, the part that the classifier went by, and what it heard when",
  continues: "It went on longer than an event may last and was cut here.",
  discards: (labels: readonly string[], count: number) =>
    `Clips with ${labels.map(className).join(" or ")} are not kept${count > 0 ? `; ${count} so far` : ""}.`,
  total: (shown: number, total: number) => (total === 1 ? "1 event" : `${shown} of ${total} events`),
  silence: "silence",
  other: "something else",
  dropped: (seconds: number) => `${seconds} s lost: the analysis was behind`,
};

export const STATES: Readonly<Record<InputState, string>> = {
  connecting: "connecting",
  running: "listening",
  waiting: "waiting",
  ended: "ended",
};

export const REVIEW_WORDS: Readonly<Record<Review, string>> = {
  right: "Right",
  wrong: "Wrong",
  unsure: "Unsure",
};

export const BADGE_WORDS: Readonly<Record<Badge, string>> = {
  faithful: "faithful",
  partly: "partly faithful",
  not: "not faithful",
};

export function classesText({ classes }: MonitorEvent): string {
  return capitalised(classes.map(({ label }) => className(label)).join(", "));
}

export function timeText(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

export function lengthText({ start, end }: { readonly start: number; readonly end: number }): string {
  return `${(end - start).toFixed(1)} s`;
}

/** Where in a file, where it is one. */
export function placeText({ input, file, start }: MonitorEvent): string {
  if (file === undefined) return input;
  const minutes = Math.floor(start / 60);
  const seconds = (start - 60 * minutes).toFixed(1).padStart(4, "0");
  return `${input} · ${file} at ${minutes}:${seconds}`;
}

/** The badge in a sentence, with the rule behind it. */
export function faithfulnessText({ classes, faithfulness, problem }: MonitorEvent): string {
  const name = className(classes[0].label);
  if (!faithfulness) return problem ? `No explanation: ${problem}` : "The explanation is being made.";
  const { original, explanation, rest, badge } = faithfulness;
  const alone = explanation >= 0.5 ? `is still called ${name}` : `is no longer called ${name}`;
  const without = rest >= 0.5 ? "still is too" : "is not";
  return (
    `${capitalised(BADGE_WORDS[badge])}: the classifier gives ${name} ${percent(original)} in the original. ` +
    `The explanation alone ${alone} (${percent(explanation)}), the rest ${without} (${percent(rest)}).`
  );
}

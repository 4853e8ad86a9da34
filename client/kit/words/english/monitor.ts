/** The pages of the monitor. */
import { numbersIn } from "../numbers.ts";

const { listedAny } = numbersIn("en");

export const monitor = {
  live: "Live",
  events: "Events",
  denied: "This monitor wants an access token: open the address that you were given, with #token= in it.",
  lost: "The monitor does not answer. This page comes back by itself when it does.",
  full: "Too many pages follow the monitor just now. This one is renewed from time to time, and follows when there is room.",
  rebuilding: (done: number, total: number, seconds: number) =>
    `The database is being made anew: ${done} of ${total} events, ${seconds} s left. Older events appear when it is done.`,
  nothingHere: (address: string) => `This page has no ${address}. Choose Live or Events above.`,
  toReview: "Events that nobody has reviewed yet",
  noSound: "Live sound cannot be had just now; it is tried again.",
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
    `Clips with ${listedAny(labels)} are not kept${count > 0 ? `; ${count} so far` : ""}.`,
  total: (shown: number, total: number) => (total === 1 ? "1 event" : `${shown} of ${total} events`),
  silence: "silence",
  other: "something else",
  dropped: (seconds: number) => `${seconds} s lost: the analysis was behind`,
  unkept: (count: number) =>
    `${count === 1 ? "1 event waits" : `${count} events wait`} to be written; it is tried again`,
  unread: (count: number) =>
    `${count === 1 ? "1 file" : `${count} files`} could not be read to the end; it is tried again`,
  views: "Views",
  sounds: "Sounds",
  states: {
    connecting: "connecting",
    running: "listening",
    idle: "nothing new",
    waiting: "waiting",
    ended: "ended",
  },
  reviews: { right: "Right", wrong: "Wrong", unsure: "Unsure" },
  badges: { faithful: "faithful", partly: "partly faithful", not: "not faithful" },
  place: (input: string, file: string, time: string) => `${input} · ${file} at ${time}`,
  notExplained: (problem: string) => `No explanation: ${problem}`,
  beingExplained: "The explanation is being made.",
  /** The badge in a sentence, with the rule behind it; `alone` and `without` tell whether the class is still heard. */
  faithfulness: (label: string, shares: Shares, alone: boolean, without: boolean) =>
    `the classifier gives ${label} ${shares.original} in the original. ` +
    `The explanation alone ${alone ? "is still" : "is no longer"} called ${label} (${shares.explanation}), ` +
    `the rest ${without ? "still is too" : "is not"} (${shares.rest}).`,
};

/** Probabilities as text. */
export interface Shares {
  readonly original: string;
  readonly explanation: string;
  readonly rest: string;
}

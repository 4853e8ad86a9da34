/** The live picture. */
import type { Listening } from "../../../live/live-explainer.ts";
import type { FrequencyScale } from "../../spectrogram/axis.ts";

export const picture = {
  label: (seconds: number, kilohertz: string, view: Listening) =>
    `Spectrogram of the last ${seconds} seconds, 0 to ${kilohertz} kilohertz. ${spoken[view]}`,
  hint: "Here the sound becomes a picture: time runs to the right, high notes are at the top.",
  made: "made it decide",
  leftOut: "left out",
  outlined: "inside the line: made it decide",
  hatched: "no explanation",
  hatchedToo: "Parts of it are hatched: they have no explanation.",
  mask: "Show the mask",
  more: "More",
  view: "In colour",
  views: {
    listening: "What you hear",
    original: "Everything",
    explanation: "The explanation",
    rest: "The rest",
  } satisfies Record<Listening | "listening", string>,
  scale: "Heights",
  scales: {
    mel: "As ears hear (mel)",
    log: "Octaves",
    linear: "Hertz",
  } satisfies Record<FrequencyScale, string>,
  hertz: "Hz",
  now: "now",
  ago: (seconds: number) => `−${seconds} s`,
  after: (seconds: number) => `${seconds} s`,
};

const spoken: Record<Listening, string> = {
  original: "All of it is in colour; a line surrounds what belongs to the explanation.",
  explanation: "Parts that belong to the explanation are in colour, the rest is grey.",
  rest: "The rest is in colour; parts that belong to the explanation are grey.",
};

/** The frozen moment, and the page that it is shared as. */
import type { Listening } from "../../../live/live-explainer.ts";
import { numbersIn } from "../numbers.ts";

const { listed } = numbersIn("en");

export const moment = {
  freeze: "Freeze the last 10 s",
  freezing: "Freezing …",
  freezeHint: "Inspect it, play it again, explain it otherwise, keep it.",
  title: "Frozen moment",
  facts: (seconds: string, clock: string, source: string) => `${seconds} s of ${source}, frozen at ${clock}.`,
  mixed: "Method or class were changed within it: its older part was explained otherwise.",
  microphone: "the microphone",
  stays: "It stays in this browser until you save or share it. The live sound is muted while this plays.",
  close: "Close",
  play: "Play",
  stop: "Stop",
  loop: "Repeat",
  match: "Same loudness",
  matchHint: "All sounds as loud as the original, or as near as full scale allows (ITU-R BS.1770).",
  listen: "What you hear",
  sound: { original: "Original", explanation: "Explanation", rest: "Rest" } satisfies Record<
    Listening,
    string
  >,
  view: "Picture",
  views: {
    overlay: "Sound and mask",
    original: "Original",
    explanation: "Explanation",
    rest: "Rest",
  },
  selected: (from: string, to: string, seconds: string) => `Selected: ${from} to ${to} s (${seconds} s)`,
  selectAll: "Select all",
  selectFrom: "Begin of the selection",
  selectTo: "End of the selection",
  seconds: (value: string) => `${value} seconds`,
  picture: (title: string, seconds: string, top: string) =>
    `Spectrogram of ${seconds} seconds, 0 to ${top} kilohertz, explained by ${title}. Drag to select a part.`,
  took: (names: readonly string[]) =>
    names.length > 0
      ? `While it was heard, it was taken for: ${listed(names)}`
      : "It was taken for nothing for sure",
  side: (name: string) => `Explanation ${name}`,
  method: "Explained by",
  heardBy: (method: string) => `${method}, as heard`,
  asked: "Why",
  winner: "what it hears",
  onlyWinner: (method: string) => `${method} explains only what it hears.`,
  compare: "Compare with another",
  single: "End comparison",
  hear: (side: string) => `Hear ${side}`,
  whichSide: "Which explanation plays",
  working: (share: string) => `Explaining anew: ${share}`,
  judging: (share: string) => `Asking the classifier again: ${share}`,
  failed: (why: string) => `That could not be explained (${why}). Choose it again, or something else.`,
  says: (label: string) => `How sure the classifier is of “${label}”`,
  saysWhole: "of the whole sound",
  saysExplanation: "of the explanation alone",
  saysRest: "of the rest, without it",
  increase: "windows in which the explanation alone is surer",
  faithfulness: "whole minus rest",
  silent: "Nothing is to be heard in this part.",
  unexplained: (seconds: string) =>
    `${seconds} s of this part had no explanation. It is hatched, explanation and rest are silent there, and figures leave it out.`,
  save: "Keep",
  wav: (name: string) => `${name} .wav`,
  png: "Picture .png",
  json: "Facts .json",
  share: "Share as one file",
  shareHint: "A page of its own that plays and shows this moment anywhere, without a network.",
  saved: (name: string) => `${name} is ready.`,
  notSaved: (why: string) => `That could not be made into a file: ${why}.`,
  notFrozen: (why: string) => `That moment could not be kept: ${why}.`,
  notPlayed: (why: string) => `The sound device does not play it: ${why}.`,
  keys: "Keys: A, B, C choose what you hear, space plays, L repeats, S changes sides, Escape closes.",
  sharedTitle: (label: string) => `What made it hear “${label}”`,
  sharedSentence: (seconds: string, date: string, model: string) =>
    `${seconds} seconds, frozen on ${date}. A classifier (${model}) named what it heard; the explanation is the part of the sound that made it decide, the rest is everything else. Made with Listenable.`,
  sharedPicture: (title: string) => `Spectrogram of the sound, explained by ${title}.`,
  sharedKeys: "Keys A, B, C … choose the sound.",
  sharedEach: "Each sound by itself",
  sharedFacts: "All facts",
};

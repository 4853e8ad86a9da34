/** The kiosk: few words, to be read from three metres. */
import type { Listening } from "../../../live/live-explainer.ts";

export const kiosk = {
  starting: "One moment …",
  startingHint: "The model is being prepared.",
  recovering: "Back in a moment",
  recoveringHint: "Something is missing just now. It goes on by itself.",
  press: "Touch the screen to begin",
  listening: "Listening …",
  makeASound: "Make a sound, and see what it is taken for.",
  silent: "Silence",
  invitation: "Come closer and make a sound",
  /** While no microphone hears them. */
  examples: "Listen to an example",
  noMicrophone: "The microphone is missing just now: these are examples.",
  unexplained: "Until it is back, you hear everything.",
  recordedBy: (authors: string) => `Recorded by ${authors}; cut and mixed.`,
  example: (title: string) => `An example: ${title.toLowerCase()}`,
  sure: (share: string) => `${share} sure`,
  sureAndAlso: (share: string, labels: string) => `${share} sure · also ${labels}`,
  guess: (label: string, share: string) => `perhaps ${label}, ${share}`,
  youHear: {
    original: "You hear everything.",
    explanation: "You hear only what made it decide.",
    rest: "You hear what it left out.",
  } satisfies Record<Listening, string>,
  choices: { original: "Everything", explanation: "What made it decide", rest: "The rest" } satisfies Record<
    Listening,
    string
  >,
  askedFor: (label: string) => `You hear what speaks for ${label}.`,
  whatItHears: "What it hears",
  explain: "What speaks for",
  pictureHint: "Coloured: what made it decide",
};

/** What people read in a kiosk, in each language that it speaks. */
import type { KioskSettings } from "../../protocol/kiosk.ts";
import { capitalised, className, percent } from "../page/format.ts";
import type { Verdict } from "../page/verdict.ts";

export interface KioskWords {
  readonly starting: string;
  readonly startingHint: string;
  readonly recovering: string;
  readonly recoveringHint: string;
  readonly press: string;
  readonly listening: string;
  readonly makeASound: string;
  readonly silent: string;
  readonly other: string;
  readonly unsure: string;
  readonly invitation: string;
  readonly example: (title: string) => string;
  readonly sure: (share: number) => string;
  readonly guess: (label: string, share: number) => string;
  readonly youHear: Readonly<Record<KioskSettings["listening"], string>>;
  readonly choices: Readonly<Record<KioskSettings["listening"], string>>;
  readonly askedFor: (label: string) => string;
  readonly whatItHears: string;
  readonly explain: string;
  readonly pictureHint: string;
  /** Class names as packs have them; one that is missing is shown as it is. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the built-in sounds. */
  readonly sounds: Readonly<Record<string, string>>;
}

const english: KioskWords = {
  starting: "One moment …",
  startingHint: "The model is being prepared.",
  recovering: "Back in a moment",
  recoveringHint: "Something is missing just now. It goes on by itself.",
  press: "Touch the screen to begin",
  listening: "Listening …",
  makeASound: "Make a sound, and see what it is taken for.",
  silent: "Silence",
  other: "Something else",
  unsure: "Not sure",
  invitation: "Come closer and make a sound",
  example: (title) => `An example: ${title.toLowerCase()}`,
  sure: (share) => `${percent(share)} sure`,
  guess: (label, share) => `perhaps ${label}, ${percent(share)}`,
  youHear: {
    original: "You hear everything.",
    explanation: "You hear only what made it decide.",
    rest: "You hear what it left out.",
  },
  choices: { original: "Everything", explanation: "What made it decide", rest: "The rest" },
  askedFor: (label) => `You hear what speaks for ${label}.`,
  whatItHears: "What it hears",
  explain: "What speaks for",
  pictureHint: "Coloured: what made it decide",
  labels: {},
  sounds: {},
};

const german: KioskWords = {
  starting: "Einen Moment …",
  startingHint: "Das Modell wird vorbereitet.",
  recovering: "Gleich geht es weiter",
  recoveringHint: "Gerade fehlt etwas. Es geht von selbst weiter.",
  press: "Zum Anfangen den Bildschirm berühren",
  listening: "Ich höre zu …",
  makeASound: "Machen Sie ein Geräusch und sehen Sie, wofür es gehalten wird.",
  silent: "Stille",
  other: "Etwas anderes",
  unsure: "Nicht sicher",
  invitation: "Kommen Sie näher und machen Sie ein Geräusch",
  example: (title) => `Ein Beispiel: ${title}`,
  sure: (share) => `zu ${percent(share)} sicher`,
  guess: (label, share) => `vielleicht ${label}, ${percent(share)}`,
  youHear: {
    original: "Sie hören alles.",
    explanation: "Sie hören nur, was den Ausschlag gab.",
    rest: "Sie hören, was übrig blieb.",
  },
  choices: { original: "Alles", explanation: "Was den Ausschlag gab", rest: "Der Rest" },
  askedFor: (label) => `Sie hören, was für ${label} spricht.`,
  whatItHears: "Was es hört",
  explain: "Was spricht für",
  pictureHint: "Farbig: was den Ausschlag gab",
  labels: {
    dog: "Hund",
    rooster: "Hahn",
    rain: "Regen",
    sea_waves: "Meereswellen",
    crackling_fire: "knisterndes Feuer",
    crying_baby: "weinendes Baby",
    sneezing: "Niesen",
    clock_tick: "Uhrticken",
    helicopter: "Hubschrauber",
    chainsaw: "Kettensäge",
    speech: "Sprache",
  },
  sounds: {
    "clock-in-rain": "Uhr im Regen",
    "dog-by-the-sea": "Hund am Meer",
    "rooster-in-wind": "Hahn im Wind",
    "helicopter-over-voices": "Hubschrauber über Stimmen",
    "chainsaw-by-the-fire": "Kettensäge am Feuer",
  },
};

export const kioskWords: Readonly<Record<KioskSettings["language"], KioskWords>> = {
  en: english,
  de: german,
};

export function labelIn(words: KioskWords, label: string): string {
  return words.labels[label] ?? className(label);
}

/** The large line and the one below it. */
export function verdictIn(words: KioskWords, verdict: Verdict): readonly [string, string] {
  const { kind, label, probability } = verdict;
  switch (kind) {
    case "class":
      return [capitalised(labelIn(words, label)), words.sure(probability)];
    case "other":
      return [words.other, words.sure(probability)];
    case "unsure":
      return [words.unsure, words.guess(labelIn(words, label), probability)];
    default:
      return kind satisfies never;
  }
}

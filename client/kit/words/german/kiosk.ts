import type { Words } from "../english/index.ts";

export const kiosk: Words["kiosk"] = {
  starting: "Einen Moment …",
  startingHint: "Das Modell wird vorbereitet.",
  recovering: "Gleich geht es weiter",
  recoveringHint: "Gerade fehlt etwas. Es geht von selbst weiter.",
  press: "Zum Anfangen den Bildschirm berühren",
  listening: "Ich höre zu …",
  makeASound: "Machen Sie ein Geräusch und sehen Sie, wofür es gehalten wird.",
  silent: "Stille",
  invitation: "Kommen Sie näher und machen Sie ein Geräusch",
  examples: "Hören Sie ein Beispiel",
  noMicrophone: "Gerade fehlt das Mikrofon: Das sind Beispiele.",
  unexplained: "Bis sie wieder da ist, hören Sie alles.",
  example: (title) => `Ein Beispiel: ${title}`,
  sure: (share) => `zu ${share} sicher`,
  guess: (label, share) => `vielleicht ${label}, ${share}`,
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
};

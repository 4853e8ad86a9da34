import type { Words } from "../english/index.ts";

export const labels: Words["labels"] = {
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
};

export const titles: Words["titles"] = {
  "Everyday sounds and speech": "Alltagsgeräusche und Sprache",
  "L-MAC, selective": "L-MAC, trennscharf",
  "Everything (no mask)": "Alles (ohne Maske)",
};

export const sounds: Words["sounds"] = {
  "dog-in-wind": "Hund im Wind",
  "voice-by-the-fire": "Stimme am Feuer",
  "sheep-before-a-storm": "Schafe vor dem Gewitter",
  "birds-at-a-lock": "Vögel an der Schleuse",
  "frogs-and-birds": "Frösche und Vögel",
  "crow-before-a-storm": "Krähe vor dem Gewitter",
  "chainsaw-by-the-fire": "Kettensäge am Feuer",
};

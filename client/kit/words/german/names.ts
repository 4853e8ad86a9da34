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
  "clock-in-rain": "Uhr im Regen",
  "dog-by-the-sea": "Hund am Meer",
  "rooster-in-wind": "Hahn im Wind",
  "helicopter-over-voices": "Hubschrauber über Stimmen",
  "chainsaw-by-the-fire": "Kettensäge am Feuer",
};

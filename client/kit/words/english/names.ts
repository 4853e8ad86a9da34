/** Names of things that others name: packs with their classes and methods, and built-in sounds. What is missing is shown as it is. */

/** Class names by the packs' labels, as within a sentence. Packs carry English ones. */
export const labels: Readonly<Record<string, string>> = {};

/** Titles of packs and methods, by what the pack says in English. */
export const titles: Readonly<Record<string, string>> = {};

/** Titles of the built-in sounds by their names. */
export const sounds: Readonly<Record<string, string>> = {
  "clock-in-rain": "Clock in the rain",
  "dog-by-the-sea": "Dog by the sea",
  "rooster-in-wind": "Rooster in the wind",
  "helicopter-over-voices": "Helicopter over voices",
  "chainsaw-by-the-fire": "Chainsaw by the fire",
};

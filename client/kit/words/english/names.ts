/** Names of things that others name: packs with their classes and methods, and built-in sounds. What is missing is shown as it is. */

export { CLASS_WORDS as labels } from "../../../../models/explain/class-words.ts";

/** Titles of packs and methods, by what the pack says in English. */
export const titles: Readonly<Record<string, string>> = {};

/** Titles of the built-in sounds by their names. */
export const sounds: Readonly<Record<string, string>> = {
  "dog-in-wind": "Dog in the wind",
  "voice-by-the-fire": "Voice by the fire",
  "sheep-before-a-storm": "Sheep before a storm",
  "birds-at-a-lock": "Birds at a canal lock",
  "frogs-and-birds": "Frogs and birds",
  "crow-before-a-storm": "Crow before a storm",
  "chainsaw-by-the-fire": "Chainsaw by the fire",
};

/**
 * Every text that people read, in the language that is chosen now. Import `words` and read it while drawing, never
 * before: it changes with the language.
 */
import { classWords } from "../../../models/explain/class-words.ts";
import type { Told } from "../../live/told.ts";
import { english, type Words } from "./english/index.ts";
import { german } from "./german/index.ts";
import { type Numbers, numbersIn } from "./numbers.ts";

export type { Words };

/** By the first part of their BCP 47 tags. */
export const languages = { en: english, de: german } as const satisfies Readonly<Record<string, Words>>;

export type Language = keyof typeof languages;

export let words: Words = english;
/** Numbers as the language writes them. */
export let numbers: Numbers = numbersIn(english.locale);

const listeners = new Set<() => void>();

export function isLanguage(name: string | null | undefined): name is Language {
  return name != null && Object.hasOwn(languages, name);
}

/** The first of these tags ("de-AT", "en") that there are words for; English when there is none. */
export function bestLanguage(tags: readonly (string | null | undefined)[]): Language {
  return tags.map((tag) => tag?.toLowerCase().split("-")[0]).find(isLanguage) ?? "en";
}

export function currentLanguage(): Language {
  return bestLanguage([words.locale]);
}

/** From now on, everywhere; what is drawn is drawn again. */
export function setLanguage(language: Language): void {
  const chosen = languages[language];
  if (globalThis.document) document.documentElement.lang = chosen.locale;
  if (chosen === words) return;
  words = chosen;
  numbers = numbersIn(chosen.locale);
  for (const listener of listeners) listener();
}

/** Calls at each change, until the returned function is called. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A notice or an event. */
export function toldText(told: Told): string {
  // Each code has words for what comes with it; the table says so better than this call can.
  const say = words.live[told.code] as (each: Told) => string;
  return say(told);
}

/** A class of a pack as within a sentence, in the language of the page. */
export function labelText(label: string): string {
  return classWords(label, words.labels);
}

/** A title of a pack or a method, as the pack has it where the language has no other. */
export function titleText(title: string): string {
  return Object.hasOwn(words.titles, title) ? words.titles[title] : title;
}

/** A built-in sound's title; a sound's own name where there is none. */
export function soundTitle(name: string): string {
  return Object.hasOwn(words.sounds, name) ? words.sounds[name] : name;
}

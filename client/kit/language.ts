import { recall, remember } from "./remembered.ts";
import { bestLanguage, isLanguage, type Language, languages, setLanguage } from "./words/words.ts";

const known = Object.keys(languages).filter(isLanguage);

/** Of the page's address (`?language=de`), else what was chosen last on this device, else what the browser prefers. */
export function startLanguage(): void {
  const asked = new URLSearchParams(location.search).get("language");
  setLanguage(isLanguage(asked) ? asked : (recall("language", known) ?? bestLanguage(navigator.languages)));
}

export function chooseLanguage(language: Language): void {
  remember("language", language);
  setLanguage(language);
}

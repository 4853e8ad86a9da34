/** Light or dark, whatever the system says; page.css knows what that means. */
import { recall, remember } from "./remembered.ts";

export type Theme = "light" | "dark";
export const themes: readonly Theme[] = ["light", "dark"];

/** Of the page's address, else what was chosen last on this device, else undefined: the system's. */
export function chosenTheme(search: string): Theme | undefined {
  const asked = new URLSearchParams(search).get("theme");
  if (asked === "system") return undefined;
  return themes.find((theme) => theme === asked) ?? recall("theme", themes);
}

export function showTheme(theme: Theme | undefined): void {
  const { dataset } = document.documentElement;
  if (theme) dataset["theme"] = theme;
  else delete dataset["theme"];
}

export function chooseTheme(theme: Theme | undefined): void {
  remember("theme", theme);
  showTheme(theme);
}

/** Where the sound is going, for a line beside what is listened to, there at all times. */
import type { EngineChoice, LocalOnly } from "../live/live-explainer.ts";
import { words } from "./words/words.ts";

/** It stays on the device; the server may get spectra of it; it gets them. */
export type Going = "device" | "either" | "server";

export function goingTo(
  choice: EngineChoice,
  inUse: "local" | "remote" | undefined,
  localOnly: LocalOnly | null,
): Going {
  if (localOnly !== null) return "device";
  // What is true now comes before what was just chosen.
  if (choice === "remote" || inUse === "remote") return "server";
  return choice === "auto" ? "either" : "device";
}

/** @param server by its name in addresses. */
export function goingText(going: Going, server: string): string {
  const said = words.page.going;
  return going === "device" ? said.device : said[going](server);
}

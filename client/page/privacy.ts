/** What leaves the device, in words, for each choice of where the model works. It stands beside that choice. */

import { words } from "../kit/words/words.ts";
import type { EngineChoice, LocalOnly } from "../live/live-explainer.ts";

export function privacyText(
  choice: EngineChoice,
  inUse: "local" | "remote" | undefined,
  localOnly: LocalOnly | null,
): string {
  const said = words.page.privacy;
  if (localOnly !== null) return said[localOnly];
  // What is true now comes before what was just chosen.
  if (choice === "remote" || inUse === "remote") return said.remote;
  if (choice === "local") return said.local;
  return inUse === "local" ? `${said.localNow} ${said.auto}` : said.auto;
}

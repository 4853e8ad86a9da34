/** What leaves the device, in words, for each choice of where the model works. It stands beside that choice. */
import type { EngineChoice, LocalOnly } from "../live/live-explainer.ts";

/** What a server is sent, and all that it is sent. */
const SENT =
  "the logarithms of the spectrum's magnitudes, without phase: never the sound itself, though spoken words could still be guessed from them";

export function privacyText(
  choice: EngineChoice,
  inUse: "local" | "remote" | undefined,
  localOnly: LocalOnly | null,
): string {
  if (localOnly === "phases") {
    return "On this device only: this model hears the waveform and needs the phases of the sound, and those are never sent to a server.";
  }
  if (localOnly === "server") {
    return "On this device only: the server of this page explains nothing, so nothing you play or say is sent to it.";
  }
  // What is true now comes before what was just chosen.
  if (choice === "remote" || inUse === "remote") return `On the server, which gets ${SENT}.`;
  if (choice === "local") return "On this device: once the model is loaded, nothing is sent to anybody.";
  const now = inUse === "local" ? "On this device now. " : "";
  return `${now}Automatic takes what keeps up, this device or the server. A server gets ${SENT}.`;
}

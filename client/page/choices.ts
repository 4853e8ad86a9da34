/** What the listener chose of hearing and explaining, on its way to the explainer. */

import { loudnesses, type Settings } from "../kit/parameters.ts";
import { recall, remember } from "../kit/remembered.ts";
import {
  type DelaySetting,
  delaySettings,
  type EngineChoice,
  type Listening,
} from "../live/live-explainer.ts";
import { agreedToAutomatic } from "./agreement.ts";

export interface Choices {
  readonly listening: Listening;
  /** Whether all three are as loud. */
  readonly matchLoudness: boolean;
  readonly engine: EngineChoice;
  readonly delay: DelaySetting;
  /** Undefined until the pack is there, which has the methods. */
  readonly method: string | undefined;
  /** Class to explain; -1 is the winner. */
  readonly target: number;
}

/** What the address says; else what was chosen last on this device. */
export function firstChoices({ listening, loudness, engine, delay }: Settings): Choices {
  return {
    listening,
    matchLoudness: (loudness ?? recall("loudness", loudnesses)) !== "unchanged",
    engine: engine === "auto" && !agreedToAutomatic() ? "local" : engine,
    delay: delay ?? recall("delay", delaySettings) ?? "balanced",
    method: undefined,
    target: -1,
  };
}

/** For later visits. */
export function rememberChoices({ matchLoudness, delay }: Partial<Choices>): void {
  if (matchLoudness !== undefined) remember("loudness", matchLoudness ? "matched" : "unchanged");
  if (delay !== undefined) remember("delay", delay);
}

/** Every event that the page's components send up to the root, with what it carries. */

import type { SourceKind } from "../../kit/parameters.ts";
import type { DelaySetting, EngineChoice, Listening } from "../../live/live-explainer.ts";

export interface PageEvents {
  "choose-source": SourceKind;
  "choose-sound": string;
  "choose-microphone": string;
  "choose-file": File;
  "set-repeat": boolean;
  "set-headphones": boolean;
  "start-stop": undefined;
  "try-sound": undefined;
  "close-welcome": undefined;
  "choose-listening": Listening;
  "set-volume": number;
  "match-loudness": boolean;
  "choose-engine": EngineChoice;
  /** To Automatic: true agrees, false takes it back or declines. */
  agree: boolean;
  "choose-delay": DelaySetting;
  "choose-method": string;
  /** Class to explain; -1 is the winner. */
  "choose-target": number;
  "set-shortcuts": boolean;
  /** Whether a frozen moment is heard. */
  "moment-sounds": boolean;
}

export function emit<Name extends keyof PageEvents>(
  from: HTMLElement,
  name: Name,
  detail: PageEvents[Name],
): void {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

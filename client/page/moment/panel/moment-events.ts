/** What the moment's components tell each other, with what each carries. */
import type { Listening } from "../../../live/live-explainer.ts";
import type { SampleSpan } from "../version.ts";

export interface MomentEvents {
  /** `done` is false while it is still being dragged. */
  "choose-span": { readonly span: SampleSpan; readonly done: boolean };
  /** What explains a side: as it was heard, or anew by a method, of a class (-1 is the winner). */
  "choose-version": { readonly heard: boolean; readonly method: string; readonly target: number };
  /** Plays or stops. */
  "toggle-moment": undefined;
  "hear-sound": Listening;
  /** Which explanation is heard. */
  "hear-side": number;
  "close-moment": undefined;
  /** Whether a moment sounds, so that the live sound is to be silent. */
  "moment-sounds": boolean;
}

export function tell<Name extends keyof MomentEvents>(
  from: HTMLElement,
  name: Name,
  detail: MomentEvents[Name],
): void {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

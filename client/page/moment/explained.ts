/** Which parts of a moment have no explanation: where frames went out without a mask while it was heard. */
import { isExplained } from "../../../protocol/mask-state.ts";
import type { Moment } from "../../live/live-explainer.ts";
import type { MomentVersion, SampleSpan } from "./version.ts";

/** What is explained anew is explained all over. */
type States = Pick<MomentVersion, "states">;

export function isFrameExplained({ states }: States, frame: number): boolean {
  return isExplained(states?.[frame] ?? 0);
}

/** Whether all frames are explained, from one to before the other, as far as the moment has them. */
export function areFramesExplained({ states }: States, from: number, to: number): boolean {
  return states?.subarray(Math.max(0, from), Math.max(0, to)).every(isExplained) ?? true;
}

/** Where explanation and rest are silent for want of a mask, within the span; in order. */
export function unexplainedIn(
  { window, hop, original }: Pick<Moment, "window" | "hop" | "original">,
  version: States,
  span: SampleSpan,
): SampleSpan[] {
  const found: SampleSpan[] = [];
  if (!version.states) return found;
  for (let at = 0; at < original.length / hop; at++) {
    // Hop k is the sum of the frames k to k + window / hop - 1.
    if (areFramesExplained(version, at, at + window / hop)) continue;
    const from = Math.max(span.from, at * hop);
    const to = Math.min(span.to, (at + 1) * hop);
    if (from >= to) continue;
    const last = found.at(-1);
    if (last?.to === from) found[found.length - 1] = { from: last.from, to };
    else found.push({ from, to });
  }
  return found;
}

import { words } from "../../kit/words/words.ts";
import type { Timings } from "../../live/live-explainer.ts";

interface LatencyPart {
  readonly title: string;
  readonly ms: number;
}

/** The parts of the delay from a sound to its explanation, in the order in which they pass; unknown ones left out. */
export function latencyParts(timings: Timings): LatencyPart[] {
  const said = words.page.latency;
  const parts: { title: string; ms: number | null }[] = [
    { title: said.window, ms: timings.stftMs },
    { title: said.lookAhead, ms: timings.lookAheadMs },
    { title: said.stride, ms: timings.strideMs },
    { title: said.engine, ms: timings.engineAllowanceMs },
    { title: said.device, ms: timings.deviceMs },
  ];
  return parts.filter((part): part is LatencyPart => part.ms !== null && Number.isFinite(part.ms));
}

/** Milliseconds in all. */
export function latencyTotal(timings: Timings): number {
  return timings.algorithmicMs + (timings.deviceMs ?? 0);
}

/**
 * Whether a method is too slow to be live here: windows go to the engine one after the other, so a sound waits for the
 * window before its own and for its own, and the delay line does not hold it that long.
 */
export function tooSlowForLive(timings: Timings): boolean {
  const held = timings.lookAheadMs + timings.strideMs + timings.engineAllowanceMs;
  return timings.windowsPerSecond > 0 && 2 * timings.engineP50Ms > held;
}

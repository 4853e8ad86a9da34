import type { Timings } from "../../live/live-explainer.ts";

export interface LatencyPart {
  readonly title: string;
  readonly ms: number;
}

/** The parts of the delay from a sound to its explanation, in the order in which they pass; unknown ones left out. */
export function latencyParts(timings: Timings): LatencyPart[] {
  const parts: { title: string; ms: number | null }[] = [
    { title: "Analysis window", ms: timings.stftMs },
    { title: "Look-ahead", ms: timings.lookAheadMs },
    { title: "Stride", ms: timings.strideMs },
    { title: "Engine allowance", ms: timings.engineAllowanceMs },
    { title: "Sound device", ms: timings.deviceMs },
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

/** Waiting between attempts: twice as long each time, and never all at once. */
import { setTimeout as sleepFor } from "node:timers/promises";

export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Milliseconds before attempt `attempt` (from 0), each times something from 0.5 to 1.5. */
export function backOffMs(attempt: number, { firstMs, longestMs }: BackOff, random = Math.random): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 30)) * (0.5 + random());
}

/** What waits; tests put their own in its place. Returns early, without an error, when the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const sleep: Sleep = async (ms, signal) => {
  await sleepFor(ms, undefined, { signal }).catch(() => {});
};

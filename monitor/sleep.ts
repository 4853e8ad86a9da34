import { setTimeout as sleepFor } from "node:timers/promises";

/** What waits; tests put their own in its place. Returns early, without an error, when the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const sleep: Sleep = async (ms, signal) => {
  await sleepFor(ms, undefined, { signal }).catch(() => {});
};

import { backOffMs } from "../../../protocol/back-off.ts";

/** Of everything on the page that begins again after a failure. */
const BACK_OFF = { firstMs: 1_000, longestMs: 30_000 };
/** A server that asks for more than this is asked all the same: it may have been wrong. */
const LONGEST_WISH_MS = 600_000;

/**
 * Milliseconds to wait before attempt number `attempt` (from 0). Where the server said when to come again
 * (`wishedSeconds`), not before that, and up to half as much later.
 */
export function reconnectMs(attempt: number, random: () => number, wishedSeconds = 0): number {
  const wished = Math.min(LONGEST_WISH_MS, 1_000 * wishedSeconds) * (1 + random() / 2);
  return Math.max(backOffMs(attempt, BACK_OFF, random), wished || 0);
}

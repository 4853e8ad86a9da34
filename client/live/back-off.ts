const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** A server that asks for more than this is asked all the same: it may have been wrong. */
const LONGEST_WISH_MS = 600_000;

/**
 * Milliseconds to wait before attempt number `attempt` (from 0): 1, 2, 4 seconds and so on up to 30, each times
 * something from 0.5 to 1.5 so that many clients of a server that comes back don't come all at once. Where the server
 * said when to come again (`wishedSeconds`), not before that, and up to half as much later.
 */
export function backOffMs(attempt: number, random: () => number, wishedSeconds = 0): number {
  const own = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random());
  const wished = Math.min(LONGEST_WISH_MS, 1_000 * wishedSeconds) * (1 + random() / 2);
  return Math.max(own, wished || 0);
}

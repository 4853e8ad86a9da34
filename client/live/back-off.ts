const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * Milliseconds to wait before attempt number `attempt` (from 0): 1, 2, 4 seconds and so on up to 30, each times
 * something from 0.5 to 1.5 so that many clients of a server that comes back don't come all at once.
 */
export function backOffMs(attempt: number, random: () => number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random());
}

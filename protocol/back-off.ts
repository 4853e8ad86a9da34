/** Waiting between attempts at something that answers no more: twice as long each time, and never all at once. */

export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * Milliseconds before attempt `attempt` (from 0), each times something from 0.5 to 1.5, so that many clients of a server
 * that comes back don't come all at once. `random`: from 0 to 1.
 */
export function backOffMs(attempt: number, { firstMs, longestMs }: BackOff, random = Math.random): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 30)) * (0.5 + random());
}

/** Whether an explanation holds what made the classifier decide, told by asking the classifier again. */
import type { Badge } from "../protocol.ts";

/** Where a class counts as named: of exclusive ones a class at half or more is the most probable one. */
export const HALF = 0.5;

/**
 * The rule: an explanation should be called the event's class when it is heard alone (probability at least a half, or its
 * threshold where classes answer each by itself), and what is left without it should no longer be. Both: faithful; one of
 * them: partly; none: not.
 */
export function badgeOf(explanation: number, rest: number, named = HALF): Badge {
  const suffices = explanation >= named;
  const isNeeded = rest < named;
  return suffices && isNeeded ? "faithful" : suffices || isNeeded ? "partly" : "not";
}

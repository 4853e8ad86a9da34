/** Whether an explanation holds what made the classifier decide, told by asking the classifier again. */
import type { Badge } from "../protocol.ts";

/** Where a class counts as heard or gone: a class at half or more is the most probable one. */
const HALF = 0.5;

/**
 * The rule: an explanation should be called the event's class when it is heard alone (probability at least a half), and
 * what is left without it should no longer be. Both: faithful; one of them: partly; none: not.
 */
export function badgeOf(explanation: number, rest: number): Badge {
  const suffices = explanation >= HALF;
  const isNeeded = rest < HALF;
  return suffices && isNeeded ? "faithful" : suffices || isNeeded ? "partly" : "not";
}

/** How many streams a server carries: the number is doubled until it breaks, then narrowed down. */
import type { LoadFigures } from "./run-load.ts";

/** A server carries a load when 99 of 100 windows are answered in time and nobody is turned away. */
export function carried({ asked, misses, refused, ended }: LoadFigures): boolean {
  const lost = Object.keys(refused).length + Object.keys(ended).length;
  return asked > 0 && lost === 0 && misses <= 0.01 * asked;
}

export interface Knee {
  /** Every load that was tried, by number of sessions. */
  readonly steps: readonly LoadFigures[];
  /** The largest number that was carried below all that were not; 0 when even the first was too many. */
  readonly sessions: number;
}

const MOST_SESSIONS = 4096;

/** `measure` runs one load. Narrowed down to an eighth of the knee. */
export async function findKnee(
  first: number,
  measure: (sessions: number) => Promise<LoadFigures>,
): Promise<Knee> {
  const steps: LoadFigures[] = [];
  const holds = async (sessions: number) => {
    const figures = await measure(sessions);
    steps.push(figures);
    return carried(figures);
  };
  let good = 0;
  let bad = first;
  while (bad <= MOST_SESSIONS && (await holds(bad))) {
    good = bad;
    bad *= 2;
  }
  while (good > 0 && bad - good > Math.max(1, good / 8)) {
    const middle = Math.floor((good + bad) / 2);
    if (await holds(middle)) good = middle;
    else bad = middle;
  }
  return { steps: steps.sort((a, b) => a.sessions - b.sessions), sessions: good };
}

/** Which events are kept no longer: by age, by class and by the space that all of them take. */
import type { EventStore } from "./event-store.ts";

export interface RetentionRules {
  /** Days that an event is kept; for ever when absent. */
  readonly days?: number | undefined;
  /** Days by class, before `days`; of an event with several classes the longest counts. */
  readonly classDays?: ReadonlyMap<string, number>;
  /** Bytes that all events together may take; the oldest go first, those that somebody reviewed last. */
  readonly bytes?: number | undefined;
}

const DAY = 24 * 3600 * 1000;

/** @returns how many events were removed. */
export async function applyRetention(store: EventStore, rules: RetentionRules, now: number): Promise<number> {
  const gone = new Set<string>([...tooOld(store, rules, now)]);
  for (const id of gone) await store.remove(id);
  return gone.size + (await makeRoom(store, rules.bytes));
}

function tooOld(store: EventStore, { days, classDays = new Map() }: RetentionRules, now: number): string[] {
  const youngest = Math.min(days ?? Number.POSITIVE_INFINITY, ...classDays.values());
  if (youngest === Number.POSITIVE_INFINITY) return [];
  const rows = store.database.all(
    "SELECT id, at, group_concat(label, char(10)) AS labels FROM event JOIN event_class ON event = id WHERE at < ? GROUP BY id",
    [now - youngest * DAY],
  );
  return rows
    .filter(({ at, labels }) => {
      const kept = String(labels)
        .split("\n")
        .map((label) => classDays.get(label) ?? days ?? Number.POSITIVE_INFINITY);
      return Number(at) < now - Math.max(...kept) * DAY;
    })
    .map(({ id }) => String(id));
}

async function makeRoom(store: EventStore, limit?: number): Promise<number> {
  if (limit === undefined) return 0;
  let excess = store.bytes - limit;
  let removed = 0;
  while (excess > 0) {
    const rows = store.database.all("SELECT id, bytes FROM event ORDER BY review IS NOT NULL, id LIMIT 100");
    if (rows.length === 0) break;
    for (const { id, bytes } of rows) {
      if (excess <= 0) break;
      await store.remove(String(id));
      excess -= Number(bytes);
      removed++;
    }
  }
  return removed;
}

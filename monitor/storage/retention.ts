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

const HOUR = 3600 * 1000;
const DAY = 24 * HOUR;
const USUAL_PAUSE = 8 * DAY;
/** Events looked at in one piece. */
const PIECE = 200;

/** Looks again and again, and trusts no clock that has jumped. */
export class Retention {
  constructor(
    private readonly store: EventStore,
    private readonly rules: RetentionRules,
    private readonly log: (line: string) => void,
  ) {}

  /** @returns how many events were removed. */
  async look(): Promise<number> {
    const { store, rules, log } = this;
    // What has no row yet cannot be told old from new.
    if (!store.isWhole) return 0;
    const { now, jump, first } = store.clock.look();
    if (jump < 0 || first) store.clock.forgetTheFuture(store.database);
    store.keepClock();
    if (jump === 0) return applyRetention(store, rules, now);
    if (hasAges(rules)) log(first ? sinceLastRun(jump) : meanwhile(jump));
    // Whoever starts it every night for a minute has no second look.
    if (first && jump > 0 && jump <= USUAL_PAUSE) return applyRetention(store, rules, now);
    return makeRoom(store, rules.bytes);
  }
}

/** @param now by retention's clock. @returns how many events were removed. */
export async function applyRetention(store: EventStore, rules: RetentionRules, now: number): Promise<number> {
  return (await removeOld(store, rules, now)) + (await makeRoom(store, rules.bytes));
}

function hasAges({ days, classDays }: RetentionRules): boolean {
  return days !== undefined || (classDays?.size ?? 0) > 0;
}

async function removeOld(
  store: EventStore,
  { days, classDays = new Map() }: RetentionRules,
  now: number,
): Promise<number> {
  const youngest = Math.min(days ?? Number.POSITIVE_INFINITY, ...classDays.values());
  if (youngest === Number.POSITIVE_INFINITY) return 0;
  let removed = 0;
  for (let last: Aged | undefined; ; ) {
    const piece = agedBefore(store, now - youngest * DAY, last);
    if (piece.length === 0) return removed;
    last = piece[piece.length - 1];
    for (const { id, added } of piece) {
      if (added >= now - daysOf(labelsOf(store, id), days, classDays) * DAY) continue;
      await store.remove(id);
      removed++;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The longest of its classes counts. */
function daysOf(
  labels: readonly string[],
  days = Number.POSITIVE_INFINITY,
  classDays: ReadonlyMap<string, number>,
): number {
  return labels.length === 0 ? days : Math.max(...labels.map((label) => classDays.get(label) ?? days));
}

interface Aged {
  readonly id: string;
  /** When it was kept. */
  readonly added: number;
}

function agedBefore(store: EventStore, time: number, last: Aged | undefined): Aged[] {
  return store.database
    .all(
      `SELECT id, coalesce(added, at) AS added FROM event
       WHERE coalesce(added, at) < ? AND (coalesce(added, at), id) > (?, ?) ORDER BY coalesce(added, at), id LIMIT ?`,
      [time, last?.added ?? Number.MIN_SAFE_INTEGER, last?.id ?? "", PIECE],
    )
    .map(({ id, added }) => ({ id: String(id), added: Number(added) }));
}

function labelsOf(store: EventStore, id: string): string[] {
  return store.database
    .all("SELECT label FROM event_class WHERE event = ?", [id])
    .map(({ label }) => String(label));
}

async function makeRoom(store: EventStore, limit?: number): Promise<number> {
  if (limit === undefined) return 0;
  let excess = store.bytes - limit;
  let removed = 0;
  for (const reviewed of ["review IS NULL", "review IS NOT NULL"]) {
    while (excess > 0) {
      const rows = store.database.all(
        `SELECT id, bytes FROM event WHERE ${reviewed} ORDER BY coalesce(added, at), id LIMIT 100`,
      );
      if (rows.length === 0) break;
      for (const { id, bytes } of rows) {
        if (excess <= 0) break;
        await store.remove(String(id));
        excess -= Number(bytes);
        removed++;
      }
    }
  }
  return removed;
}

function sinceLastRun(jump: number): string {
  const how = jump > 0 ? `${span(jump)} after` : `${span(-jump)} before`;
  return (
    `the clock says ${how} the time when the monitor was last here: nothing is removed for its age now that was not old then. ` +
    (jump > 0
      ? "Old events go little by little, those of a day an hour, or at a start half a day later; if the clock is wrong, set it, and they stay"
      : "Events grow old from then on as time passes, whatever the clock says")
  );
}

function meanwhile(jump: number): string {
  return (
    `the clock was set ${jump > 0 ? "ahead" : "back"} by ${span(Math.abs(jump))}: nothing is removed for its age now, ` +
    "and events grow no older by it"
  );
}

function span(ms: number): string {
  if (ms >= 2 * DAY) return `${Math.round(ms / DAY)} days`;
  if (ms >= 2 * HOUR) return `${Math.round(ms / HOUR)} hours`;
  return `${Math.round(ms / 60_000)} minutes`;
}

/**
 * Looks through all events a piece at a time, the newest first, so that twenty thousand of them hold nobody up: sound
 * is heard and pages are answered between two pieces.
 */
import type { Database } from "./database.ts";
import { STORED, type StoredEvent, storedEvents } from "./event-rows.ts";
import { type EventQuery, MOST_EVENTS, type PieceQuery, queryToSql, withLabels } from "./query.ts";
import { PieceSize, type Turns } from "./turns.ts";

/** From one to the next in their index, which is a step for each of them and not for each event. */
const ALL_LABELS = `
WITH RECURSIVE each (label) AS (
  SELECT min(label) FROM event_class
  UNION ALL
  SELECT (SELECT min(label) FROM event_class WHERE label > each.label) FROM each WHERE each.label IS NOT NULL
)
SELECT label FROM each WHERE label IS NOT NULL`;

export class EventSearch {
  constructor(
    private readonly database: Database,
    private readonly turns: Turns,
    private readonly elapsed: () => number,
  ) {}

  /** For what is made of what was found: see `Turns`. */
  turn(): Promise<void> {
    return this.turns.next();
  }

  /** All that the query lets through, in pieces of any size; its `limit` does not count. */
  async *all(query: EventQuery): AsyncGenerator<readonly StoredEvent[]> {
    const known = this.#withLabels(query);
    yield* this.#pieces(query.before, (piece) => this.#find({ ...known, ...piece, limit: MOST_EVENTS }));
  }

  /**
   * One page of it, the newest first, and how many there are on all pages.
   *
   * @param gone when nobody wants to know any more.
   */
  async page(
    query: EventQuery,
    gone = () => false,
  ): Promise<{ readonly events: readonly StoredEvent[]; readonly total: number }> {
    const { limit = 50, before, ...filters } = query;
    const known = this.#withLabels(filters);
    const events: StoredEvent[] = [];
    for await (const found of this.#pieces(before, (piece) =>
      this.#find({ ...known, ...piece, limit: limit - events.length }),
    )) {
      events.push(...found);
      if (events.length >= limit || gone()) break;
    }
    return { events, total: await this.count(filters, gone) };
  }

  async count(filters: EventQuery, gone = () => false): Promise<number> {
    if (Object.values(filters).every((value) => value === undefined)) return this.#count({});
    const known = this.#withLabels(filters);
    let total = 0;
    for await (const count of this.#pieces(undefined, (piece) => this.#count({ ...known, ...piece }))) {
      total += count;
      if (gone()) break;
    }
    return total;
  }

  #withLabels(query: EventQuery): PieceQuery {
    if (query.text === undefined) return query;
    return withLabels(
      query,
      this.database.all(ALL_LABELS).map(({ label }) => String(label)),
    );
  }

  /** What `ask` answers about one stretch of ids after the other, each in a turn of its own. */
  async *#pieces<T>(before: string | undefined, ask: (piece: PieceQuery) => T): AsyncGenerator<T> {
    const size = new PieceSize(this.elapsed);
    for (let below = before; ; ) {
      await this.turns.next();
      let since = "";
      const answer = size.measure(() => {
        since = this.#idBelow(below, size.rows) ?? "";
        return ask({ before: below, since });
      });
      yield answer;
      if (since === "") return;
      below = since;
    }
  }

  /** So many events further back. */
  #idBelow(below: string | undefined, rows: number): string | undefined {
    const [condition, values] = below === undefined ? ["", []] : ["WHERE id < ?", [below]];
    const row = this.database.get(`SELECT id FROM event ${condition} ORDER BY id DESC LIMIT 1 OFFSET ?`, [
      ...values,
      rows - 1,
    ]);
    return row ? String(row["id"]) : undefined;
  }

  #find(query: PieceQuery): StoredEvent[] {
    const { sql, values } = queryToSql(query, STORED);
    return storedEvents(this.database.all(sql, values));
  }

  #count(query: PieceQuery): number {
    const { sql, values } = queryToSql(query, "SELECT count(*) AS n FROM event", false);
    return Number(this.database.get(sql, values)?.["n"]);
  }
}

/**
 * What can still be read from a damaged database. Events themselves come back from their folders; this is for the rest:
 * reviews of earlier versions, which had them nowhere else, messages that wait, files that were heard.
 */
import type { Database as Sqlite } from "node-sqlite3-wasm";

type Row = Record<string, unknown>;

interface SalvagedTable {
  readonly rows: readonly Row[];
  /** What makes the table where the new database has none, as those that are made when they are first needed. */
  readonly sql: string;
}

/** By table. */
export type Salvage = ReadonlyMap<string, SalvagedTable>;

const REBUILT = new Set(["event", "event_class"]);

/** A damaged page ends a reading: each table is read from its beginning and from its end. */
export function salvage(sqlite: Sqlite): Salvage {
  const found = new Map<string, SalvagedTable>();
  for (const { name, sql } of rowsOf(sqlite, "SELECT name, sql FROM sqlite_master WHERE type = 'table'")) {
    const table = String(name);
    if (table.startsWith("sqlite_") || REBUILT.has(table)) continue;
    const rows = bothEnds(sqlite, `SELECT * FROM ${quoted(table)}`, keyOf(sqlite, table));
    found.set(table, { rows, sql: String(sql) });
  }
  // Columns of later versions may be missing: a query with one that is not there gives nothing.
  const reviews = bothEnds(
    sqlite,
    "SELECT id, review, reviewed_at FROM event WHERE review IS NOT NULL",
    "id",
  );
  const times = bothEnds(sqlite, "SELECT id, added FROM event WHERE added IS NOT NULL", "id");
  const events = new Map<unknown, Row>();
  for (const row of [...reviews, ...times]) events.set(row["id"], { ...events.get(row["id"]), ...row });
  const rows = [...(found.get("salvaged")?.rows ?? []), ...events.values()];
  found.set("salvaged", { rows, sql: "" });
  return found;
}

/** Puts it into a new database, as far as that has such tables and columns. */
export function restore(sqlite: Sqlite, kept: Salvage): void {
  for (const [table, { rows, sql }] of kept) {
    if (rows.length === 0) continue;
    if (columnsOf(sqlite, table).size === 0) attempt(() => sqlite.exec(sql));
    const columns = columnsOf(sqlite, table);
    for (const row of rows) {
      const names = Object.keys(row).filter((name) => columns.has(name));
      if (names.length === 0) continue;
      const marks = names.map(() => "?").join(", ");
      // One that was damaged itself is left out.
      attempt(() =>
        sqlite.run(
          `INSERT OR IGNORE INTO ${quoted(table)} (${names.map(quoted).join(", ")}) VALUES (${marks})`,
          names.map((name) => row[name] as string | number | null),
        ),
      );
    }
  }
}

function bothEnds(sqlite: Sqlite, select: string, key: string): Row[] {
  const rows = new Map<string, Row>();
  for (const order of ["ASC", "DESC"]) {
    const read = rowsOf(sqlite, `${select} ORDER BY ${quoted(key)} ${order}`);
    for (const row of read) rows.set(Object.values(row).join("\0"), row);
  }
  return [...rows.values()];
}

function keyOf(sqlite: Sqlite, table: string): string {
  const columns = rowsOf(sqlite, `PRAGMA table_info(${quoted(table)})`);
  return String((columns.find(({ pk }) => pk === 1) ?? columns[0])?.["name"]);
}

function columnsOf(sqlite: Sqlite, table: string): Set<string> {
  return new Set(rowsOf(sqlite, `PRAGMA table_info(${quoted(table)})`).map(({ name }) => String(name)));
}

function attempt(work: () => unknown): void {
  try {
    work();
  } catch {
    // What can't be had of a damaged database is lost.
  }
}

/** As far as it goes. */
function rowsOf(sqlite: Sqlite, sql: string): Row[] {
  const rows: Row[] = [];
  try {
    const statement = sqlite.prepare(sql);
    try {
      for (const row of statement.iterate()) rows.push(row as Row);
    } finally {
      statement.finalize();
    }
  } catch {
    // Damaged from here on.
  }
  return rows;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

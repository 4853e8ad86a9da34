/**
 * The embedded SQLite database (WebAssembly, so nothing is compiled at install; its files are SQLite's own).
 * One process has it, hence exclusive locking and with it the write-ahead log without shared memory; every commit
 * reaches the disk before it returns.
 *
 * A database that is damaged, found so at the start or in the middle of a run, is no reason to end: it is renamed and
 * kept, a new one takes its place with what could be read of it, and whoever has the folders is told to rebuild.
 */
import { closeSync, lstatSync, openSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import type { Database as Sqlite } from "node-sqlite3-wasm";
import { makePrivate, PRIVATE_FILE } from "../../server/private-files.ts";
import { restore, type Salvage, salvage } from "./salvage.ts";
import { ADDED, ADDITIONS, PROBES, TABLES, VERSION } from "./tables.ts";

// A CommonJS package whose names Node cannot tell beforehand.
const sqlite3 = createRequire(import.meta.url)("node-sqlite3-wasm") as typeof import("node-sqlite3-wasm");

type Values = (string | number | null | undefined)[];
type Row = Record<string, string | number | bigint | Uint8Array | null>;

/** Files that belong to a database, beside itself. */
const COMPANIONS = ["-wal", "-shm", "-journal"];
/** Every commit is on the disk when it returns. */
const DURABLE = "PRAGMA synchronous = FULL";
/** Kibibytes of pages in memory. */
const CACHE = 8192;

export interface SetAside {
  /** Where it was. */
  readonly path: string;
  /** Where the damaged database is now. */
  readonly aside: string;
  /** What was wrong with it. */
  readonly reason: string;
}

export class Database {
  #sqlite: Sqlite | undefined;
  #setAside: SetAside | undefined;
  #inTransaction = false;

  private constructor(
    readonly path: string,
    private readonly onSetAside: (what: SetAside) => void,
    private readonly now: () => Date,
  ) {}

  /**
   * Opens or makes the database. The caller has the folder's lock: the one that SQLite may have left behind when its
   * process was killed is then nobody's.
   *
   * @param onSetAside told when it was damaged, later than the start too; it is empty but for what was salvaged then.
   * @throws Error when another program has it, it cannot be read or written, or a newer version wrote it.
   */
  static open(
    path: string,
    onSetAside: (what: SetAside) => void = () => {},
    now = () => new Date(),
  ): Database {
    const database = new Database(path, onSetAside, now);
    try {
      database.#sqlite = openSqlite(path);
    } catch (error) {
      if (!isDamage(error)) throw readable(path, error);
      database.#renew(error, error instanceof Damage ? error.kept : undefined);
    }
    return database;
  }

  /** The newest damage of this run. */
  get setAside(): SetAside | undefined {
    return this.#setAside;
  }

  get isOpen(): boolean {
    return this.#sqlite?.isOpen ?? false;
  }

  run(sql: string, values: Values = []): { readonly changes: number } {
    return this.#tried((sqlite) => sqlite.run(sql, bound(values)));
  }

  get(sql: string, values: Values = []): Row | null {
    return this.#tried((sqlite) => sqlite.get(sql, bound(values)) as Row | null);
  }

  all(sql: string, values: Values = []): Row[] {
    return this.#tried((sqlite) => sqlite.all(sql, bound(values)) as Row[]);
  }

  exec(sql: string): void {
    this.#tried((sqlite) => sqlite.exec(sql));
  }

  /** All of it or none. */
  transaction<T>(work: () => T): T {
    return this.#tried((sqlite) => {
      sqlite.exec("BEGIN IMMEDIATE");
      this.#inTransaction = true;
      try {
        const result = work();
        sqlite.exec("COMMIT");
        return result;
      } catch (error) {
        rollBack(sqlite);
        throw error;
      } finally {
        this.#inTransaction = false;
      }
    });
  }

  /** As `transaction`, for what can be made again: nobody waits for the disk. */
  hastily<T>(work: () => T): T {
    this.exec("PRAGMA synchronous = NORMAL");
    try {
      return this.transaction(work);
    } finally {
      this.exec(DURABLE);
    }
  }

  close(): void {
    this.#sqlite?.close();
  }

  /** What meets damage is done once more, in the new database. */
  #tried<T>(work: (sqlite: Sqlite) => T): T {
    if (!this.#sqlite) throw new Error(`${this.path} is not open`);
    try {
      return work(this.#sqlite);
    } catch (error) {
      // Within a transaction the whole of it is done again.
      if (this.#inTransaction || !isDamage(error)) throw error;
      this.#renew(error);
      return work(this.#sqlite);
    }
  }

  #renew(error: unknown, found?: Salvage): void {
    const { path } = this;
    const kept = found ?? (this.#sqlite ? salvage(this.#sqlite) : undefined);
    closeQuietly(this.#sqlite);
    this.#sqlite = undefined;
    const aside = unusedName(`${path}.damaged-${this.now().toISOString().slice(0, 19).replaceAll(":", "-")}`);
    try {
      setAside(path, aside);
    } catch (cause) {
      throw new Error(
        `${path} is damaged (${textOf(error)}) and cannot be renamed (${textOf(cause)}): move it away, and it is made ` +
          "anew from the events' folders",
        { cause },
      );
    }
    this.#sqlite = openSqlite(path);
    const sqlite = this.#sqlite;
    if (kept) {
      sqlite.exec("BEGIN");
      restore(sqlite, kept);
      sqlite.exec("COMMIT");
    }
    this.#setAside = { path, aside, reason: textOf(error) };
    this.onSetAside(this.#setAside);
  }
}

/** All of it or none. */
export function inTransaction<T>(database: Database, work: () => T): T {
  return database.transaction(work);
}

/** Not one of our databases, or not any more. */
class Damage extends Error {
  override name = "Damage";
  constructor(
    message: string,
    readonly kept?: Salvage,
  ) {
    super(message);
  }
}

class OtherVersion extends Error {
  override name = "OtherVersion";
}

function isDamage(error: unknown): boolean {
  // A RuntimeError is the WebAssembly's: it read where nothing is.
  if (error instanceof Damage || (error as Error)?.name === "RuntimeError") return true;
  return /disk image is malformed|not a database|malformed database schema/i.test(textOf(error));
}

function openSqlite(path: string): Sqlite {
  rmSync(`${path}.lock`, { recursive: true, force: true });
  for (const each of [path, ...COMPANIONS.map((end) => path + end)]) {
    if (lstatSync(each, { throwIfNoEntry: false })?.isDirectory()) throw new Damage(`${each} is a folder`);
  }
  // SQLite says only that it could not; and what it makes itself would have other rights.
  closeSync(openSync(path, "a+", PRIVATE_FILE));
  const sqlite = new sqlite3.Database(path);
  try {
    sqlite.exec("PRAGMA locking_mode = EXCLUSIVE");
    sqlite.exec("PRAGMA journal_mode = WAL");
    sqlite.exec(DURABLE);
    sqlite.exec(`PRAGMA cache_size = -${CACHE}`);
    sqlite.exec("PRAGMA temp_store = MEMORY");
    prepareTables(sqlite, path);
    for (const each of [path, ...COMPANIONS.map((end) => path + end), `${path}.lock`]) makePrivate(each);
    return sqlite;
  } catch (error) {
    const damage = isDamage(error) ? new Damage(textOf(error), salvage(sqlite)) : error;
    closeQuietly(sqlite);
    throw damage;
  }
}

function prepareTables(sqlite: Sqlite, path: string): void {
  const version = Number(sqlite.get("PRAGMA user_version")?.["user_version"]);
  if (version > VERSION) {
    throw new OtherVersion(
      `${path} was written by another version (its tables are version ${version}, ours ${VERSION}): ` +
        "update listenable, or choose another folder with --data",
    );
  }
  if (version === 0 && Number(sqlite.get("SELECT count(*) AS n FROM sqlite_master")?.["n"]) === 0) {
    sqlite.exec(`BEGIN; ${TABLES}; PRAGMA user_version = ${VERSION}; COMMIT`);
  } else if (version !== VERSION) throw new Damage("it holds other tables than a monitor's");
  const columns = sqlite.all("PRAGMA table_info(event)").map(({ name }) => name);
  try {
    if (!columns.includes("added")) sqlite.exec(`ALTER TABLE event ADD COLUMN ${ADDED}`);
    sqlite.exec(ADDITIONS);
    for (const probe of PROBES) sqlite.all(probe);
  } catch (error) {
    if (/no such (table|column)|has no column/i.test(textOf(error))) throw new Damage(textOf(error));
    throw error;
  }
}

function unusedName(wanted: string): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    if (!lstatSync(name, { throwIfNoEntry: false })) return name;
  }
}

function setAside(path: string, aside: string): void {
  for (const end of ["", ...COMPANIONS]) {
    if (!lstatSync(path + end, { throwIfNoEntry: false })) continue;
    renameSync(path + end, aside + end);
    makePrivate(aside + end);
  }
}

/** Of a damaged database even that may fail. */
function rollBack(sqlite: Sqlite): void {
  try {
    if (sqlite.inTransaction) sqlite.exec("ROLLBACK");
  } catch {
    // What led here says more.
  }
}

function closeQuietly(sqlite: Sqlite | undefined): void {
  try {
    sqlite?.close();
  } catch {
    // It is given up anyway.
  }
}

function readable(path: string, error: unknown): Error {
  if (error instanceof OtherVersion) return error;
  const text = textOf(error);
  const way = /locked/.test(text)
    ? "another program has it open: close that one"
    : "give this user the right to read and write it, make room, or choose another folder with --data";
  return new Error(`${path} cannot be used (${text}): ${way}`, { cause: error });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function bound(values: Values): (string | number | null)[] {
  return values.map((value) => value ?? null);
}

/**
 * The embedded SQLite database (WebAssembly, so nothing is compiled at install; its files are SQLite's own).
 * One process has it, hence exclusive locking and with it the write-ahead log without shared memory; every commit
 * reaches the disk before it returns.
 */
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import type { Database } from "node-sqlite3-wasm";

export type { Database } from "node-sqlite3-wasm";

// A CommonJS package whose names Node cannot tell beforehand.
const sqlite = createRequire(import.meta.url)("node-sqlite3-wasm") as typeof import("node-sqlite3-wasm");

const VERSION = 1;

const TABLES = `
CREATE TABLE event (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  input TEXT NOT NULL,
  file TEXT,
  state TEXT NOT NULL,
  confidence REAL NOT NULL,
  badge TEXT,
  review TEXT,
  reviewed_at INTEGER,
  bytes INTEGER NOT NULL,
  json TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX event_at ON event (at);
CREATE TABLE event_class (
  event TEXT NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  confidence REAL NOT NULL,
  PRIMARY KEY (event, label)
) WITHOUT ROWID;
CREATE INDEX event_class_label ON event_class (label, confidence);
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY,
  target TEXT NOT NULL,
  event TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  problem TEXT
);
CREATE INDEX delivery_target ON delivery (target);
CREATE TABLE heard_file (key TEXT PRIMARY KEY) WITHOUT ROWID;
`;

/**
 * Opens or makes the database. The caller has the folder's lock: the one that SQLite may have left behind when its
 * process was killed is then nobody's.
 */
export function openDatabase(path: string): Database {
  rmSync(`${path}.lock`, { recursive: true, force: true });
  const database = new sqlite.Database(path);
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    const version = Number(database.get("PRAGMA user_version")?.["user_version"]);
    if (version === 0) {
      inTransaction(database, () => database.exec(`${TABLES}; PRAGMA user_version = ${VERSION}`));
    } else if (version !== VERSION) {
      throw new Error(
        `${path} was written by another version (its tables are version ${version}, ours ${VERSION}): ` +
          "update listenable, or choose another folder with --data",
      );
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** All of it or none. */
export function inTransaction<T>(database: Database, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

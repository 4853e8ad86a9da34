/** Tables of the database, and what later versions added to them without a new number: older ones work beside it. */
export const VERSION = 1;

export const TABLES = `
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

/** When an event was kept, by retention's clock; null in rows of earlier versions, where its own time counts. */
export const ADDED = "added INTEGER";

export const ADDITIONS = `
CREATE INDEX IF NOT EXISTS event_added ON event (coalesce(added, at), bytes);
CREATE INDEX IF NOT EXISTS event_unexplained ON event (at) WHERE state = 'closed';
CREATE INDEX IF NOT EXISTS event_input ON event (input);
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS salvaged (id TEXT PRIMARY KEY, review TEXT, reviewed_at INTEGER, added INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heard (
  path TEXT NOT NULL,
  inode TEXT NOT NULL,
  size INTEGER NOT NULL,
  changed TEXT NOT NULL,
  print TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  checkpoint TEXT NOT NULL,
  done INTEGER NOT NULL,
  PRIMARY KEY (path, inode)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS heard_inode ON heard (inode);
CREATE TABLE IF NOT EXISTS input_id (name TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE) WITHOUT ROWID;
`;

/** Fails where a table or a column is missing. */
export const PROBES = [
  "SELECT id, at, input, file, state, confidence, badge, review, reviewed_at, bytes, json, added FROM event LIMIT 0",
  "SELECT event, label, confidence FROM event_class LIMIT 0",
  "SELECT id, target, event, body, attempts, next_at, created_at, problem FROM delivery LIMIT 0",
  "SELECT key FROM heard_file LIMIT 0",
];

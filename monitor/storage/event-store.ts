/**
 * Events on disk: a folder for each, and a row in the database. An event is closed when `close` has returned: from then
 * on it survives a kill at any moment. Its folder appears whole under its name, then its row is committed; at the next
 * start what has a folder and no row gets its row again, what has a row and no folder goes, and half-written things go.
 */
import { existsSync, mkdirSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { lockFolder } from "../../server/folder-lock.ts";
import { EVENT_FILES, type EventFile, isEventId } from "../event.ts";
import type { MonitorEvent, Review } from "../protocol.ts";
import { type Database, inTransaction, openDatabase } from "./database.ts";
import { makeFolderDurably, removeFolder, UNFINISHED, writeDurably } from "./durable-files.ts";
import { type EventQuery, queryToSql } from "./query.ts";

export interface StoredEvent {
  readonly event: MonitorEvent;
  readonly review: Review | null;
  /** Of all its files. */
  readonly bytes: number;
}

/** What is written into the database together with an event that is explained. */
export interface NewDelivery {
  readonly target: string;
  readonly body: string;
}

/** What the start found that a stop had left behind. */
export interface Recovered {
  /** Events whose folder was whole and whose row was missing. */
  readonly rows: number;
  /** Half-written files and folders that were removed. */
  readonly removed: number;
  /** Rows without a folder. */
  readonly lost: number;
}

export class EventStore {
  private constructor(
    readonly folder: string,
    readonly database: Database,
    readonly recovered: Recovered,
    private readonly unlock: () => void,
  ) {}

  /** @throws Error when another process has the folder, or the database cannot be read. */
  static async open(folder: string): Promise<EventStore> {
    mkdirSync(join(folder, "events"), { recursive: true });
    const unlock = lockFolder(folder, { of: "monitor", option: "--data" });
    try {
      const database = openDatabase(join(folder, "monitor.db"));
      try {
        return new EventStore(folder, database, await recover(folder, database), unlock);
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Keeps a closed event with its clip. */
  async close(event: MonitorEvent, clip: Uint8Array): Promise<void> {
    const json = jsonText(event);
    await mkdir(join(this.folder, "events", dayOf(event.id)), { recursive: true });
    const files = new Map<string, Uint8Array | string>([
      [EVENT_FILES.clip, clip],
      [EVENT_FILES.json, json],
    ]);
    await makeFolderDurably(this.folderOf(event.id), files);
    inTransaction(this.database, () => insert(this.database, event, clip.length + json.length));
  }

  /** Adds what was made of the clip, and the deliveries that tell of it. */
  async explain(
    event: MonitorEvent,
    files: ReadonlyMap<EventFile, Uint8Array>,
    deliveries: readonly NewDelivery[],
    now: number,
  ): Promise<void> {
    const folder = this.folderOf(event.id);
    for (const [file, bytes] of files) await writeDurably(join(folder, EVENT_FILES[file]), bytes);
    await writeDurably(join(folder, EVENT_FILES.json), jsonText(event));
    const bytes = await sizeOf(folder);
    inTransaction(this.database, () => {
      insert(this.database, event, bytes);
      for (const { target, body } of deliveries) {
        this.database.run(
          "INSERT INTO delivery (target, event, body, next_at, created_at) VALUES (?, ?, ?, ?, ?)",
          [target, event.id, body, now, now],
        );
      }
    });
  }

  get(id: string): StoredEvent | undefined {
    const row = this.database.get("SELECT json, review, bytes FROM event WHERE id = ?", [id]);
    return row ? toStored(row) : undefined;
  }

  /** The newest first. */
  find(query: EventQuery = {}): StoredEvent[] {
    const { sql, values } = queryToSql(query, "SELECT json, review, bytes FROM event");
    return this.database.all(sql, values).map(toStored);
  }

  count(query: EventQuery = {}): number {
    const { limit: _limit, before: _before, ...filters } = query;
    const { sql, values } = queryToSql(filters, "SELECT count(*) AS n FROM event", false);
    return Number(this.database.get(sql, values)?.["n"]);
  }

  /** Closed events whose explanation was not made, the oldest first. */
  unexplained(): MonitorEvent[] {
    return this.database
      .all("SELECT json, review, bytes FROM event WHERE state = 'closed' ORDER BY at")
      .map((row) => toStored(row).event);
  }

  /** @returns false when there is no such event. */
  review(id: string, review: Review | null, now: number): boolean {
    const { changes } = this.database.run("UPDATE event SET review = ?, reviewed_at = ? WHERE id = ?", [
      review,
      review === null ? null : now,
      id,
    ]);
    return changes > 0;
  }

  /** The folder goes first: a row without one is removed at the next start, the other way round it would come back. */
  async remove(id: string): Promise<void> {
    await removeFolder(this.folderOf(id));
    this.database.run("DELETE FROM event WHERE id = ?", [id]);
  }

  get bytes(): number {
    return Number(this.database.get("SELECT coalesce(sum(bytes), 0) AS n FROM event")?.["n"]);
  }

  file(id: string, file: EventFile): string {
    return join(this.folderOf(id), EVENT_FILES[file]);
  }

  folderOf(id: string): string {
    return join(this.folder, "events", dayOf(id), id);
  }

  /** Gives the folder back. */
  end(): void {
    if (this.database.isOpen) this.database.close();
    this.unlock();
  }
}

/** 2026-07-14 of 20260714-…: a folder a day keeps listings short. */
function dayOf(id: string): string {
  return `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}`;
}

function jsonText(event: MonitorEvent): string {
  return `${JSON.stringify(event, null, 1)}\n`;
}

function insert(database: Database, event: MonitorEvent, bytes: number): void {
  database.run(
    `INSERT INTO event (id, at, input, file, state, confidence, badge, bytes, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, badge = excluded.badge, bytes = excluded.bytes, json = excluded.json`,
    [
      event.id,
      Date.parse(event.at),
      event.input,
      event.file ?? null,
      event.state,
      event.classes[0].confidence,
      event.faithfulness?.badge ?? null,
      bytes,
      JSON.stringify(event),
    ],
  );
  for (const { label, confidence } of event.classes) {
    database.run("INSERT OR REPLACE INTO event_class VALUES (?, ?, ?)", [event.id, label, confidence]);
  }
}

function toStored(row: ReturnType<Database["all"]>[number]): StoredEvent {
  return {
    event: JSON.parse(String(row["json"])) as MonitorEvent,
    review: (row["review"] as Review | null) ?? null,
    bytes: Number(row["bytes"]),
  };
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = await Promise.all(
    Object.values(EVENT_FILES).map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function recover(folder: string, database: Database): Promise<Recovered> {
  let rows = 0;
  let removed = 0;
  const found = new Set<string>();
  for (const day of await readdir(join(folder, "events"))) {
    for (const name of await readdir(join(folder, "events", day))) {
      const path = join(folder, "events", day, name);
      if (name.startsWith(UNFINISHED)) {
        await rm(path, { recursive: true, force: true });
        removed++;
      } else if (isEventId(name)) {
        found.add(name);
        for (const file of await readdir(path)) {
          if (!file.startsWith(UNFINISHED)) continue;
          await rm(join(path, file));
          removed++;
        }
        if (database.get("SELECT 1 FROM event WHERE id = ?", [name])) continue;
        const event = JSON.parse(await readFile(join(path, EVENT_FILES.json), "utf8")) as MonitorEvent;
        const bytes = await sizeOf(path);
        inTransaction(database, () => insert(database, event, bytes));
        rows++;
      }
    }
  }
  let lost = 0;
  for (const { id } of database.all("SELECT id FROM event")) {
    if (found.has(String(id)) || existsSync(join(folder, "events", dayOf(String(id)), String(id)))) continue;
    database.run("DELETE FROM event WHERE id = ?", [String(id)]);
    lost++;
  }
  return { rows, removed, lost };
}

/** An event as rows of the database. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { EVENT_FILES } from "../event.ts";
import type { MonitorEvent, Review } from "../protocol.ts";
import type { Database } from "./database.ts";

export interface StoredEvent {
  readonly event: MonitorEvent;
  readonly review: Review | null;
  /** Of all its files. */
  readonly bytes: number;
}

export const STORED = "SELECT json, review, bytes FROM event";

/** @param added when it was kept by retention's clock; null leaves what the row says, or its own time to count. */
export function insertEvent(
  database: Database,
  event: MonitorEvent,
  bytes: number,
  added: number | null,
): void {
  database.run(
    `INSERT INTO event (id, at, input, file, state, confidence, badge, bytes, json, added)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, badge = excluded.badge, bytes = excluded.bytes,
     json = excluded.json, added = coalesce(excluded.added, added)`,
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
      added,
    ],
  );
  for (const { label, confidence } of event.classes) {
    database.run("INSERT OR REPLACE INTO event_class VALUES (?, ?, ?)", [event.id, label, confidence]);
  }
}

/** Rows that cannot be read are left out: the next start puts them right. */
export function storedEvents(rows: ReturnType<Database["all"]>): StoredEvent[] {
  return rows.flatMap((row) => {
    try {
      const event = JSON.parse(String(row["json"])) as MonitorEvent | null;
      if (!event?.id || !event.classes[0]) return [];
      return [{ event, review: (row["review"] as Review | null) ?? null, bytes: Number(row["bytes"]) }];
    } catch {
      return [];
    }
  });
}

export async function sizeOf(folder: string): Promise<number> {
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

/**
 * What a stop, a damaged database or somebody's hand has left in the folder is put right while the monitor listens:
 * events whose row is missing or broken get it from their folder, rows without a folder go, half-written things go,
 * reviews lie beside their events. What is no event is left where it is, and told, one by one.
 */
import type { Dirent } from "node:fs";
import { existsSync, lstatSync, rmSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { closeAll } from "../../server/private-files.ts";
import { dayOf, EVENT_FILES, isEventId } from "../event.ts";
import { type MonitorEvent, REVIEWS, type Review } from "../protocol.ts";
import type { Database } from "./database.ts";
import { isLeftOver, UNFINISHED } from "./durable-files.ts";
import {
  type KeptReview,
  keepReview,
  parseEvent,
  REVIEW_FILE,
  readEventFile,
  readReview,
} from "./event-file.ts";
import { insertEvent, sizeOf } from "./event-rows.ts";
import type { Turns } from "./turns.ts";

/** What was found and put right. */
export interface Recovered {
  /** Events whose folder was whole and whose row was missing. */
  readonly rows: number;
  /** Half-written files and folders that were removed. */
  readonly removed: number;
  /** Rows without a folder. */
  readonly lost: number;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
}

interface RecoveryParts {
  readonly folder: string;
  readonly database: Database;
  readonly turns: Turns;
  /** Whether this process is writing the event now. */
  readonly isBusy: (id: string) => boolean;
  readonly stopped: () => boolean;
  readonly tell: (line: string) => void;
  readonly onProgress: (progress: Progress) => void;
}

/** Events looked at in one piece: their files side by side, then their rows in one transaction. */
const PIECE = 32;
/** Rows in one transaction, about: some milliseconds of work. */
const MOST_ROWS = 100;
/** One by one up to here. */
const MOST_TOLD = 50;

export class Recovery {
  #rows = 0;
  #removed = 0;
  #lost = 0;
  #told = 0;
  #done = 0;
  #total = 0;

  constructor(private readonly parts: RecoveryParts) {}

  async run(): Promise<Recovered> {
    const { stopped, tell, database } = this.parts;
    const days = await this.#days();
    for (const [day, names] of days) {
      for (let k = 0; k < names.length && !stopped(); k += PIECE) {
        const piece = names.slice(k, k + PIECE);
        await this.#piece(day, piece);
        this.#done += piece.length;
        this.parts.onProgress({ done: this.#done, total: this.#total });
      }
    }
    if (!stopped()) await this.#dropLostRows();
    if (!stopped()) database.run("DELETE FROM salvaged");
    if (this.#told > MOST_TOLD) tell(`and ${this.#told - MOST_TOLD} more like these`);
    return { rows: this.#rows, removed: this.#removed, lost: this.#lost };
  }

  /** Names in each day's folder. */
  async #days(): Promise<Map<string, string[]>> {
    const days = new Map<string, string[]>();
    const events = join(this.parts.folder, "events");
    for (const entry of await readdir(events, { withFileTypes: true })) {
      const { name } = entry;
      if (!/^\d{4}-\d\d-\d\d$/.test(name) || !(await isFolder(events, entry))) {
        this.#skip(name, "is no folder of a day");
        continue;
      }
      const names = await readdir(join(events, name)).catch((error: Error) => {
        this.#skip(name, `cannot be looked into (${error.message})`);
        return [];
      });
      this.#total += names.length;
      days.set(name, names);
    }
    return days;
  }

  async #piece(day: string, names: readonly string[]): Promise<void> {
    const { database, turns } = this.parts;
    const ids = names.filter((name) => this.#isEvent(day, name));
    await turns.next();
    const rows = this.#rowsOf(ids);
    const found = await Promise.all(
      ids.map((id) =>
        this.#look(day, id, rows.get(id)).catch((error: Error) => {
          this.#skip(`${day}/${id}`, `cannot be looked at (${error.message})`);
          return undefined;
        }),
      ),
    );
    const changes = found.filter((each) => each !== undefined);
    for (const few of inParts(changes)) {
      await turns.next();
      if (this.parts.stopped()) return;
      let inserted = 0;
      database.hastily(() => {
        inserted = 0;
        for (const change of few) if (this.#apply(change)) inserted++;
      });
      this.#rows += inserted;
    }
  }

  /** Half-written things of earlier runs go at once. */
  #isEvent(day: string, name: string): boolean {
    const path = join(this.parts.folder, "events", day, name);
    if (name.startsWith(UNFINISHED)) {
      this.#clean(path);
      return false;
    }
    if (!isEventId(name)) this.#skip(`${day}/${name}`, "is no event");
    else if (dayOf(name) !== day) this.#skip(`${day}/${name}`, `is an event of another day, ${dayOf(name)}`);
    else return !this.parts.isBusy(name);
    return false;
  }

  /** What has to be changed in the database, if anything. */
  async #look(day: string, id: string, row: EventRow | undefined): Promise<Change | undefined> {
    const { database } = this.parts;
    const folder = join(this.parts.folder, "events", day, id);
    const files = await this.#filesOf(folder, day, id);
    if (!files) return row && !row.usable ? { drop: id } : undefined;
    const review = files.includes(REVIEW_FILE) ? await this.#reviewIn(folder, day, id) : undefined;
    if (row?.usable) return this.#sameReview(id, folder, row, review);
    try {
      const event = await readEventFile(folder, id);
      const old = database.get("SELECT review, reviewed_at, added FROM salvaged WHERE id = ?", [id]);
      const change = { folder, event, bytes: await sizeOf(folder), added: numberOf(old?.["added"]) };
      if (review || !isReview(old?.["review"])) return { ...change, review };
      const kept = { review: old["review"], at: numberOf(old["reviewed_at"]) };
      await keepReview(folder, kept);
      return { ...change, review: kept };
    } catch (error) {
      this.#skip(`${day}/${id}`, `${EVENT_FILES.json} ${(error as Error).message}`);
      return row && { drop: id };
    }
  }

  /** Undefined for what is no folder, or none any more. */
  async #filesOf(folder: string, day: string, id: string): Promise<string[] | undefined> {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (!found) return undefined;
    if (!found.isDirectory()) {
      this.#skip(`${day}/${id}`, "is no folder, and events are folders");
      return undefined;
    }
    // Those of earlier versions lay open to others.
    if ((found.mode & 0o077) !== 0) closeAll(folder);
    const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") this.#skip(`${day}/${id}`, `cannot be looked into (${error.message})`);
      return undefined;
    });
    for (const file of files ?? []) if (file.startsWith(UNFINISHED)) this.#clean(join(folder, file));
    if (files && !files.includes(EVENT_FILES.clip)) {
      this.#tell(`${day}/${id}`, `has no ${EVENT_FILES.clip}`);
    }
    return files;
  }

  async #reviewIn(folder: string, day: string, id: string): Promise<KeptReview | undefined> {
    try {
      return await readReview(folder);
    } catch (error) {
      this.#tell(`${day}/${id}/${REVIEW_FILE}`, `${(error as Error).message}: left alone`);
      return undefined;
    }
  }

  /** The file counts; a review of an earlier version, which knew none, gets one. */
  async #sameReview(
    id: string,
    folder: string,
    row: EventRow,
    kept: KeptReview | undefined,
  ): Promise<Change | undefined> {
    if (kept) return kept.review === row.review ? undefined : { reviewed: id, review: kept };
    if (row.review !== null) await keepReview(folder, { review: row.review, at: row.reviewedAt });
    return undefined;
  }

  #rowsOf(ids: readonly string[]): Map<string, EventRow> {
    if (ids.length === 0) return new Map();
    const rows = this.parts.database.all(
      `SELECT id, at, json, review, reviewed_at FROM event WHERE id IN (${ids.map(() => "?").join(", ")})`,
      [...ids],
    );
    return new Map(
      rows.map((row) => {
        const id = String(row["id"]);
        const review = isReview(row["review"]) ? row["review"] : null;
        return [id, { usable: isUsable(row), review, reviewedAt: numberOf(row["reviewed_at"]) }];
      }),
    );
  }

  /** @returns whether an event came back. */
  #apply(change: Change): boolean {
    const { database, isBusy } = this.parts;
    if ("drop" in change) {
      database.run("DELETE FROM event WHERE id = ?", [change.drop]);
      return false;
    }
    if ("reviewed" in change) {
      const { review, at } = change.review;
      database.run("UPDATE event SET review = ?, reviewed_at = ? WHERE id = ?", [
        review,
        at,
        change.reviewed,
      ]);
      return false;
    }
    const { folder, event, bytes, added, review } = change;
    // Taken away or written by us meanwhile.
    if (isBusy(event.id) || !existsSync(folder)) return false;
    database.run("DELETE FROM event WHERE id = ?", [event.id]);
    insertEvent(database, event, bytes, added);
    if (review) this.#apply({ reviewed: event.id, review });
    return true;
  }

  async #dropLostRows(): Promise<void> {
    const { database, turns, folder, stopped } = this.parts;
    for (let last = ""; !stopped(); ) {
      await turns.next();
      if (stopped()) return;
      const ids = database
        .all("SELECT id FROM event WHERE id > ? ORDER BY id LIMIT 200", [last])
        .map(({ id }) => String(id));
      if (ids.length === 0) return;
      last = ids[ids.length - 1];
      const lost = ids.filter((id) => !isEventId(id) || !existsSync(join(folder, "events", dayOf(id), id)));
      for (const id of lost) {
        if (!isEventId(id)) this.parts.tell(`${database.path} had a row "${id}", which is no event: removed`);
        database.run("DELETE FROM event WHERE id = ?", [id]);
        this.#lost++;
      }
    }
  }

  /** In one go with the look whether it is ours, so that nothing new is taken away. */
  #clean(path: string): void {
    if (!isLeftOver(path)) return;
    rmSync(path, { recursive: true, force: true });
    this.#removed++;
  }

  #skip(name: string, why: string): void {
    this.#tell(name, `${why}: skipped, and left where it is`);
  }

  /** Of something among the events. */
  #tell(name: string, what: string): void {
    this.#told++;
    if (this.#told <= MOST_TOLD) this.parts.tell(`${join(this.parts.folder, "events", name)} ${what}`);
  }
}

interface EventRow {
  readonly usable: boolean;
  readonly review: Review | null;
  readonly reviewedAt: number | null;
}

type Change =
  | { readonly drop: string }
  | { readonly reviewed: string; readonly review: KeptReview }
  | {
      readonly folder: string;
      readonly event: MonitorEvent;
      readonly bytes: number;
      readonly added: number | null;
      readonly review: KeptReview | undefined;
    };

/** An event may have hundreds of classes, each a row. */
function inParts(changes: readonly Change[]): Change[][] {
  const parts: Change[][] = [];
  let rows = MOST_ROWS;
  for (const change of changes) {
    if (rows >= MOST_ROWS) {
      parts.push([]);
      rows = 0;
    }
    parts[parts.length - 1].push(change);
    rows += "event" in change ? 1 + change.event.classes.length : 1;
  }
  return parts;
}

function isReview(value: unknown): value is Review {
  return REVIEWS.includes(value as Review);
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function isUsable(row: Record<string, unknown>): boolean {
  try {
    parseEvent(String(row["json"]), String(row["id"]));
    return typeof row["at"] === "number";
  } catch {
    return false;
  }
}

/** Days may lie on another disk: links are followed here, and nowhere below. */
async function isFolder(parent: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(parent, entry.name)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

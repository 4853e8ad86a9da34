/**
 * Events on disk: a folder for each, and a row in the database. An event is closed when `close` has returned: from then
 * on it survives a kill at any moment. Its folder appears whole under its name, then its row is committed; what a kill
 * leaves in between is put right after the next start, as is a database that is damaged: the folders are what counts,
 * reviews in them included, and the database can be made of them (`recovery.ts`).
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { lockFolder } from "../../server/folder-lock.ts";
import { closeToOthers, makePrivate, makePrivateFolderSync } from "../../server/private-files.ts";
import { dayOf, EVENT_FILES, type EventFile } from "../event.ts";
import type { MonitorEvent, Rebuilding, Review } from "../protocol.ts";
import { Database, inTransaction, type SetAside } from "./database.ts";
import { ensureFolder, makeFolderDurably, removeFolder, writeDurably } from "./durable-files.ts";
import { keepReviewSync } from "./event-file.ts";
import { insertEvent, STORED, type StoredEvent, sizeOf, storedEvents } from "./event-rows.ts";
import { EventSearch } from "./event-search.ts";
import { type EventQuery, queryToSql } from "./query.ts";
import { type Recovered, Recovery } from "./recovery.ts";
import { type KeptClock, RetentionClock } from "./retention-clock.ts";
import { Turns } from "./turns.ts";

export type { Recovered, StoredEvent };

/** What is written into the database together with an event that is explained. */
export interface NewDelivery {
  readonly target: string;
  readonly body: string;
}

export interface StoreOptions {
  /** Told what was found and put right, in sentences. */
  readonly log?: ((line: string) => void) | undefined;
  /** The computer's clock. */
  readonly now?: () => number;
  /** Milliseconds that passed, which nobody can set. */
  readonly elapsed?: () => number;
}

const NOTHING: Recovered = { rows: 0, removed: 0, lost: 0 };
/** So many rows may be missing before it is called rebuilding. */
const FEW = 100;
const TELL_MS = 5_000;
const DAY = 24 * 3600 * 1000;

export class EventStore {
  readonly database: Database;
  readonly clock: RetentionClock;
  readonly search: EventSearch;
  readonly #turns = new Turns();
  readonly #log: (line: string) => void;
  readonly #now: () => number;
  readonly #elapsed: () => number;
  /** Events that are being written, which nobody else may take for left over. */
  readonly #busy = new Set<string>();
  #recovered = NOTHING;
  #recovery: Promise<void> = Promise.resolve();
  #recovering = 0;
  #rebuilding: Rebuilding | undefined;
  #begun = false;
  #ended = false;

  private constructor(
    readonly folder: string,
    private readonly unlock: () => void,
    options: StoreOptions,
  ) {
    this.#log = options.log ?? (() => {});
    this.#now = options.now ?? Date.now;
    this.#elapsed = options.elapsed ?? (() => performance.now());
    closeToOthers(folder, isOfMonitor, this.#log, { deep: false });
    for (const day of readdirSync(join(folder, "events"))) makePrivate(join(folder, "events", day));
    this.database = Database.open(
      join(folder, "monitor.db"),
      (what) => this.#onSetAside(what),
      () => new Date(this.#now()),
    );
    this.clock = new RetentionClock(this.#keptClock(), newestDay(folder, this.#now()), {
      wall: this.#now,
      elapsed: this.#elapsed,
    });
    this.search = new EventSearch(this.database, this.#turns, this.#elapsed);
    this.#recover();
  }

  /**
   * Has the folder and can keep events at once; what an earlier run has left is put right meanwhile, see `whole`.
   *
   * @throws Error when another process has the folder, or it cannot be written.
   */
  static begin(folder: string, options: StoreOptions = {}): EventStore {
    try {
      makePrivateFolderSync(join(folder, "events"));
    } catch (error) {
      throw new Error(
        `${folder} cannot be a folder of events (${(error as Error).message}): choose another with --data`,
        { cause: error },
      );
    }
    const unlock = lockFolder(folder, { of: "monitor", option: "--data" });
    try {
      return new EventStore(folder, unlock, options);
    } catch (error) {
      unlock();
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const way = "give this user the right to read and write there, or choose another folder with --data";
      throw new Error(`${folder} cannot be used (${message}): ${way}`, { cause: error });
    }
  }

  /** As `begin`, when all is put right. */
  static async open(folder: string, options: StoreOptions = {}): Promise<EventStore> {
    const store = EventStore.begin(folder, options);
    await store.whole();
    return store;
  }

  /** When the database says what the folders hold. */
  async whole(): Promise<Recovered> {
    while (this.#recovering > 0) await this.#recovery;
    return this.#recovered;
  }

  get isWhole(): boolean {
    return this.#recovering === 0;
  }

  /** What the start found that a stop had left behind, as far as it got. */
  get recovered(): Recovered {
    return this.#recovered;
  }

  /** While the database is made of the folders: how far that is. */
  get rebuilding(): Rebuilding | undefined {
    return this.#rebuilding;
  }

  /** Keeps a closed event with its clip. */
  async close(event: MonitorEvent, clip: Uint8Array): Promise<void> {
    const json = jsonText(event);
    this.#busy.add(event.id);
    try {
      await ensureFolder(join(this.folder, "events", dayOf(event.id)));
      const files = new Map<string, Uint8Array | string>([
        [EVENT_FILES.clip, clip],
        [EVENT_FILES.json, json],
      ]);
      await makeFolderDurably(this.folderOf(event.id), files);
      const added = Math.round(this.clock.stampOf(Date.parse(event.at)));
      const bytes = clip.length + json.length;
      try {
        inTransaction(this.database, () => insertEvent(this.database, event, bytes, added));
      } catch (error) {
        // All of it or nothing: it is tried again, and must not be taken up again at the next start as well.
        await removeFolder(this.folderOf(event.id)).catch(() => {});
        throw error;
      }
    } finally {
      this.#busy.delete(event.id);
    }
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
      insertEvent(this.database, event, bytes, null);
      for (const { target, body } of deliveries) {
        this.database.run(
          // Those who get it know repetitions by the id: none is given twice, also where no message waits.
          `INSERT INTO delivery (id, target, event, body, next_at, created_at)
           VALUES (max((SELECT coalesce(max(id), 0) FROM delivery) + 1, ?), ?, ?, ?, ?, ?)`,
          [1000 * now, target, event.id, body, now, Math.round(this.clock.stampOf(now))],
        );
      }
    });
  }

  get(id: string): StoredEvent | undefined {
    return storedEvents(this.database.all(`${STORED} WHERE id = ?`, [id]))[0];
  }

  /** The newest first. For few: where many have to be looked at, `search` lets others run in between. */
  find(query: EventQuery = {}): StoredEvent[] {
    const { sql, values } = queryToSql(query, STORED);
    return storedEvents(this.database.all(sql, values));
  }

  count(query: EventQuery = {}): number {
    const { limit: _limit, before: _before, ...filters } = query;
    const { sql, values } = queryToSql(filters, "SELECT count(*) AS n FROM event", false);
    return Number(this.database.get(sql, values)?.["n"]);
  }

  /** Closed events whose explanation was not made, the oldest first; `after` the last of those before. */
  unexplained(most = Number.MAX_SAFE_INTEGER, after?: MonitorEvent): MonitorEvent[] {
    const values = after ? [Date.parse(after.at), after.id, most] : [0, "", most];
    return storedEvents(
      this.database.all(
        `${STORED} WHERE state = 'closed' AND (at, id) > (?, ?) ORDER BY at, id LIMIT ?`,
        values,
      ),
    ).map(({ event }) => event);
  }

  /** Beside the event first: reviews are people's work. @returns false when there is no such event. */
  review(id: string, review: Review | null, now: number): boolean {
    if (!this.get(id)) return false;
    const at = review === null ? null : now;
    keepReviewSync(this.folderOf(id), { review, at });
    this.database.run("UPDATE event SET review = ?, reviewed_at = ? WHERE id = ?", [review, at, id]);
    return true;
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

  /** What retention's clock says outlives this run. */
  keepClock(): void {
    const value = JSON.stringify(this.clock.kept);
    this.database.run("INSERT OR REPLACE INTO note VALUES ('clock', ?)", [value]);
  }

  /** Gives the folder back. */
  end(): void {
    if (!this.#ended && this.database.isOpen) {
      this.#ended = true;
      // On a full disk too the folder is given back.
      for (const step of [() => this.keepClock(), () => this.database.close()]) {
        try {
          step();
        } catch (error) {
          this.#log(`${this.database.path} cannot be closed as it should: ${(error as Error).message}`);
        }
      }
    }
    this.unlock();
  }

  #keptClock(): KeptClock | undefined {
    const text = this.database.get("SELECT value FROM note WHERE name = 'clock'")?.["value"];
    try {
      const kept = JSON.parse(String(text)) as KeptClock;
      return [kept.time, kept.owed, kept.offset, kept.ran, kept.doubted].every(Number.isFinite)
        ? kept
        : undefined;
    } catch {
      return undefined;
    }
  }

  #onSetAside({ path, aside, reason }: SetAside): void {
    this.#log(
      `${path} is damaged (${reason}): it is ${aside} now, and kept. Events and reviews are all there, in their ` +
        "folders, and the database is made anew of them. What it alone knew (messages that waited, files of watched " +
        "folders that were heard) is taken over as far as it could be read",
    );
    // At the start it begins anyway.
    if (this.#begun) this.#recover();
  }

  #recover(): void {
    this.#begun = true;
    this.#recovering++;
    this.#recovery = this.#recovery
      .then(() => this.#recoverOnce())
      .catch((error: Error) => {
        if (!this.#ended) this.#log(`what an earlier run left cannot be put right: ${error.message}`);
      })
      .finally(() => {
        this.#recovering--;
        this.#rebuilding = undefined;
      });
  }

  async #recoverOnce(): Promise<void> {
    const began = this.#elapsed();
    const { database } = this;
    const rowsBefore = this.count();
    let told = began;
    const recovery = new Recovery({
      folder: this.folder,
      database,
      turns: this.#turns,
      isBusy: (id) => this.#busy.has(id),
      stopped: () => this.#ended,
      tell: this.#log,
      onProgress: (progress) => {
        const { done, total } = progress;
        if (total - rowsBefore <= FEW && !database.setAside) return;
        if (!this.#rebuilding) {
          this.#log(`making the database anew of ${total} events' folders; the monitor listens meanwhile`);
        }
        const seconds = (this.#elapsed() - began) / 1000;
        const secondsLeft = Math.ceil((seconds / done) * (total - done));
        this.#rebuilding = { done, total, secondsLeft };
        if (this.#elapsed() - told < TELL_MS || done === total) return;
        told = this.#elapsed();
        this.#log(
          `made anew: ${done} of ${total} events (${Math.floor((100 * done) / total)} %), ${secondsLeft} s left`,
        );
      },
    });
    this.#recovered = await recovery.run();
    if (this.#ended) return;
    const { rows, removed, lost } = this.#recovered;
    if (this.#rebuilding) {
      const seconds = Math.ceil((this.#elapsed() - began) / 1000);
      this.#log(`the database is made anew: ${rows} events, in ${seconds} s`);
    } else if (rows + removed + lost > 0) {
      this.#log(
        `after an unclean stop: ${rows} events taken up again, ${removed} half-written files removed, ${lost} rows without files removed`,
      );
    }
  }
}

/** What a monitor makes in its folder. */
function isOfMonitor(name: string): boolean {
  return name === "events" || name.startsWith("monitor.db") || name.startsWith("monitor.lock");
}

/** The end of the newest day with events, where that is not in the future. */
function newestDay(folder: string, now: number): number | undefined {
  const days = readdirSync(join(folder, "events"))
    .filter((name) => /^\d{4}-\d\d-\d\d$/.test(name))
    .sort();
  const end = Date.parse(days[days.length - 1] ?? "") + DAY;
  return Number.isNaN(end) ? undefined : Math.min(end, now);
}

function jsonText(event: MonitorEvent): string {
  return `${JSON.stringify(event, null, 1)}\n`;
}

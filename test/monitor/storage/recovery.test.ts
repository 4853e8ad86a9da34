import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { dayOf } from "../../../monitor/event.ts";
import type { HeardFile } from "../../../monitor/inputs/heard-files.ts";
import type { MonitorEvent } from "../../../monitor/protocol.ts";
import { EventStore } from "../../../monitor/storage/event-store.ts";
import { StoredHeardFiles } from "../../../monitor/storage/heard-files.ts";
import { renameInputs } from "../../../monitor/storage/rename-input.ts";
import { openToOthers } from "../../open-to-others.ts";
import { madeUpEvent } from "../made-up-event.ts";
import { folderOf, jsonOf, temporary, writeEvent, writeEvents } from "./event-folders.ts";

const CLIP = new Uint8Array(100).fill(7);

async function opened(folder: string): Promise<{ store: EventStore; told: string[] }> {
  const told: string[] = [];
  return { store: await EventStore.open(folder, { log: (line) => told.push(line) }), told };
}

const idsOf = (store: EventStore) => store.find({ limit: 1000 }).map(({ event }) => event.id);

test("what is no event in the folder of events is told by name and left there, and the events are found", async () => {
  const folder = temporary();
  const [good] = writeEvents(folder, 1) as [MonitorEvent];
  const events = join(folder, "events");
  const day = join(events, dayOf(good.id));
  const elsewhere = madeUpEvent({ at: "2026-01-02T03:04:05.000Z" });
  const file = madeUpEvent();
  writeFileSync(join(events, ".DS_Store"), "x");
  writeFileSync(join(events, "2026-07-15"), "a file named as a day");
  mkdirSync(join(events, "lost+found"));
  writeFileSync(join(day, "Thumbs.db"), "x");
  writeFileSync(join(day, file.id), "a file named as an event");
  mkdirSync(join(day, elsewhere.id));
  const odd: [string, string | undefined][] = [
    ["is empty", ""],
    ["is empty", " \n"],
    ["cut off or no JSON", jsonOf(madeUpEvent()).slice(0, 100)],
    ["cut off or no JSON", "\0\0\0\0"],
    ["is no event", "null"],
    ["is no event", "[]"],
    ["is no event", '"text"'],
    ["is no event", "17"],
    ["is no event", "{}"],
    ["another event", jsonOf(madeUpEvent())],
  ];
  const changes: [string, object][] = [
    ["classes", { classes: [] }],
    ["classes", { classes: [{}] }],
    ["at", { at: "yesterday" }],
    ["clip", { clip: null }],
    ["state", { state: "gone" }],
    ["input", { input: 5 }],
  ];
  const bad = odd.map(([why, json]) => ({ why, event: writeEvent(folder, madeUpEvent(), json) }));
  for (const [why, change] of changes) {
    const event = madeUpEvent();
    bad.push({ why, event: writeEvent(folder, event, JSON.stringify({ ...event, ...change })) });
  }
  const without = madeUpEvent();
  mkdirSync(folderOf(folder, without));
  const asFolder = madeUpEvent();
  mkdirSync(join(folderOf(folder, asFolder), "event.json"), { recursive: true });
  const huge = writeEvent(folder, madeUpEvent());
  truncateSync(join(folderOf(folder, huge), "event.json"), 3e9);
  const pipe = madeUpEvent();
  mkdirSync(folderOf(folder, pipe));
  const made = spawnSync("mkfifo", [join(folderOf(folder, pipe), "event.json")]);
  const silent = writeEvent(folder, madeUpEvent());
  rmSync(join(folderOf(folder, silent), "clip.wav"));

  const { store, told } = await opened(folder);
  assert.equal(idsOf(store), [silent.id, good.id], "one without its sound is still one");
  const said = (name: string, why: string) =>
    assert.ok(
      told.some((line) => line.includes(name) && line.includes(why)),
      `${name}: ${why} is not among\n${told.join("\n")}`,
    );
  for (const name of [".DS_Store", "2026-07-15", "lost+found"]) said(name, "no folder of a day");
  said("Thumbs.db", "no event");
  said(file.id, "no folder");
  said(elsewhere.id, "another day");
  for (const { why, event } of bad) said(event.id, why);
  said(without.id, "event.json is missing");
  said(asFolder.id, "cannot be read");
  said(huge.id, "3000000000 bytes");
  if (made.status === 0) said(pipe.id, "is no file");
  said(silent.id, "has no clip.wav");
  for (const { event } of bad) assert.ok(existsSync(folderOf(folder, event)), "left where it was");
  store.end();
});

test("a broken row is made anew of its folder, or goes where there is none; the list never fails of it", async () => {
  const folder = temporary();
  const events = writeEvents(folder, 8);
  const { store: first } = await opened(folder);
  const broken: [string, unknown][] = [
    ["json", "{"],
    ["json", ""],
    ["json", "null"],
    ["json", "[1]"],
    ["json", JSON.stringify(events[0])],
    ["at", "x"],
  ];
  for (const [k, [column, value]] of broken.entries()) {
    first.database.run(`UPDATE event SET ${column} = ? WHERE id = ?`, [value as string, events[k + 1]!.id]);
  }
  first.database.run(
    "INSERT INTO event (id, at, input, state, confidence, bytes, json) VALUES ('../x', 1, '', 'closed', 1, 1, '{}')",
  );
  assert.ok(idsOf(first).length >= 2, "what can be read is listed all the same");
  rmSync(folderOf(folder, events[1]!), { recursive: true });
  first.end();

  const { store, told } = await opened(folder);
  assert.equal(
    idsOf(store),
    [...events]
      .filter(({ id }) => id !== events[1]!.id)
      .reverse()
      .map(({ id }) => id),
  );
  for (const event of events.slice(2)) assert.equal(store.get(event.id)?.event, event);
  assert.ok(told.some((line) => line.includes("../x")));
  store.end();
});

const damages: [string, (path: string) => void][] = [
  ["is a text", (path) => writeFileSync(path, "this is no database, ".repeat(500))],
  ["is all zeros", (path) => writeFileSync(path, Buffer.alloc(8192))],
  ["is noise behind its first page", (path) => overwrite(path, 4096, 0xa5)],
  ["has a damaged header", (path) => overwrite(path, 16, 0xff, 60)],
  ["was cut in the middle", (path) => writeFileSync(path, readFileSync(path).subarray(0, 20_000))],
  ["was cut in its first page", (path) => writeFileSync(path, readFileSync(path).subarray(0, 1000))],
  [
    "is a folder",
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  ],
  ["has a log that is a folder", (path) => mkdirSync(`${path}-wal`)],
  ["has a log of nonsense", (path) => writeFileSync(`${path}-wal`, Buffer.alloc(5000, 3))],
  [
    "is gone, and its log is left",
    (path) => {
      rmSync(path);
      writeFileSync(`${path}-wal`, Buffer.alloc(5000, 3));
      writeFileSync(`${path}-shm`, Buffer.alloc(5000, 3));
    },
  ],
  ["is gone", (path) => rmSync(path)],
];

function overwrite(path: string, from: number, value: number, to?: number): void {
  const bytes = readFileSync(path);
  bytes.fill(value, from, to);
  writeFileSync(path, bytes);
}

for (const [what, damage] of damages) {
  test(`a database that ${what} is made anew, with all events and reviews`, async () => {
    const folder = temporary();
    const events = writeEvents(folder, 40);
    const { store: first } = await opened(folder);
    first.review(events[3]!.id, "wrong", 1000);
    first.review(events[4]!.id, "right", 1000);
    first.review(events[4]!.id, null, 2000);
    first.end();
    damage(join(folder, "monitor.db"));

    const { store, told } = await opened(folder);
    assert.is(store.count(), 40);
    assert.is(store.get(events[3]!.id)?.review, "wrong");
    assert.is(store.get(events[4]!.id)?.review, null);
    assert.is(store.database.get("PRAGMA integrity_check")?.["integrity_check"], "ok");
    const { setAside } = store.database;
    if (setAside) {
      assert.ok(existsSync(setAside.aside), "the damaged one is kept");
      const line = told.find((each) => each.includes("is damaged"))!;
      assert.ok(line.includes(join(folder, "monitor.db")) && line.includes(setAside.aside), line);
    } else assert.match(what, /gone|nonsense/);
    assert.equal(await openToOthers(folder), []);
    // It works, and stays so.
    await store.close(madeUpEvent({ at: "2026-08-01T00:00:00.000Z" }), CLIP);
    store.end();
    const { store: third, told: nothing } = await opened(folder);
    assert.is(third.count(), 41);
    assert.equal(nothing, []);
    third.end();
  });
}

test("another program's database and one with a missing column are set aside; a newer version's is refused", async () => {
  const folder = temporary();
  writeEvents(folder, 3);
  (await opened(folder)).store.end();
  const change = async (sql: string) => {
    const { store } = await opened(folder);
    store.database.exec(sql);
    store.end();
  };
  const aside = () => readdirSync(folder).filter((name) => name.includes("damaged")).length;
  await change("DROP TABLE event_class");
  const { store } = await opened(folder);
  assert.is(store.count({ label: "dog" }), 3);
  store.end();
  assert.is(aside(), 1);
  await change("PRAGMA user_version = 0");
  (await opened(folder)).store.end();
  assert.is(aside(), 2);
  await change("PRAGMA user_version = 99");
  try {
    await EventStore.open(folder);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /monitor\.db was written by another version .*99.* --data/);
  }
  assert.is(aside(), 2);
  assert.not(existsSync(join(folder, "monitor.lock")), "the folder is given back");
});

test("a folder that cannot be one of events is named, with the way out", async () => {
  const folder = temporary();
  writeFileSync(join(folder, "file"), "x");
  for (const path of [join(folder, "file"), join(folder, "file", "below")]) {
    try {
      await EventStore.open(path);
      assert.unreachable();
    } catch (error) {
      assert.ok((error as Error).message.includes(path), (error as Error).message);
      assert.match((error as Error).message, /--data/);
    }
  }
});

const heard = (id: string): HeardFile => ({
  ...{ path: `/sounds/${id}.wav`, inode: id, size: 5, changed: "6", print: "p", startedAt: 7 },
  ...{ checkpoint: { frames: 8 } as unknown as HeardFile["checkpoint"], done: true },
});

test("messages that wait, files that were heard and reviews of an earlier version are read from what is left", async () => {
  const folder = temporary();
  const events = writeEvents(folder, 300);
  const { store: first } = await opened(folder);
  // No power fails here.
  first.database.exec("PRAGMA synchronous = OFF");
  // An earlier version had reviews nowhere else.
  for (const { id } of events)
    first.database.run("UPDATE event SET review = 'right', reviewed_at = 5 WHERE id = ?", [id]);
  for (const { id } of events) {
    first.database.run(
      "INSERT INTO delivery (target, event, body, next_at, created_at) VALUES ('hook', ?, 'body', 1, 1)",
      [id],
    );
    new StoredHeardFiles(first.database).save(heard(id));
  }
  // Tables that are made when they are needed.
  first.database.exec("CREATE TABLE later (name TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID");
  for (const name of ["yard", "street"]) {
    first.database.run("INSERT INTO later VALUES (?, 'x')", [name]);
  }
  first.end();
  // A page of events in the middle of the file.
  const path = join(folder, "monitor.db");
  const at = readFileSync(path).indexOf(`{"id":"${events[150]!.id}"`);
  overwrite(path, 4096 * Math.floor(at / 4096), 0xa5, 4096 * Math.floor(at / 4096) + 4096);

  const { store } = await opened(folder);
  assert.ok(store.database.setAside, "the damage was met");
  assert.is(store.count(), 300);
  assert.is(Number(store.database.get("SELECT count(*) AS n FROM delivery")?.["n"]), 300);
  assert.equal(new StoredHeardFiles(store.database).find(heard(events[7]!.id)), [heard(events[7]!.id)]);
  assert.is(Number(store.database.get("SELECT count(*) AS n FROM later")?.["n"]), 2);
  const reviewed = store.count({ review: "right" });
  assert.ok(reviewed >= 280, `${reviewed} reviews of 300`);
  const [some] = store.find({ review: "right", limit: 1 });
  assert.match(readFileSync(join(folderOf(folder, some!.event), "review.json"), "utf8"), /"right"/);
  store.end();
});

test("a row that cannot be read holds up neither the files that were heard nor inputs that have another name", async () => {
  const folder = temporary();
  const events = writeEvents(folder, 700);
  const { store } = await opened(folder);
  const files = new StoredHeardFiles(store.database);
  files.save(heard("good"));
  files.save(heard("bad"));
  store.database.run("UPDATE heard SET checkpoint = '{' WHERE inode = 'bad'");
  assert.equal(files.find(heard("bad")), []);
  assert.is(files.find(heard("good")).length, 1);
  store.database.run("UPDATE event SET json = '{' WHERE id = ?", [events[3]!.id]);
  const goes: boolean[] = [];
  do goes.push(renameInputs(store.database, [{ name: "garden", formerly: "yard" }]));
  while (goes[goes.length - 1]);
  assert.equal(goes, [true, true, false], "a few at a time");
  assert.is(store.count({ input: "garden" }), 699);
  assert.is(store.get(events[9]!.id)?.event.input, "garden");
  store.end();
});

test("damage that is met in the middle of a run ends nothing: the database is made anew meanwhile", async () => {
  const folder = temporary();
  const events = writeEvents(folder, 200);
  (await opened(folder)).store.end();
  const { store, told } = await opened(folder);
  store.review(events[0]!.id, "unsure", 1);
  store.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  store.database.exec("PRAGMA cache_size = 1");
  store.database.exec("PRAGMA shrink_memory");
  const bytes = readFileSync(store.database.path);
  // In place: the open file is the same.
  writeFileSync(store.database.path, bytes.fill(0xa5, 4096), { flag: "r+" });
  const added = madeUpEvent({ at: "2026-08-01T00:00:00.000Z" });
  await store.close(added, CLIP);
  store.count({ text: "dog" });
  await store.whole();
  assert.is(store.count(), 201);
  assert.equal(store.get(added.id)?.event, added);
  assert.is(store.get(events[0]!.id)?.review, "unsure");
  assert.ok(told.some((line) => line.includes("is damaged")));
  store.end();
});

test("while the database is made anew new events are kept, others run in between, and it is told how far it is", async () => {
  const folder = temporary();
  writeEvents(folder, 300);
  const told: string[] = [];
  const seen: number[] = [];
  let now = 0;
  const store = EventStore.begin(folder, {
    log: (line) => told.push(line),
    elapsed: () => {
      now += 1000;
      return now;
    },
  });
  assert.not(store.isWhole, "it is there before it is whole");
  const fresh = madeUpEvent({ at: "2026-08-01T00:00:00.000Z" });
  const kept = store.close(fresh, CLIP).then(() => store.review(fresh.id, "right", 1));
  let turns = 0;
  const watch = () => {
    turns++;
    if (store.rebuilding) seen.push(store.rebuilding.done);
    if (!store.isWhole) setImmediate(watch);
  };
  setImmediate(watch);
  await store.whole();
  await kept;
  assert.is(store.count(), 301);
  assert.is(store.get(fresh.id)?.review, "right");
  assert.ok(new Set(seen).size >= 5, `only ${new Set(seen).size} stages were seen by others`);
  assert.ok(turns >= 10);
  assert.match(told[0]!, /making the database anew of 300 events.* listens meanwhile/);
  assert.ok(
    told.some((line) => /\d+ of 300 events \(\d+ %\), \d+ s left/.test(line)),
    told.join("\n"),
  );
  assert.match(told[told.length - 1]!, /made anew: 300 events/);
  assert.is(store.rebuilding, undefined);
  store.end();
});

test("what is being written is not taken for left over, and what is removed meanwhile does not come back", async () => {
  const folder = temporary();
  const events = writeEvents(folder, 200);
  const store = EventStore.begin(folder);
  const fresh = Array.from({ length: 20 }, (_, n) =>
    madeUpEvent({ at: new Date(Date.UTC(2026, 6, 14) + 60_000 * n + 500).toISOString() }),
  );
  await Promise.all([
    ...fresh.map((event) => store.close(event, CLIP)),
    ...events.slice(0, 50).map(({ id }) => store.remove(id)),
  ]);
  await store.whole();
  assert.is(store.count(), 170);
  for (const event of fresh) assert.equal(store.get(event.id)?.event, event);
  store.end();
  const { store: again } = await opened(folder);
  assert.equal(again.recovered, { rows: 0, removed: 0, lost: 0 });
  again.end();
});

test("a review lies beside its event; one of a kill between file and row counts, one of an earlier version gets a file", async () => {
  const folder = temporary();
  const [one, two, three] = writeEvents(folder, 3) as [MonitorEvent, MonitorEvent, MonitorEvent];
  const { store: first } = await opened(folder);
  first.review(one.id, "right", 10);
  first.database.run("UPDATE event SET review = NULL WHERE id = ?", [one.id]);
  first.database.run("UPDATE event SET review = 'wrong', reviewed_at = 7 WHERE id = ?", [two.id]);
  writeFileSync(join(folderOf(folder, three), "review.json"), "{");
  first.end();
  const { store, told } = await opened(folder);
  assert.is(store.get(one.id)?.review, "right");
  assert.is(store.get(two.id)?.review, "wrong");
  assert.equal(JSON.parse(readFileSync(join(folderOf(folder, two), "review.json"), "utf8")), {
    review: "wrong",
    at: 7,
  });
  assert.ok(told.some((line) => line.includes(three.id) && line.includes("review.json")));
  store.end();
});

test("sounds, events, reviews and database are for the owner alone, whatever the umask, and what lay open is closed", async () => {
  const folder = join(temporary(), "data");
  const before = process.umask(0);
  const event = madeUpEvent();
  try {
    const store = await EventStore.open(folder);
    await store.close(event, CLIP);
    await store.explain({ ...event, state: "explained" }, new Map([["rest", CLIP]]), [], 0);
    store.review(event.id, "right", 1);
    assert.equal(await openToOthers(folder), []);
    store.end();
    assert.equal(await openToOthers(folder), []);
  } finally {
    process.umask(before);
  }
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    chmodSync(
      join(folder, name),
      name.endsWith(".json") || name.endsWith(".wav") || name.endsWith(".db") ? 0o644 : 0o755,
    );
  }
  chmodSync(folder, 0o755);
  const { store, told } = await opened(folder);
  assert.equal(await openToOthers(folder), []);
  assert.equal(told, []);
  store.end();
});

test("a stop in the middle of making it anew is no end: the next start goes on", async () => {
  const folder = temporary();
  writeEvents(folder, 300);
  const store = EventStore.begin(folder);
  await new Promise((resolve) => setImmediate(resolve));
  store.end();
  await store.whole();
  const { store: again } = await opened(folder);
  assert.is(again.count(), 300);
  again.end();
});

test("a folder that was moved keeps its events", async () => {
  const folder = temporary();
  writeEvents(folder, 3);
  (await opened(folder)).store.end();
  await rename(folder, `${folder}-moved`);
  const { store, told } = await opened(`${folder}-moved`);
  assert.is(store.count(), 3);
  assert.equal(told, []);
  store.end();
});

test.run();

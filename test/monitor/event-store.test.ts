import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MonitorEvent } from "../../monitor/protocol.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { applyRetention } from "../../monitor/storage/retention.ts";
import { madeUpEvent } from "./made-up-event.ts";

const CLIP = new Uint8Array(1000).fill(7);
const DAY = 24 * 3600 * 1000;

const temporary = () => mkdtemp(join(tmpdir(), "listenable-monitor-"));

function explained(event: MonitorEvent): MonitorEvent {
  return {
    ...event,
    state: "explained",
    faithfulness: { original: 0.9, explanation: 0.8, rest: 0.1, badge: "faithful", windows: 4 },
  };
}

test("a closed event is there after a restart, then its explanation, then its review", async () => {
  const folder = await temporary();
  const event = madeUpEvent();
  let store = await EventStore.open(folder);
  await store.close(event, CLIP);
  store.end();

  store = await EventStore.open(folder);
  assert.equal(store.recovered, { rows: 0, removed: 0, lost: 0 });
  assert.equal(store.unexplained(), [event]);
  const files = new Map([["explanation", CLIP] as const, ["rest", CLIP] as const]);
  await store.explain(explained(event), files, [{ target: "webhook", body: "{}" }], 5);
  assert.equal(store.unexplained(), []);
  assert.ok(store.review(event.id, "wrong", 6));
  assert.not(store.review("20200101-000000-000-000000", "wrong", 6));
  store.end();

  store = await EventStore.open(folder);
  const kept = store.get(event.id);
  assert.equal(kept?.event, explained(event));
  assert.is(kept?.review, "wrong");
  assert.ok(kept!.bytes > 3000);
  assert.is(Number(store.database.get("SELECT count(*) AS n FROM delivery")?.["n"]), 1);
  assert.equal(JSON.parse(await readFile(store.file(event.id, "json"), "utf8")), explained(event));
  store.end();
});

test("two monitors cannot have one folder, and the error says what to do", async () => {
  const folder = await temporary();
  const store = await EventStore.open(folder);
  // Another living process has it: this test's parent.
  const stat = await readFile(`/proc/${process.ppid}/stat`, "utf8").catch(() => "");
  store.end();
  const birth = stat === "" ? "" : stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  await writeFile(join(folder, "monitor.lock"), `${process.ppid} ${birth}`);
  try {
    await EventStore.open(folder);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /in use by another monitor .* --data/);
  }
  // A number that another program has by now is no owner.
  await writeFile(join(folder, "monitor.lock"), `${process.ppid} 1`);
  if (stat !== "") (await EventStore.open(folder)).end();
});

test("what a kill leaves behind is cleaned or taken up at the next start", async () => {
  const folder = await temporary();
  let store = await EventStore.open(folder);
  const whole = madeUpEvent();
  const rowOnly = madeUpEvent();
  const half = madeUpEvent();
  await store.close(whole, CLIP);
  await store.close(rowOnly, CLIP);
  // The kill came between the folder and the row, and before a folder was finished.
  store.database.run("DELETE FROM event WHERE id = ?", [whole.id]);
  const day = join(store.folderOf(half.id), "..");
  await mkdir(join(day, `.part-${half.id}`));
  await writeFile(join(day, `.part-${half.id}`, "clip.wav"), "half");
  await writeFile(join(store.folderOf(whole.id), ".part-rest.wav"), "half");
  const { rename } = await import("node:fs/promises");
  await rename(store.folderOf(rowOnly.id), join(day, `.part-gone-${rowOnly.id}`));
  store.end();

  store = await EventStore.open(folder);
  assert.equal(store.recovered, { rows: 1, removed: 3, lost: 1 });
  assert.equal(store.unexplained(), [whole]);
  assert.not(existsSync(join(day, `.part-${half.id}`)));
  store.end();
});

test("an event whose row cannot be written is not half kept, and can be kept later", async () => {
  const folder = await temporary();
  let store = await EventStore.open(folder);
  const event = madeUpEvent();
  const run = store.database.run.bind(store.database);
  store.database.run = () => {
    throw new Error("database or disk is full");
  };
  try {
    await store.close(event, CLIP);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, "disk is full");
  }
  assert.not(existsSync(store.folderOf(event.id)));
  store.end();
  store.database.run = run;
  // Nobody else was kept from the folder by that.
  store = await EventStore.open(folder);
  await store.close(event, CLIP);
  store.end();
  store = await EventStore.open(folder);
  assert.is(store.count(), 1);
  assert.is(store.recovered.rows, 0);
  store.end();
});

test("search and filters: class, time, confidence, review, badge, words, pages", async () => {
  const store = await EventStore.open(await temporary());
  const at = (day: number) => new Date(Date.UTC(2026, 0, day)).toISOString();
  const dog = madeUpEvent({ at: at(1), input: "yard" });
  const both = madeUpEvent({ at: at(2), input: "street", labels: ["rooster", "dog"] });
  const clock = madeUpEvent({ at: at(3), input: "hall", file: "night_100%.wav", labels: ["clock_tick"] });
  for (const event of [dog, both, clock]) await store.close(event, CLIP);
  await store.explain(explained(dog), new Map(), [], 0);
  store.review(both.id, "right", 0);
  const ids = (query: Parameters<EventStore["find"]>[0]) => store.find(query).map(({ event }) => event.id);
  assert.equal(ids({}), [clock.id, both.id, dog.id]);
  assert.equal(ids({ label: "dog" }), [both.id, dog.id]);
  assert.equal(ids({ label: "dog", confidence: 0.93 }), [dog.id]);
  assert.equal(ids({ confidence: 0.93 }), [clock.id, both.id, dog.id]);
  assert.equal(ids({ from: Date.parse(at(2)), to: Date.parse(at(3)) }), [both.id]);
  assert.equal(ids({ review: "right" }), [both.id]);
  assert.equal(ids({ review: "none" }), [clock.id, dog.id]);
  assert.equal(ids({ review: "any" }), [both.id]);
  assert.equal(ids({ badge: "faithful" }), [dog.id]);
  assert.equal(ids({ text: "clock tick" }), [clock.id]);
  assert.equal(ids({ text: "100%" }), [clock.id]);
  assert.equal(ids({ text: "street rooster" }), [both.id]);
  assert.equal(ids({ text: "%" }), [clock.id], "a percent sign is no pattern");
  assert.equal(ids({ text: "'; DROP TABLE event" }), []);
  assert.equal(ids({ input: "hall" }), [clock.id]);
  assert.equal(ids({ limit: 2 }), [clock.id, both.id]);
  assert.equal(ids({ limit: 2, before: both.id }), [dog.id]);
  assert.is(store.count({ label: "dog", limit: 1 }), 2);
  store.end();
});

test("retention by age, by class and by space, reviewed events last", async () => {
  const store = await EventStore.open(await temporary());
  const now = Date.UTC(2026, 5, 30);
  const aged = (days: number, labels: string[]) =>
    madeUpEvent({ at: new Date(now - days * DAY).toISOString(), labels });
  const events = [
    aged(40, ["dog"]),
    aged(40, ["rooster"]),
    aged(40, ["dog", "rooster"]),
    aged(3, ["rain"]),
    aged(2, ["dog"]),
    aged(1, ["dog"]),
  ];
  for (const event of events) await store.close(event, CLIP);
  const classDays = new Map([
    ["rooster", 90],
    ["rain", 1],
  ]);
  const left = () => store.find().map(({ event }) => events.indexOf(events.find((e) => e.id === event.id)!));
  assert.is(await applyRetention(store, { days: 30, classDays }, now), 2);
  assert.equal(left(), [5, 4, 2, 1]);
  assert.not(existsSync(store.folderOf(events[0].id)));
  store.review(events[1].id, "right", now);
  const each = store.bytes / 4;
  assert.is(await applyRetention(store, { bytes: 2.5 * each }, now), 2);
  assert.equal(left(), [5, 1]);
  assert.is(await applyRetention(store, {}, now), 0);
  store.end();
});

test.run();

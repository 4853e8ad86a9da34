import { test } from "uvu";
import * as assert from "uvu/assert";
import { EventStore } from "../../../monitor/storage/event-store.ts";
import { Retention, type RetentionRules } from "../../../monitor/storage/retention.ts";
import { madeUpEvent } from "../made-up-event.ts";
import { temporary, writeEvents } from "./event-folders.ts";

const CLIP = new Uint8Array(1000);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 6, 1);

/** A computer whose clock can be set, and a monitor that looks at its events every minute. */
class Computer {
  wall = START;
  elapsed = 0;
  readonly folder = temporary();
  readonly told: string[] = [];
  store!: EventStore;
  #retention!: Retention;

  /** A run begins: with its first look. */
  async start(rules: RetentionRules = { days: 30 }): Promise<void> {
    this.store = await EventStore.open(this.folder, {
      now: () => this.wall,
      elapsed: () => this.elapsed,
    });
    // No power fails here.
    this.store.database.exec("PRAGMA synchronous = OFF");
    this.#retention = new Retention(this.store, rules, (line) => this.told.push(line));
    await this.#retention.look();
  }

  async run(ms: number): Promise<void> {
    // Every minute as long as little is asked of it; looks in between change nothing but the time of the test.
    const step = Math.max(MINUTE, ms / 40);
    for (let left = ms; left > 0; left -= step) {
      this.pass(Math.min(step, left));
      await this.#retention.look();
    }
  }

  /** Time passes, and nobody looks. */
  pass(ms: number): void {
    this.wall += ms;
    this.elapsed += ms;
  }

  stop(): void {
    this.store.end();
  }

  off(ms: number): void {
    this.stop();
    this.wall += ms;
    this.elapsed = 0;
  }

  /** An event of now, by the clock as it is, or one that began some time ago. */
  async hear(ago = 0): Promise<string> {
    const event = madeUpEvent({ at: new Date(this.wall - ago).toISOString() });
    await this.store.close(event, CLIP);
    return event.id;
  }

  has(id: string): boolean {
    return this.store.get(id) !== undefined;
  }
}

test("events go when they are too old, by the time that passes", async () => {
  const computer = new Computer();
  await computer.start();
  const id = await computer.hear();
  await computer.run(29 * DAY);
  assert.ok(computer.has(id));
  await computer.run(DAY + HOUR);
  assert.not(computer.has(id));
  assert.equal(computer.told, []);
  computer.stop();
});

test("one start with a clock 40 days ahead removes nothing, says so, and harms nothing once the clock is right", async () => {
  const computer = new Computer();
  await computer.start();
  const old = await computer.hear();
  await computer.run(20 * DAY);
  const young = await computer.hear();
  computer.off(40 * DAY);
  await computer.start();
  assert.ok(computer.has(old) && computer.has(young));
  assert.match(computer.told[0]!, /40 days after .* nothing is removed for its age now/);
  const ahead = await computer.hear();
  await computer.run(10 * MINUTE);
  assert.ok(computer.has(old) && computer.has(young));
  // Another start, with the same clock, is no reason to believe it either.
  computer.off(MINUTE);
  await computer.start();
  await computer.run(10 * MINUTE);
  assert.ok(computer.has(old) && computer.has(young));
  computer.off(MINUTE - 40 * DAY);
  await computer.start();
  await computer.run(8 * DAY);
  assert.ok(computer.has(old), "28 days old");
  assert.ok(computer.has(ahead));
  await computer.run(3 * DAY);
  assert.not(computer.has(old), "31 days old");
  assert.ok(computer.has(young));
  await computer.run(27 * DAY);
  assert.not(computer.has(ahead), "it does not stay for ever");
  computer.stop();
});

test("a monitor that was off for 40 days removes what is old little by little, a day's worth an hour", async () => {
  const computer = new Computer();
  await computer.start();
  const first = await computer.hear();
  await computer.run(2 * DAY);
  const second = await computer.hear();
  computer.off(40 * DAY);
  await computer.start();
  const fresh = await computer.hear();
  await computer.run(27 * HOUR);
  assert.ok(computer.has(first));
  await computer.run(2 * HOUR);
  assert.not(computer.has(first));
  assert.ok(computer.has(second));
  await computer.run(3 * HOUR);
  assert.not(computer.has(second));
  await computer.run(28 * DAY);
  assert.ok(computer.has(fresh), "what is new grows old as time passes");
  await computer.run(DAY);
  assert.not(computer.has(fresh));
  computer.stop();
});

for (const before of ["none", "events of an earlier run"]) {
  test(`a computer without a clock, which gets its time late, removes nothing that is new (${before} before)`, async () => {
    const computer = new Computer();
    let earlier: string | undefined;
    if (before !== "none") {
      await computer.start();
      earlier = await computer.hear();
      await computer.run(HOUR);
      computer.stop();
    }
    computer.wall = 1000;
    computer.elapsed = 0;
    await computer.start();
    const dated = await computer.hear();
    computer.pass(10 * MINUTE);
    const longAgo = computer.wall;
    computer.wall = START + 5 * DAY;
    // A stream that goes on by the old date, and an event that was open when the clock was set.
    const straddling = madeUpEvent({ at: new Date(longAgo).toISOString() });
    await computer.store.close(straddling, CLIP);
    const right = await computer.hear();
    await computer.run(10 * MINUTE);
    const still = madeUpEvent({ at: new Date(longAgo + 10 * MINUTE).toISOString() });
    await computer.store.close(still, CLIP);
    for (const id of [dated, straddling.id, right, still.id]) assert.ok(computer.has(id), id);
    assert.ok(computer.told.some((line) => /was set ahead by/.test(line)));
    // A restart believes the dates no more than this run did.
    computer.off(10 * MINUTE);
    await computer.start();
    await computer.run(28 * DAY);
    for (const id of [dated, straddling.id, right, still.id]) assert.ok(computer.has(id), id);
    await computer.run(3 * DAY);
    for (const id of [dated, straddling.id, right, still.id]) assert.not(computer.has(id), id);
    if (earlier) assert.not(computer.has(earlier));
    computer.stop();
  });
}

test("a clock that is set ahead, back or to and fro in a run makes nothing older", async () => {
  const computer = new Computer();
  await computer.start();
  const id = await computer.hear();
  for (const by of [40 * DAY, -40 * DAY, 400 * DAY, -400 * DAY, -10 * DAY, 10 * DAY]) {
    computer.wall += by;
    await computer.run(HOUR);
    assert.ok(computer.has(id), `${by / DAY} days`);
  }
  assert.is(computer.told.length, 6, "each once");
  await computer.run(31 * DAY);
  assert.not(computer.has(id));
  computer.stop();
});

test("a run with a clock that is far behind, and ends before it is set, makes nothing older afterwards", async () => {
  const computer = new Computer();
  await computer.start();
  const before = await computer.hear();
  computer.off(HOUR);
  const right = computer.wall;
  computer.wall = 1000;
  await computer.start();
  const behind = await computer.hear();
  await computer.run(HOUR);
  computer.off(0);
  computer.wall = right + HOUR;
  await computer.start();
  await computer.run(28 * DAY);
  assert.ok(computer.has(before) && computer.has(behind));
  // The same in the middle of a run: set back, never put right, and right at the next start.
  computer.wall = 1000;
  await computer.run(HOUR);
  computer.off(0);
  computer.wall = right + 28 * DAY + 3 * HOUR;
  await computer.start();
  await computer.run(DAY);
  assert.ok(computer.has(before) && computer.has(behind));
  await computer.run(2 * DAY);
  assert.not(computer.has(before));
  assert.not(computer.has(behind));
  computer.stop();
});

test("a monitor that is started every night for a minute removes what is old a day later at most", async () => {
  const computer = new Computer();
  await computer.start();
  const id = await computer.hear();
  for (let night = 1; night <= 30; night++) {
    await computer.run(MINUTE);
    computer.off(DAY);
    await computer.start();
    assert.ok(computer.has(id), `night ${night}`);
    await computer.hear();
  }
  computer.off(DAY);
  await computer.start();
  computer.off(DAY);
  await computer.start();
  assert.not(computer.has(id));
  assert.is(computer.store.count(), 29);
  computer.stop();
});

test("the first start that knows of this takes the newest day for the last time when it was there", async () => {
  const computer = new Computer();
  writeEvents(computer.folder, 3);
  // Their days end on the 15th.
  computer.wall = Date.UTC(2026, 6, 15) + 40 * DAY;
  await computer.start();
  assert.is(computer.store.count(), 3);
  assert.match(computer.told[0]!, /40 days after/);
  await computer.run(20 * HOUR);
  assert.is(computer.store.count(), 3);
  await computer.run(20 * HOUR);
  assert.is(computer.store.count(), 0);
  computer.stop();
});

test("events that are older than the run count by their own time", async () => {
  const computer = new Computer();
  await computer.start();
  const old = await computer.hear(40 * DAY);
  const young = await computer.hear(20 * DAY);
  await computer.run(MINUTE);
  assert.not(computer.has(old));
  assert.ok(computer.has(young));
  computer.stop();
});

test("for space the ones that were kept first go, not the ones whose dates are the oldest", async () => {
  const computer = new Computer();
  await computer.start();
  const first = await computer.hear();
  computer.pass(1000);
  const second = await computer.hear();
  computer.pass(1000);
  computer.wall = 1000;
  const dated = await computer.hear();
  const each = computer.store.bytes / 3;
  computer.stop();
  await computer.start({ bytes: 1.5 * each });
  assert.not(computer.has(first));
  assert.not(computer.has(second));
  assert.ok(computer.has(dated));
  computer.stop();
});

test("nothing is removed before all events are known", async () => {
  const computer = new Computer();
  writeEvents(computer.folder, 100);
  const store = EventStore.begin(computer.folder, { now: () => START + 400 * DAY, elapsed: () => 0 });
  const retention = new Retention(store, { days: 1, bytes: 1 }, () => {});
  assert.is(await retention.look(), 0);
  await store.whole();
  assert.is(store.count(), 100);
  store.end();
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Deliveries } from "../../../monitor/outputs/deliveries.ts";
import { EventStore } from "../../../monitor/storage/event-store.ts";
import { until } from "../../until.ts";
import { madeUpEvent } from "../made-up-event.ts";
import { temporary } from "./event-folders.ts";

const DAY = 24 * 3600 * 1000;

/** A message that waits, in a store whose clocks the test has. */
async function waiting(clocks: { wall: number; elapsed: number }, folder = temporary()) {
  const store = await EventStore.open(folder, { now: () => clocks.wall, elapsed: () => clocks.elapsed });
  const event = madeUpEvent({ at: new Date(clocks.wall).toISOString() });
  await store.close(event, new Uint8Array(10));
  await store.explain(event, new Map(), [{ target: "hook", body: event.id }], Math.round(store.clock.ran));
  return { store, event, folder };
}

/** What becomes of what waits once it is looked at. */
async function outcome(store: EventStore): Promise<string[]> {
  const results: string[] = [];
  const deliveries = new Deliveries(store.database, new Map([["hook", async () => {}]]), {
    now: () => store.clock.ran,
    onResult: (_, result) => results.push(result),
  });
  deliveries.start();
  await until("a result", () => results.length > 0);
  await deliveries.close();
  return results;
}

for (const days of [40, -40]) {
  test(`a message waits on when the clock is set by ${days} days, and through a start with such a clock`, async () => {
    const clocks = { wall: Date.UTC(2026, 6, 1), elapsed: 0 };
    const { store, folder } = await waiting(clocks);
    clocks.wall += days * DAY;
    clocks.elapsed += 60_000;
    store.end();
    clocks.elapsed = 0;
    clocks.wall += days * DAY;
    const again = await EventStore.open(folder, { now: () => clocks.wall, elapsed: () => clocks.elapsed });
    assert.equal(await outcome(again), ["sent"]);
    again.end();
  });
}

test("a message that was to be tried again by a clock that was a year ahead is sent now, and not given up", async () => {
  const clocks = { wall: Date.UTC(2026, 6, 1), elapsed: 0 };
  const { store } = await waiting(clocks);
  const ahead = clocks.wall + 365 * DAY;
  store.database.run("UPDATE delivery SET created_at = ?, next_at = ?", [ahead, ahead + 5000]);
  assert.equal(await outcome(store), ["sent"]);
  store.end();
});

test("three days of running give a message up", async () => {
  const clocks = { wall: Date.UTC(2026, 6, 1), elapsed: 0 };
  const { store } = await waiting(clocks);
  clocks.elapsed += 3 * DAY + 1000;
  clocks.wall += 3 * DAY + 1000;
  assert.equal(await outcome(store), ["given-up"]);
  store.end();
});

test.run();

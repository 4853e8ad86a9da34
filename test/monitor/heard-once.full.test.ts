/** Watched folders with the whole monitor behind them: every event once. The shorter half is in heard-once.slow.test.ts. */
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { until } from "../until.ts";
import { assertAllOnce, assertGrowsOnce, SOUND, watch, wav } from "./heard-once-rig.ts";
import { closeAll, temporary } from "./rig.ts";

test("a file that grows is heard once, also where it pauses just before an event and just behind it", async () => {
  await assertGrowsOnce([15.8, 19.2]);
});

test("a stop in the middle of a file loses nothing and repeats nothing", async () => {
  const folder = await temporary();
  await writeFile(join(folder, "night.wav"), wav(SOUND));
  const data = await temporary();
  for (const wanted of [1, 2]) {
    const store = await EventStore.open(data);
    const { monitor } = await watch(folder, store);
    await until("an event", () => store.count() >= wanted);
    await monitor.close();
  }
  const store = await EventStore.open(data);
  const { monitor, idle } = await watch(folder, store);
  await idle();
  assertAllOnce(store);
  await monitor.close();
});

test("when it cannot be noted how far a file was heard, what was kept of it is not kept twice", async () => {
  const folder = await temporary();
  await writeFile(join(folder, "night.wav"), wav(SOUND));
  const data = await temporary();
  let store = await EventStore.open(data);
  const first = await watch(folder, store);
  await first.idle();
  await first.monitor.close();
  store = await EventStore.open(data);
  // As after a kill between an event and the note of it.
  const checkpoint = JSON.stringify({ seconds: 0, detector: { cool: {}, carried: {} } });
  store.database.run("UPDATE heard SET done = 0, checkpoint = ?", [checkpoint]);
  const second = await watch(folder, store);
  await second.idle();
  assertAllOnce(store);
  await second.monitor.close();
});

test("what an earlier version heard is not heard again", async () => {
  const folder = await temporary();
  const path = join(folder, "night.wav");
  await writeFile(path, wav(SOUND));
  const store = await EventStore.open(await temporary());
  const { size, mtimeMs } = await stat(path);
  store.database.run("INSERT INTO heard_file VALUES (?)", [`${path}\n${size}\n${Math.round(mtimeMs)}`]);
  const { monitor, idle } = await watch(folder, store);
  await idle();
  assert.is(store.count(), 0);
  await monitor.close();
});

test.after(closeAll);

test.run();

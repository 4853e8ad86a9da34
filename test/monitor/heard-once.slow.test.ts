/** Watched folders with the whole monitor behind them: every event once, whatever stops it in between. */
import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { until } from "../until.ts";
import { assertAllOnce, assertGrowsOnce, SOUND, watch, wav } from "./heard-once-rig.ts";
import { closeAll, temporary } from "./rig.ts";

test("a file that grows is heard once, also where an event goes on over the pause and over a restart", async () => {
  // Twice in one event.
  await assertGrowsOnce([5, 6]);
});

test("one write that fails costs nothing, and the rest of the file is heard", async () => {
  const folder = await temporary();
  await writeFile(join(folder, "night.wav"), wav(SOUND));
  const store = await EventStore.open(await temporary());
  const close = store.close.bind(store);
  let writes = 0;
  store.close = async (event, clip) => {
    if (++writes === 2) throw new Error("odd");
    await close(event, clip);
  };
  const { monitor, idle, problems } = await watch(folder, store);
  await until("all events", () => store.count() === 3);
  await idle();
  assertAllOnce(store);
  assert.is(problems.length, 1);
  assert.match(problems[0], "cannot be kept: odd; it is tried again");
  await monitor.close();
});

/** A disk of six megabytes, where this process may have one. */
async function smallDisk(): Promise<{ path: string; end: () => void } | undefined> {
  const path = await temporary();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", path], { stdio: "ignore" });
    return { path, end: () => execFileSync("umount", ["-l", path]) };
  } catch {
    return undefined;
  }
}

test("a disk that is full while a watched file is heard: all its events are kept when it has room again", async () => {
  const disk = await smallDisk();
  if (!disk) {
    console.log("no disk could be mounted; event-keeper.test.ts has the rule");
    return;
  }
  try {
    for (const restart of [false, true]) {
      const folder = await temporary();
      const data = join(disk.path, `data-${restart}`);
      await mkdir(data);
      const filler = join(disk.path, "filler");
      let store = await EventStore.open(data);
      let watching = await watch(folder, store);
      execFileSync("sh", ["-c", `cat /dev/zero > "${filler}" 2>/dev/null || true`]);
      let unkept = 0;
      watching.monitor.feed.listen((message) => {
        if (message.type === "pending" && message.what === "events") unkept = message.count;
      });
      await writeFile(join(folder, "night.wav"), wav(SOUND));
      await until("all events wait", () => unkept === 3);
      assert.is(store.count(), 0);
      if (restart) {
        await watching.monitor.close();
        await rm(filler);
        store = await EventStore.open(data);
        watching = await watch(folder, store);
      } else await rm(filler);
      await until("all events are kept", () => store.count() === 3);
      await watching.idle();
      assertAllOnce(store);
      await watching.monitor.close();
    }
  } finally {
    disk.end();
  }
});

test.after(closeAll);

test.run();

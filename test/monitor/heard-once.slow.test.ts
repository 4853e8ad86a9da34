/** Watched folders with the whole monitor behind them: every event once, whatever stops it in between. */
import { execFileSync } from "node:child_process";
import { appendFile, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import { folderInput } from "../../monitor/inputs/file-input.ts";
import type { MonitorEvent } from "../../monitor/protocol.ts";
import type { MonitorOptions, RunningMonitor } from "../../monitor/start-monitor.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { StoredHeardFiles } from "../../monitor/storage/heard-files.ts";
import { until } from "../until.ts";
import { closeAll, joined, quiet, RATE, startRig, temporary, tone } from "./rig.ts";

/** A low tone at 4 s, a high one at 16 s, a low one at 28 s. */
const SOUND = joined(...[quiet(4), tone(300, 3), quiet(9), tone(5000, 3), quiet(9), tone(300, 3), quiet(5)]);
const wav = (samples: Float32Array) => Buffer.from(writeWav([samples], RATE));

/** As a recorder leaves it that has not stopped. */
function unfinished(samples: Float32Array): Buffer {
  const bytes = wav(samples);
  bytes.writeUInt32LE(0, 4);
  bytes.writeUInt32LE(0, 40);
  return bytes;
}

interface Watching {
  readonly monitor: RunningMonitor;
  readonly store: EventStore;
  readonly problems: string[];
  /** Until the folder was looked at again and nothing of it is to be done. */
  idle(): Promise<void>;
}

/** Watches the folder with a clock that only its own waits move. */
async function watch(
  folder: string,
  store: EventStore,
  options: Partial<MonitorOptions> = {},
): Promise<Watching> {
  let time = 0;
  const input = folderInput("yard", folder, {
    watch: true,
    heard: new StoredHeardFiles(store.database),
    now: () => 1e12 + time,
    sleep: async (ms) => {
      time += ms;
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  });
  const { monitor } = await startRig([input], { store, ...options });
  const problems: string[] = [];
  let idles = 0;
  monitor.feed.listen((message) => {
    if (message.type === "problem") problems.push(message.message);
    if (message.type === "input" && message.state === "idle") idles++;
  });
  return {
    ...{ monitor, store, problems },
    idle: async () => {
      // Half a minute of quiet, and a look more.
      const enough = idles + 20;
      await until("nothing left to do", () => idles >= enough);
    },
  };
}

const ALL = [
  ["low", 4],
  ["high", 16],
  ["low", 28],
] as const;

function assertAllOnce(store: EventStore, when = ""): void {
  const events: MonitorEvent[] = store.find({ limit: 100 }).map(({ event }) => event);
  const heard = events.sort((a, b) => a.start - b.start).map(({ classes, start }) => ({ classes, start }));
  const found = heard.map(({ classes, start }) => `${classes[0].label} at ${start}`).join(", ");
  assert.is(heard.length, ALL.length, `${when}: ${found}`);
  for (const [n, [label, second]] of ALL.entries()) {
    assert.is(heard[n].classes[0].label, label, `${when}: ${found}`);
    assert.ok(Math.abs(heard[n].start - second) < 0.75, `${when}: ${found}`);
  }
}

test("a file that grows is heard once, also where an event goes on over the pause and over a restart", async () => {
  // Twice in one event; just before one and just behind it.
  for (const pauses of [
    [5, 6],
    [15.8, 19.2],
  ]) {
    const folder = await temporary();
    const path = join(folder, "night.wav");
    const data = await temporary();
    const bytes = unfinished(SOUND);
    const cuts = [0, ...pauses.map((seconds) => 44 + 2 * Math.round(seconds * RATE)), bytes.length];
    for (let n = 0; n + 1 < cuts.length; n++) {
      const store = await EventStore.open(data);
      await appendFile(path, bytes.subarray(cuts[n], cuts[n + 1]));
      const { monitor, idle, problems } = await watch(folder, store);
      await idle();
      assert.equal(problems, []);
      if (n + 2 === cuts.length) assertAllOnce(store, `pauses at ${pauses}`);
      await monitor.close();
    }
  }
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

import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import { folderInput } from "../../monitor/inputs/file-input.ts";
import type { MonitorEvent } from "../../monitor/protocol.ts";
import type { MonitorOptions, RunningMonitor } from "../../monitor/start-monitor.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { StoredHeardFiles } from "../../monitor/storage/heard-files.ts";
import { until } from "../until.ts";
import { joined, quiet, RATE, startRig, temporary, tone } from "./rig.ts";

/** A low tone at 4 s, a high one at 16 s, a low one at 28 s. */
export const SOUND = joined(
  ...[quiet(4), tone(300, 3), quiet(9), tone(5000, 3), quiet(9), tone(300, 3), quiet(5)],
);
export const wav = (samples: Float32Array) => Buffer.from(writeWav([samples], RATE));

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
export async function watch(
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

export function assertAllOnce(store: EventStore, when = ""): void {
  const events: MonitorEvent[] = store.find({ limit: 100 }).map(({ event }) => event);
  const heard = events.sort((a, b) => a.start - b.start).map(({ classes, start }) => ({ classes, start }));
  const found = heard.map(({ classes, start }) => `${classes[0].label} at ${start}`).join(", ");
  assert.is(heard.length, ALL.length, `${when}: ${found}`);
  for (const [n, [label, second]] of ALL.entries()) {
    assert.is(heard[n].classes[0].label, label, `${when}: ${found}`);
    assert.ok(Math.abs(heard[n].start - second) < 0.75, `${when}: ${found}`);
  }
}

/** A recording that is written with pauses at these seconds, with a restart in each. */
export async function assertGrowsOnce(pauses: readonly number[]): Promise<void> {
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

// What a power cut must not take: every folder on the way to an event is written down in the folder around it.
import { readlinkSync } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EventStore } from "../../../monitor/storage/event-store.ts";
import { bytesOf, madeUpEvent } from "../made-up-event.ts";
import { temporary } from "../rig.ts";

/** Paths that are synced to the disk while `work` runs, in their order. */
async function synced(work: () => Promise<void>): Promise<string[]> {
  const some = await open(".");
  const prototype = Object.getPrototypeOf(some) as FileHandle;
  await some.close();
  const { sync } = prototype;
  const paths: string[] = [];
  prototype.sync = function (this: FileHandle) {
    paths.push(readlinkSync(`/proc/self/fd/${this.fd}`));
    return sync.call(this);
  };
  try {
    await work();
  } finally {
    prototype.sync = sync;
  }
  return paths;
}

const onLinux = process.platform === "linux" ? test : test.skip;

onLinux(
  "the first event of a day is on the disk with its day, and the next one syncs no more than it needs",
  async () => {
    const folder = await realpath(await temporary());
    const store = await EventStore.open(folder);
    const keep = async (at: string) => {
      const event = madeUpEvent({ at });
      const paths = await synced(() => store.close(event, bytesOf("clip", 1000)));
      const parts = [...new Set(paths.map((path) => relative(join(folder, "events"), path)))];
      return parts.map((path) => path.replaceAll(event.id, "ID"));
    };
    const event = [
      "2026-07-14/.part-ID/clip.wav",
      "2026-07-14/.part-ID/event.json",
      "2026-07-14/.part-ID",
      "2026-07-14",
    ];
    assert.equal(await keep("2026-07-14T06:30:00.000Z"), ["", ...event]);
    assert.equal(await keep("2026-07-14T06:31:00.000Z"), event);
    store.end();
  },
);

test.run();

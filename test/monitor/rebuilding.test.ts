import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MonitorHealth, MonitorStatus } from "../../monitor/protocol.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { closeAll, quiet, samplesInput, startRig } from "./rig.ts";
import { temporary, writeEvents } from "./storage/event-folders.ts";

test("the monitor listens and answers while its database is made anew, and says how far it is", async () => {
  const folder = temporary();
  writeEvents(folder, 200);
  writeFileSync(join(folder, "monitor.db"), "no database");
  const pages = temporary();
  writeFileSync(join(pages, "index.html"), "<!doctype html><title>pages</title>");
  const told: string[] = [];
  const store = EventStore.begin(folder, { log: (line) => told.push(line) });
  // What it says in the middle: the pages get nothing else.
  const middle = { done: 64, total: 200, secondsLeft: 3 };
  let rebuilding: typeof middle | undefined = middle;
  Object.defineProperty(store, "rebuilding", { get: () => rebuilding });
  let release: () => void = () => {};
  const hold = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { monitor } = await startRig([samplesInput("yard", quiet(3), { hold })], {
    store,
    web: { pages, port: 0 },
  });
  const json = async <T>(path: string) => (await (await fetch(`${monitor.url}${path}`)).json()) as T;
  assert.equal((await json<MonitorHealth>("healthz")).rebuilding, middle);
  assert.equal((await json<MonitorStatus>("api/status")).rebuilding, middle);
  assert.match(
    await (await fetch(`${monitor.url}metrics`)).text(),
    /listenable_monitor_events_to_rebuild 136\n/,
  );
  rebuilding = undefined;
  assert.not("rebuilding" in (await json<object>("healthz")));
  assert.not("rebuilding" in (await json<object>("api/status")));
  await store.whole();
  assert.is(store.count(), 200);
  assert.ok(told.some((line) => line.includes("is damaged")));
  assert.ok(told.some((line) => line.includes("made anew: 200 events")));
  release();
  await monitor.finished;
  await monitor.close();
});

test.after(closeAll);

test.run();

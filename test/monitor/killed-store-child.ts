/** Keeps events as fast as it can until it is killed, and says what was kept: killed-store-child.ts FOLDER SEED */
import { writeSync } from "node:fs";
import { Random } from "../../lab/data/random.ts";
import type { MonitorEvent } from "../../monitor/protocol.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { bytesOf, madeUpEvent } from "./made-up-event.ts";

const [folder, seed] = process.argv.slice(2);
const random = new Random(Number(seed));
const store = await EventStore.open(folder);
// Straight to the pipe: what was said before a kill is said.
const say = (...words: string[]) => writeSync(1, `${words.join(" ")}\n`);
say("ready", JSON.stringify(store.recovered));
const kept: MonitorEvent[] = [];
for (let n = 0; ; n++) {
  const event = madeUpEvent({
    at: new Date(Date.UTC(2026, 0, 1) + 1e6 * Number(seed) + 1000 * n).toISOString(),
  });
  await store.close(event, bytesOf(event.id, 200_000));
  say("closed", event.id);
  kept.push(event);
  if (random.chance(0.7)) {
    const done: MonitorEvent = {
      ...event,
      state: "explained",
      faithfulness: { original: 1, explanation: 1, rest: 0, badge: "faithful", windows: 3 },
    };
    const files = new Map([
      ["explanation", bytesOf(`${event.id} explanation`, 200_000)],
      ["rest", bytesOf(`${event.id} rest`, 200_000)],
    ] as const);
    await store.explain(done, files, [{ target: "hook", body: event.id }], n);
    say("explained", event.id);
  }
  if (random.chance(0.2)) {
    const { id } = random.pick(kept);
    say("removing", id);
    await store.remove(id);
  }
}

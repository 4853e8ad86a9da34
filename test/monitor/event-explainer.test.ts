import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/wav.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import type { AnalysisThread } from "../../monitor/analysis/analysis-thread.ts";
import { EventExplainer } from "../../monitor/event-explainer.ts";
import { Feed } from "../../monitor/feed.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { madeUpEvent } from "./made-up-event.ts";
import { temporary } from "./rig.ts";

const { pack } = await openPackFolder("test/fixtures/tiny-pack");

/** Explains at once, with silence. */
const thread = {
  ask: async (_: string, { samples }: { samples: Float32Array }) => ({
    explanation: samples,
    rest: samples,
    picture: new Uint8Array(10),
    faithfulness: { original: 1, explanation: 1, rest: 0, badge: "faithful", windows: 1 },
  }),
} as unknown as AnalysisThread;

interface Round {
  readonly waits: number[];
  readonly problems: string[];
  readonly states: (id: string) => string | undefined;
}

/** Three closed events, and a store that `damage`s what it is asked and is mended after so many waits. */
async function explained(
  damage: (store: EventStore, ids: readonly string[]) => Promise<() => unknown>,
  mendAfter: number,
): Promise<Round & { readonly ids: readonly string[] }> {
  const store = await EventStore.open(await temporary());
  const events = [madeUpEvent(), madeUpEvent(), madeUpEvent()];
  for (const event of events) await store.close(event, writeWav([new Float32Array(88_000)], 16_000));
  const ids = events.map(({ id }) => id);
  const mend = await damage(store, ids);
  const waits: number[] = [];
  const problems: string[] = [];
  const feed = new Feed();
  feed.listen((message) => {
    if (message.type === "problem") problems.push(message.message);
  });
  const allExplained = new Promise<void>((resolve) => {
    let left = events.length;
    feed.listen(({ type }) => type === "explained" && --left === 0 && resolve());
  });
  const explainer = new EventExplainer({
    ...{ pack, thread, store, feed, deliveries: () => [], random: () => 0.5 },
    sleep: async (ms) => {
      waits.push(ms);
      if (waits.length === mendAfter) await mend();
    },
  });
  explainer.nudge();
  await allExplained;
  await explainer.close();
  const states = new Map(ids.map((id) => [id, store.get(id)?.event.state]));
  store.end();
  return { ids, waits, problems, states: (id) => states.get(id) };
}

test("an explanation that cannot be written costs no other, is told once, and is tried again until it can", async () => {
  const { ids, waits, problems, states } = await explained(async (store, [, second]) => {
    const explain = store.explain.bind(store);
    store.explain = async (event, ...rest) => {
      if (event.id === second) throw new Error("ENOSPC: no space left on device, write");
      await explain(event, ...rest);
    };
    return () => {
      store.explain = explain;
    };
  }, 9);
  assert.equal(waits, [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  assert.equal(problems, [
    `event ${ids[1]} cannot be kept as explained: ENOSPC: no space left on device, write; it is tried again`,
  ]);
  for (const id of ids) assert.is(states(id), "explained");
});

test("a clip that cannot be read now is tried again, and so is a database that cannot be asked", async () => {
  const { problems, waits } = await explained(async (store) => {
    const unexplained = store.unexplained.bind(store);
    store.unexplained = () => {
      throw new Error("disk I/O error");
    };
    return () => {
      store.unexplained = unexplained;
    };
  }, 2);
  assert.is(waits.length, 2);
  assert.match(problems[0], "events cannot be explained: disk I/O error; it is tried again");

  const unreadable = await explained(async (store, [first]) => {
    const file = store.file.bind(store);
    // A folder in its place: reading it fails, and not because it is gone.
    store.file = (id, kind) => (id === first && kind === "clip" ? store.folderOf(id) : file(id, kind));
    return () => {
      store.file = file;
    };
  }, 1);
  assert.match(unreadable.problems[0], "EISDIR");
  for (const id of unreadable.ids) assert.is(unreadable.states(id), "explained");
});

test.run();

/** The monitor's threads die while they hear and explain. They run WASM: ending a native run would end this process. */
import type { Worker } from "node:worker_threads";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { ModelThread, type ModelThreadOptions } from "../../models/runtime/model-thread-node.ts";
import { startThread } from "../../models/runtime/start-thread-node.ts";
import type { AnalysisThread } from "../../monitor/analysis/analysis-thread.ts";
import type { AnalysisContract, AnalysisSettings } from "../../monitor/analysis/messages.ts";
import { Channel } from "../../monitor/channel.ts";
import type { ChannelSettings } from "../../monitor/channel-settings.ts";
import { EventExplainer } from "../../monitor/event-explainer.ts";
import { Feed, type FeedMessage } from "../../monitor/feed.ts";
import type { Input } from "../../monitor/inputs/input.ts";
import { LiveAudio } from "../../monitor/outputs/live-audio.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { joined, quiet, RATE, samplesInput, temporary, tone } from "./rig.ts";

const PACK = "test/fixtures/tiny-pack";
/** Where the thread's file lies. */
const MONITOR = new URL("../../monitor/analysis/analysis-thread.ts", import.meta.url).href;
const { pack } = await openPackFolder(PACK);
const METHOD = pack.methods[0].name;

/** Two seconds of a low tone from 3 s on, of a high one from 12 s on. */
const SOUND = joined(quiet(3), tone(300, 2), quiet(7), tone(5000, 2), quiet(4));

const SETTINGS: ChannelSettings = {
  pack,
  method: METHOD,
  stride: 31,
  detector: {
    labels: pack.labels,
    ignored: pack.other === undefined ? [] : [pack.other],
    stride: (31 * pack.stft.hop) / pack.sampleRate,
    threshold: pack.threshold,
    confirm: { hits: 2, of: 3 },
    gap: 1,
    coolDown: 3,
    longest: 60,
  },
  floor: -60,
  before: 2,
  after: 2,
  discard: new Map(),
};

const open = new Set<AnalysisThread>();
test.after.each(async () => {
  for (const thread of open) await thread.close();
  open.clear();
});

function threadOf(options: Partial<ModelThreadOptions> = {}): {
  readonly thread: AnalysisThread;
  readonly workers: Worker[];
} {
  const settings: AnalysisSettings = { packFolder: PACK, method: METHOD, build: "wasm" };
  const workers: Worker[] = [];
  const thread: AnalysisThread = new ModelThread<AnalysisContract>({
    start: () => {
      workers.push(startThread("monitor-worker", MONITOR, settings));
      return workers.at(-1)!;
    },
    work: "a piece of sound",
    atOnce: 2,
    hungMs: 60_000,
    ...options,
  });
  open.add(thread);
  return { thread, workers };
}

async function partsOf(thread: AnalysisThread) {
  const store = await EventStore.open(await temporary());
  const feed = new Feed();
  const problems: string[] = [];
  feed.listen((message: FeedMessage) => {
    if (message.type === "problem") problems.push(message.message);
  });
  return { thread, store, feed, live: new LiveAudio(), problems, onClosed: () => {} };
}

/** The input, whose thread ends while its block that begins at the second is on its way. */
function interrupted(input: Input, second: number, end: () => Promise<unknown>): Input {
  return {
    ...input,
    async *stretches(report, signal) {
      for await (const stretch of input.stretches(report, signal)) {
        yield {
          ...stretch,
          blocks: (async function* () {
            let at = 0;
            for await (const block of stretch.blocks) {
              if (at === second * RATE) await end();
              yield block;
              at += block.length;
            }
          })(),
        };
      }
    },
  };
}

test("a channel whose thread ends is heard on, with events at their times", async () => {
  const { thread, workers } = threadOf();
  const parts = await partsOf(thread);
  const input = interrupted(samplesInput("yard", SOUND), 8, () => workers[0].terminate());
  const channel = new Channel(0, input, SETTINGS, parts);
  await channel.run(new AbortController().signal);
  assert.equal(parts.problems, []);
  assert.is(workers.length, 2);
  const [high, low] = parts.store.find().map(({ event }) => event);
  for (const [event, label, start] of [
    [low, "low", 3],
    [high, "high", 12],
  ] as const) {
    assert.is(event.classes[0].label, label);
    assert.ok(Math.abs(event.start - start) < 0.75, `starts at ${event.start}`);
    assert.ok(Math.abs(event.classes[0].start - start) < 0.75);
    assert.ok(Math.abs(event.end - (start + 2)) < 0.75, `ends at ${event.end}`);
    assert.is(Date.parse(event.at), Date.UTC(2026, 6, 14, 6, 30) + Math.floor(1000 * event.start + 1e-6));
  }
  parts.store.end();
});

test("an event that is open when the thread ends is kept as far as it was heard", async () => {
  const { thread, workers } = threadOf();
  const parts = await partsOf(thread);
  const long = joined(quiet(3), tone(300, 8), quiet(4));
  const input = interrupted(samplesInput("yard", long), 7, () => workers[0].terminate());
  await new Channel(0, input, SETTINGS, parts).run(new AbortController().signal);
  const events = parts.store.find().map(({ event }) => event);
  assert.equal(
    events.map(({ classes }) => classes[0].label),
    ["low", "low"],
  );
  assert.ok(events[1].end <= 7, `ends at ${events[1].end}`);
  assert.ok(events[0].start >= 7, `starts at ${events[0].start}`);
  assert.ok(Math.abs(events[0].end - 11) < 0.75, `ends at ${events[0].end}`);
  parts.store.end();
});

/** One closed event of a low tone, whose explanation is ended so many times. */
async function explainedAfter(ends: number) {
  const hearing = threadOf();
  const parts = await partsOf(hearing.thread);
  const sound = joined(quiet(3), tone(300, 2), quiet(4));
  await new Channel(0, samplesInput("yard", sound), SETTINGS, parts).run(new AbortController().signal);
  let ended = 0;
  const { thread, workers } = threadOf({
    start: () => {
      const worker = startThread("monitor-worker", MONITOR, {
        packFolder: PACK,
        method: METHOD,
        build: "wasm",
      });
      workers.push(worker);
      let ready = false;
      worker.on("message", ({ type }: { type: string }) => {
        // It lives, so it is at the clip.
        if (ready && type === "alive" && ended < ends) {
          ended++;
          void worker.terminate();
        }
        ready ||= type === "ready";
      });
      return worker;
    },
  });
  const explainer = new EventExplainer({ ...parts, pack, thread, deliveries: () => [] });
  explainer.nudge();
  await explainer.idle();
  const [{ event }] = parts.store.find();
  parts.store.end();
  return { event, starts: workers.length };
}

test("an event whose thread ends is explained by the next", async () => {
  const { event, starts } = await explainedAfter(1);
  assert.is(event.state, "explained");
  assert.is(starts, 2);
});

test("an event that ends two threads stays unexplained, and says why", async () => {
  const { event, starts } = await explainedAfter(2);
  assert.is(event.state, "unexplained");
  assert.match(event.problem!, "ended in the middle of a piece of sound");
  assert.is(starts, 2);
});

test.run();

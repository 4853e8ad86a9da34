import { readdir, readFile } from "node:fs/promises";
import { decode } from "fast-png";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readWav } from "../../dsp/wav.ts";
import { badgeOf } from "../../monitor/analysis/faithfulness.ts";
import { faithfulnessText } from "../../monitor/page/words.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { independentPack } from "../cli/run-cli.ts";
import { closeAll, joined, quiet, RATE, samplesInput, startRig, temporary, tone } from "./rig.ts";

/** Two seconds of a low tone from 3 s on, of a high one from 12 s on. */
const SOUND = joined(quiet(3), tone(300, 2), quiet(7), tone(5000, 2), quiet(4));

test("sounds at known times become events with clip, explanation, rest, picture and figures", async () => {
  const { monitor, store } = await startRig([samplesInput("yard", SOUND)]);
  assert.equal(await monitor.finished, []);
  const events = store.find().map(({ event }) => event);
  assert.equal(
    events.map(({ classes }) => classes.map(({ label }) => label)),
    [["high"], ["low"]],
  );
  const [high, low] = events;
  for (const [event, start] of [
    [low, 3],
    [high, 12],
  ] as const) {
    assert.is(event.state, "explained");
    assert.is(event.input, "yard");
    assert.ok(Math.abs(event.start - start) < 0.75, `starts at ${event.start}`);
    assert.ok(Math.abs(event.end - (start + 2)) < 0.75, `ends at ${event.end}`);
    assert.is(Date.parse(event.at), Date.UTC(2026, 6, 14, 6, 30) + Math.floor(1000 * event.start + 1e-6));
    assert.equal((await readdir(store.folderOf(event.id))).sort(), [
      "clip.wav",
      "event.json",
      "explanation.wav",
      "picture.png",
      "rest.wav",
    ]);
    const sound = async (file: "clip" | "explanation" | "rest") =>
      readWav(await readFile(store.file(event.id, file))).channels[0];
    const [clip, explanation, rest] = await Promise.all([sound("clip"), sound("explanation"), sound("rest")]);
    assert.is(clip.length, event.clip.samples);
    assert.is(clip.length, Math.round((event.end + 2) * RATE) - Math.round((event.start - 2) * RATE));
    const from = Math.round((event.start - 2) * RATE);
    let furthest = 0;
    clip.forEach((sample, n) => {
      furthest = Math.max(
        furthest,
        Math.abs(sample - SOUND[from + n]),
        Math.abs(explanation[n] + rest[n] - sample),
      );
    });
    assert.ok(furthest < 3 / 32768, `off by ${furthest}`);
    const picture = decode(await readFile(store.file(event.id, "picture")));
    assert.ok(picture.width > 800);
    assert.ok(event.faithfulness!.original > 0.5);
    assert.equal(JSON.parse(await readFile(store.file(event.id, "json"), "utf8")), event);
  }
  await monitor.close();
});

test("independent classes are counted each by its own threshold: two at once are named in one event, and the badge asks for the first one's", async () => {
  const high = tone(5000, 2, 0.4);
  const both = joined(
    quiet(3),
    tone(300, 2).map((sample, n) => sample + high[n]),
    quiet(4),
    tone(300, 2),
    quiet(3),
  );
  const pack = await independentPack([0.5, 0.2, 0.97]);
  const { monitor, store } = await startRig([samplesInput("yard", both)], { pack });
  const heard = new Map<string, readonly string[]>();
  monitor.feed.listen((message) => {
    if (message.type === "levels") heard.set(message.levels.believed!.join(), message.levels.heard);
  });
  await monitor.finished;
  const events = store.find().map(({ event }) => event);
  await monitor.close();
  assert.equal(
    events.map(({ classes }) => classes.map(({ label }) => label)),
    [["low"], ["low", "high"]],
  );
  assert.ok(heard.has("low,high") && heard.has("low"), [...heard.keys()].join(" / "));
  const [, { faithfulness }] = events;
  assert.is(faithfulness!.named, 0.5);
  assert.match(faithfulnessText(events[1]), "The explanation alone is still called low");
  // By the one threshold that a pack has, and half a probability, high would not be named at all.
  assert.ok(events[1].classes[1].confidence < 0.5);
});

test("a clip with a class that discards is not kept, nowhere, and is counted", async () => {
  const discarded: string[] = [];
  const { monitor, store } = await startRig([samplesInput("yard", SOUND)], {
    discard: new Map([["high", 0.3]]),
  });
  monitor.feed.listen((message) => {
    if (message.type === "discarded") discarded.push(message.label);
  });
  await monitor.finished;
  assert.equal(
    store.find().map(({ event }) => event.classes[0].label),
    ["low"],
  );
  assert.equal(discarded, ["high"]);
  await monitor.close();
});

test("a voice within the seconds before or after an event discards it too", async () => {
  const near = joined(quiet(3), tone(300, 2), quiet(2), tone(5000, 1.5), quiet(6));
  const { monitor, store } = await startRig([samplesInput("yard", near)], {
    discard: new Map([["high", 0.3]]),
  });
  await monitor.finished;
  assert.is(store.count(), 0);
  await monitor.close();
});

test("several inputs are heard side by side, each with its name", async () => {
  const inputs = ["a", "b", "c"].map((name) => samplesInput(name, SOUND));
  const { monitor, store } = await startRig(inputs);
  await monitor.finished;
  for (const input of ["a", "b", "c"]) assert.is(store.count({ input }), 2);
  await monitor.close();
});

test("events whose explanation a stop prevented are explained at the next start", async () => {
  const folder = await temporary();
  let store = await EventStore.open(folder);
  const first = await startRig([samplesInput("yard", SOUND)], { store });
  await first.monitor.finished;
  await first.monitor.close();
  store = await EventStore.open(folder);
  const { event } = store.find()[0];
  const { faithfulness, ...closed } = event;
  store.database.run("UPDATE event SET state = 'closed', json = ? WHERE id = ?", [
    JSON.stringify({ ...closed, state: "closed" }),
    event.id,
  ]);
  const second = await startRig([], { store });
  await second.monitor.finished;
  const again = store.get(event.id)!.event;
  assert.is(again.state, "explained");
  assert.equal(again.faithfulness, faithfulness);
  await second.monitor.close();
});

test("what is fainter than the floor counts as silence", async () => {
  // 0.001 is -63 dB for a sine.
  const faint = joined(quiet(3), tone(300, 2, 0.001), quiet(6), tone(300, 2, 0.1), quiet(3));
  const { monitor, store } = await startRig([samplesInput("yard", faint)]);
  await monitor.finished;
  const starts = store.find().map(({ event }) => event.start);
  await monitor.close();
  assert.is(starts.length, 1);
  assert.ok(starts[0] > 10);
});

test("the badge's rule", () => {
  assert.is(badgeOf(0.9, 0.1), "faithful");
  assert.is(badgeOf(0.9, 0.5), "partly");
  assert.is(badgeOf(0.49, 0.1), "partly");
  assert.is(badgeOf(0.2, 0.9), "not");
  assert.is(badgeOf(0.3, 0.1, 0.25), "faithful");
  assert.is(badgeOf(0.7, 0.1, 0.8), "partly");
});

test.after(closeAll);

test.run();

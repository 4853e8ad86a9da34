/** What goes wrong with the model while an input is heard; the thread is made up. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { ThreadLost } from "../../models/runtime/model-thread-node.ts";
import type { AnalysisThread } from "../../monitor/analysis/analysis-thread.ts";
import { Channel } from "../../monitor/channel.ts";
import { channelSettingsOf } from "../../monitor/channel-settings.ts";
import { Feed } from "../../monitor/feed.ts";
import type { Input } from "../../monitor/inputs/input.ts";
import { LiveAudio } from "../../monitor/outputs/live-audio.ts";
import { EventStore } from "../../monitor/storage/event-store.ts";
import { quiet, samplesInput, temporary } from "./rig.ts";

const { pack } = await openPackFolder("test/fixtures/tiny-pack");
const SETTINGS = channelSettingsOf({}, pack, pack.methods[0].name);
const SECONDS = 5;

/** @param fails what a call of the name fails of, if it does: the first is 1. */
async function heard(fails: (name: string, call: number) => Error | undefined, input: Input) {
  const calls: Record<string, number> = {};
  const answers: Record<string, number> = {};
  const thread = {
    ask: async (name: string, { samples = quiet(0) }: { samples?: Float32Array }) => {
      calls[name] = (calls[name] ?? 0) + 1;
      const error = fails(name, calls[name]);
      if (error) throw error;
      answers[name] = (answers[name] ?? 0) + 1;
      return { original: samples, explanation: samples, windows: [] };
    },
  } as unknown as AnalysisThread;
  const feed = new Feed();
  const states: string[] = [];
  const problems: string[] = [];
  feed.listen((message) => {
    if (message.type === "input") states.push([message.state, message.detail].filter(Boolean).join(": "));
    if (message.type === "problem") problems.push(message.message);
  });
  const store = await EventStore.open(await temporary());
  const channel = new Channel(0, input, SETTINGS, {
    ...{ thread, store, feed, live: new LiveAudio(), onClosed: () => {} },
    random: () => 0.5,
    sleep: async () => {},
  });
  await channel.run(new AbortController().signal);
  store.end();
  return { states, problems, answers };
}

test("a model's thread that cannot be started is tried again until it can, and then all is heard", async () => {
  const lost = new ThreadLost("too many of the model's threads hang", "hung");
  const fails = (name: string, call: number) => (name === "open" && call <= 3 ? lost : undefined);
  const { states, problems, answers } = await heard(fails, samplesInput("-", quiet(SECONDS)));
  assert.equal(states, [
    "running",
    "waiting: too many of the model's threads hang; next try in 1 s",
    "waiting: too many of the model's threads hang; next try in 2 s",
    "waiting: too many of the model's threads hang; next try in 4 s",
    "running",
    "ended",
    "ended",
  ]);
  assert.equal(problems, []);
  assert.is(answers["push"], 4 * SECONDS);
});

test("what the model fails at costs a microphone that piece alone, told once", async () => {
  const fails = (name: string, call: number) =>
    name === "push" && call >= 3 && call <= 6 ? new Error("a shape that does not fit") : undefined;
  const { states, problems, answers } = await heard(fails, samplesInput("-", quiet(SECONDS)));
  assert.equal(problems, ["a shape that does not fit"]);
  assert.is(answers["push"], 4 * SECONDS - 4);
  assert.is(answers["open"], 5);
  assert.equal(states.slice(0, 5), [
    "running",
    "waiting: a shape that does not fit; next try in 1 s",
    "waiting: a shape that does not fit; next try in 2 s",
    "waiting: a shape that does not fit; next try in 4 s",
    "running",
  ]);
});

test("a recording at which the model fails is not done: it is heard again later", async () => {
  const input = samplesInput("yard", quiet(SECONDS));
  let ends = 0;
  const remembered: Input = {
    ...input,
    async *stretches(report, signal) {
      for await (const stretch of input.stretches(report, signal)) {
        yield { ...stretch, onKept: (_, end) => (ends += end ? 1 : 0) };
      }
    },
  };
  const fails = (name: string, call: number) =>
    name === "push" && call === 3 ? new Error("a shape that does not fit") : undefined;
  const { problems, answers } = await heard(fails, remembered);
  assert.equal(problems, ["a shape that does not fit"]);
  assert.equal([answers["push"], ends], [2, 0]);
  assert.is((await heard(() => undefined, remembered)).problems.length, 0);
  assert.is(ends, 1);
});

test.run();

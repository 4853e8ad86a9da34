// A streaming pack's decisions about a sound are those of its stream, step by step; a pack of windows says something of each.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hearSound, packedAnswers, unpackedAnswers } from "../../../lab/evaluation/measure/heard-sound.ts";
import { PackModels } from "../../../lab/evaluation/measure/pack-models.ts";
import { explainSound } from "../../../models/explain/explain-sound.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";

const RATE = 16_000;
const runtime = await nodeRuntime();
const classifierOf = async (folder: string) =>
  new PackModels(runtime, await openPackFolder(folder)).classifier();
const streaming = await classifierOf("test/fixtures/tiny-streaming");

/** Low for two seconds, then digital silence for two. */
const sound = Float32Array.from({ length: 4 * RATE }, (_, n) =>
  n < 2 * RATE ? 0.3 * Math.sin((2 * Math.PI * 1_000 * n) / RATE) : 0,
);

test("every step that knows a second and holds sound is a decision, and the whole is that of explain", async () => {
  const { windows, whole } = await hearSound(streaming, sound, 128);
  const { decision, windows: steps } = await explainSound(streaming, sound, { rate: RATE });
  assert.equal(
    Array.from(whole!),
    decision.probabilities.map((value) => Math.fround(value)),
  );
  const heard = steps.filter(({ silent, weight }) => !silent && weight === 1);
  // From the end of the first second to a second after the end of the sound: 32 ms each.
  assert.ok(Math.abs(windows.length - 2 / 0.032) < 3, `${windows.length}`);
  assert.ok(windows.length <= heard.length);
  assert.ok(windows.every(([low]) => low > 0.9));
});

test("a sound shorter than a second is followed by silence, and silence says nothing", async () => {
  const click = sound.slice(0, RATE / 4);
  assert.ok((await hearSound(streaming, click, 128)).windows.length > 0);
  const nothing = await hearSound(streaming, new Float32Array(2 * RATE), 128);
  assert.equal(nothing, { windows: [], whole: undefined });
});

test("a pack of windows says something of every window", async () => {
  const classifier = await classifierOf("test/fixtures/tiny-pack");
  const { windows, whole } = await hearSound(classifier, sound, classifier.pack.windowFrames);
  assert.is(windows.length, 2);
  assert.ok(Math.abs(whole![0] - (windows[0][0] + windows[1][0]) / 2) < 1e-6);
});

test("answers are the same when they were kept", async () => {
  const heard = await hearSound(streaming, sound.slice(0, 1.5 * RATE), 128);
  const kept = unpackedAnswers(JSON.parse(JSON.stringify(packedAnswers(heard))));
  assert.equal(kept, heard);
  assert.equal(unpackedAnswers(packedAnswers({ windows: [] })), { windows: [] });
});

test.run();

// What is shown of a stream: what it hears, how steadily, and silence.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Hearing, minuteFrames } from "../../../client/kit/hearing.ts";
import type { PackSummary } from "../../../client/live/live-explainer.ts";

const PACK: PackSummary = {
  name: "three",
  version: "1.0.0",
  url: "",
  window: 512,
  windowFrames: 128,
  title: "Three",
  labels: ["dog", "rain", "other"],
  other: "other",
  threshold: 0.8,
  sampleRate: 16_000,
  hop: 128,
  bins: 3,
  localOnly: null,
  methods: [],
};
const probabilities = (...values: number[]) => Float32Array.from(values);

test("a verdict is of the last half second, and changes are far enough apart to be read", () => {
  const hearing = new Hearing(PACK, 100);
  assert.is(hearing.verdict, undefined);
  assert.ok(hearing.decided({ firstFrame: 0, probabilities: probabilities(0.9, 0.05, 0.05) }, 0));
  assert.equal([hearing.verdict?.kind, hearing.verdict?.label], ["class", "dog"]);
  assert.not(hearing.decided({ firstFrame: 8, probabilities: probabilities(0, 1, 0) }, 64));
  assert.is(hearing.verdict?.label, "dog");
  assert.ok(hearing.decided({ firstFrame: 16, probabilities: probabilities(0, 1, 0) }, 128));
  assert.is(hearing.verdict?.kind, "unsure", "neither of the two any more or yet");
  for (let n = 3; n < 40; n++)
    hearing.decided({ firstFrame: 8 * n, probabilities: probabilities(0, 1, 0) }, 64 * n);
  assert.equal([hearing.verdict?.kind, hearing.verdict?.label], ["class", "rain"]);
  assert.equal(
    hearing.ranked.map(({ label }) => label),
    ["rain", "dog", "other"],
  );
  assert.ok(hearing.stretches.some(({ label }) => label === "rain"));
  assert.ok(hearing.newest > 200);
  assert.is(minuteFrames(PACK), 7_500);
});

test("silence begins after a second and a half, and ends with the first sound", () => {
  const hearing = new Hearing(PACK, 100);
  const columns = (frames: number, magnitude: number) => ({
    firstFrame: 0,
    frames,
    bins: 3,
    magnitudes: new Float32Array(3 * frames).fill(magnitude),
    mask: new Float32Array(3 * frames),
  });
  assert.not(hearing.heard(columns(180, 0)));
  assert.ok(hearing.heard(columns(10, 0)));
  assert.ok(hearing.silent);
  assert.not(hearing.heard(columns(10, 0)));
  assert.ok(hearing.heard(columns(1, 1)));
  assert.not(hearing.silent);
});

test.run();

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
  answeredFrames: 128,
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

test("while nothing is explained nothing is said, decisions that come too late included, and time goes on", () => {
  const hearing = new Hearing(PACK, 100);
  const dog = probabilities(0.9, 0.05, 0.05);
  for (let n = 0; n < 20; n++) hearing.decided({ firstFrame: 50 * n, probabilities: dog }, 400 * n);
  assert.is(hearing.verdict?.label, "dog");
  const { ranked, newest } = hearing;
  hearing.unexplained = true;
  assert.is(hearing.verdict, undefined);
  assert.not(hearing.decided({ firstFrame: 1_100, probabilities: probabilities(0, 1, 0) }, 9_000));
  assert.is(hearing.verdict, undefined);
  assert.is(hearing.ranked, ranked, "what was considered before is still there to be looked at");
  const loud = new Float32Array(10 * 3).fill(1);
  const columns = { frames: 10, bins: 3, magnitudes: loud, mask: loud };
  const redrawn = Array.from({ length: 100 }, (_, n) =>
    hearing.heard({ ...columns, firstFrame: 1_078 + 10 * n }),
  );
  assert.ok(hearing.newest > newest + 900, "the last minute moves on");
  assert.ok(redrawn.filter(Boolean).length <= 100 / 3, "four times a second");
  hearing.unexplained = false;
  for (let n = 0; n < 5; n++) {
    assert.ok(hearing.decided({ firstFrame: 2_000 + 50 * n, probabilities: dog }, 16_000 + 400 * n));
  }
  assert.is(hearing.stretches.length, 2, "with a gap where nothing was explained");
});

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

test("independent classes are heard side by side, and the strongest is what the last minute tells", () => {
  const pack = { ...PACK, answers: "independent", other: undefined, thresholds: [0.8, 0.3, 0.5] } as const;
  const hearing = new Hearing(pack, 100);
  for (let n = 0; n < 40; n++) {
    hearing.decided({ firstFrame: 8 * n, probabilities: probabilities(0.9, 0.8, 0.1) }, 64 * n);
  }
  const { verdict, ranked, stretches } = hearing;
  assert.equal([verdict?.kind, verdict?.label, verdict?.threshold], ["class", "rain", 0.3]);
  assert.equal(
    verdict?.also.map(({ label }) => label),
    ["dog"],
  );
  assert.equal(
    ranked.map(({ label, threshold }) => [label, threshold]),
    [
      ["rain", 0.3],
      ["dog", 0.8],
      ["other", 0.5],
    ],
  );
  assert.equal(
    stretches.map(({ label }) => label),
    ["rain"],
  );
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

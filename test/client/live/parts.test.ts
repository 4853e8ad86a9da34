// The small parts of the pipeline, each on its own.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { delaySettings } from "../../../client/live/live-explainer.ts";
import { ColumnCollector } from "../../../client/live/pipeline/column-collector.ts";
import { DelayPolicy } from "../../../client/live/pipeline/delay-policy.ts";
import { FrameClock } from "../../../client/live/pipeline/frame-clock.ts";
import { MaskMerger } from "../../../client/live/pipeline/mask-merger.ts";
import { RecentValues } from "../../../client/live/pipeline/recent-values.ts";
import { SpectralHistory } from "../../../client/live/pipeline/spectral-history.ts";
import { microphoneProblem, toProblem } from "../../../client/live/problems.ts";
import { longestDelay, planStream } from "../../../client/live/session/stream-plan.ts";
import type { AudioShape } from "../../../protocol/audio-shape.ts";

const close = (actual: number, expected: number, message?: string) =>
  assert.ok(Math.abs(actual - expected) < 1e-6, message ?? `${actual}, expected ${expected}`);

test("percentiles are of the newest values only", () => {
  const recent = new RecentValues(100);
  assert.ok(Number.isNaN(recent.percentile(0.5)));
  for (let n = 0; n < 50; n++) recent.add(1_000);
  for (let n = 1; n <= 100; n++) recent.add(n);
  assert.is(recent.percentile(0.5), 50);
  assert.is(recent.percentile(0.99), 99);
  assert.is(recent.percentile(0), 1);
  assert.is(recent.percentile(1), 100);
});

test("a window is the newest frames, with silence before the start and where frames were lost", () => {
  const history = new SpectralHistory(8, 2);
  history.add(0, Float32Array.of(1, 1));
  assert.equal(history.window(3), { firstFrame: -2, magnitudes: Float32Array.of(0, 0, 0, 0, 1, 1) });
  history.add(1, Float32Array.of(2, 2));
  history.add(4, Float32Array.of(5, 5));
  assert.equal(history.window(5), {
    firstFrame: 0,
    magnitudes: Float32Array.of(1, 1, 2, 2, 0, 0, 0, 0, 5, 5),
  });
  const out = new Float32Array(2);
  for (let frame = 5; frame < 20; frame++) history.add(frame, Float32Array.of(frame, 0));
  history.copy(19, out);
  assert.equal(out, Float32Array.of(19, 0));
  history.copy(11, out);
  assert.equal(out, Float32Array.of(0, 0), "no longer remembered");
  history.add(10_000, Float32Array.of(7, 7));
  assert.equal(history.window(2).magnitudes, Float32Array.of(0, 0, 7, 7), "a gap longer than the memory");
});

test("a frame's mask is the mean of what windows said, more of those that heard what follows", () => {
  // A rise over one frame: the newest frame weighs 1/4, all others 1.
  const merger = new MaskMerger(16, 1, 1);
  const first = merger.merge(explanation(0, [0.2, 0.4, 0.6]), 0);
  assert.is(first.firstFrame, 0);
  [0.2, 0.4, 0.6].forEach((value, n) => {
    close(first.rows[n], value);
  });
  const second = merger.merge(explanation(1, [0.8, 0.9, 1]), 1);
  assert.is(second.firstFrame, 1);
  close(second.rows[0], (0.4 + 0.8) / 2);
  close(second.rows[1], (0.25 * 0.6 + 0.9) / 1.25);
  close(second.rows[2], 1);
});

test("merging leaves out what is past its deadline and before the start, and mends what is no mask", () => {
  const merger = new MaskMerger(4, 1, 0);
  assert.equal(merger.merge(explanation(-2, [9, 9, 0.5, Number.NaN]), -5), {
    firstFrame: 0,
    rows: Float32Array.of(0.5, 0),
  });
  assert.equal(merger.merge(explanation(0, [1, 1]), 7), { firstFrame: 7, rows: new Float32Array(0) });
  const { rows } = merger.merge(explanation(4, [2, -1]), 0);
  assert.equal(rows, Float32Array.of(1, 0), "slots are taken over by new frames");
  merger.merge(explanation(6, [0, 0]), 6);
  merger.clear();
  assert.equal(merger.merge(explanation(6, [1, 1]), 6).rows, Float32Array.of(1, 1));
});

function explanation(firstFrame: number, mask: number[]) {
  return { firstFrame, mask: Float32Array.from(mask), probabilities: new Float32Array(1), inferenceMs: 0 };
}

const settings = {
  hopMs: 8,
  lookAheadFrames: 4,
  strideFrames: 8,
  minDelayFrames: 10,
  maxDelayFrames: 20,
};

test("D leaves the usual window its look-ahead and covers nearly all windows", () => {
  const policy = new DelayPolicy(settings, 30);
  assert.is(policy.delayFrames, 4 + 8 + 4);
  const deliver = delivery(policy);
  deliver(13, 20);
  assert.is(policy.delayFrames, 17, "grows");
  assert.equal(policy.parts, { lookAhead: 4, stride: 8, engine: 5 });
  deliver(10, 1_000);
  assert.is(policy.delayFrames, 14, "shrinks when they are forgotten");
  deliver(17);
  assert.is(policy.delayFrames, 14, "one late window is an accident");
  deliver(10, 100);
  deliver(17, 2);
  assert.is(policy.delayFrames, 17, "three are not: now D covers the late ones too, without look-ahead");
  assert.equal(policy.parts, { lookAhead: 4, stride: 8, engine: 5 });
  deliver(10, 600 + 200);
  assert.is(policy.delayFrames, 17, "it has grown twice, so it waits a minute before it shrinks");
  deliver(10, 700);
  assert.is(policy.delayFrames, 14);
});

test("D keeps its limits, and look-ahead is what the upper one costs first", () => {
  const policy = new DelayPolicy(settings, 500);
  assert.is(policy.delayFrames, 20);
  policy.delivered(1_000, 17);
  assert.equal(policy.parts, { lookAhead: 3, stride: 8, engine: 9 });
  policy.delivered(2_000, 40);
  assert.is(policy.delayFrames, 20);
  assert.equal(policy.parts, { lookAhead: 0, stride: 8, engine: 12 });
  const quick = new DelayPolicy({ ...settings, lookAheadFrames: 0, strideFrames: 2 }, 0);
  assert.is(quick.delayFrames, 10);
});

test("D does not follow every single window", () => {
  const policy = new DelayPolicy(settings, 0);
  policy.delivered(0, 11);
  const after = policy.delayFrames;
  policy.delivered(100, 16);
  assert.is(policy.delayFrames, after, "within half a second");
  policy.delivered(600, 10);
  assert.is(policy.delayFrames, 4 + 16);
});

test("D doesn't shrink after a first window that was quick, however late it came, nor after an engine's", () => {
  const policy = new DelayPolicy(settings, 60);
  policy.delivered(60_000, 10);
  assert.is(policy.delayFrames, 20, "a person thought for a minute before allowing the microphone");
  for (let now = 60_064; now < 74_900; now += 64) policy.delivered(now, 10);
  policy.forget();
  policy.delivered(75_100, 10);
  assert.is(policy.delayFrames, 20, "nor from the first window of another engine");
  for (let now = 75_164; now < 91_000; now += 64) policy.delivered(now, 10);
  assert.is(policy.delayFrames, 14);
});

test("another setting moves D at once, by what engine and transport took so far", () => {
  const policy = new DelayPolicy(settings, 60);
  const deliver = delivery(policy);
  deliver(11, 40);
  policy.change({ ...settings, lookAheadFrames: 2, strideFrames: 3, minDelayFrames: 0, maxDelayFrames: 9 });
  assert.is(policy.delayFrames, 2 + 3 + 3);
  assert.equal(policy.parts, { lookAhead: 2, stride: 3, engine: 3 });
  policy.change({ ...settings, lookAheadFrames: 12 });
  assert.is(policy.delayFrames, 20, "within its limits");
});

const OWN: AudioShape = { sampleRate: 16_000, window: 512, hop: 128, bins: 257, phases: false };

test("low delay is at most 100 ms by construction, at any device rate, with an engine of 10 ms and look-ahead", () => {
  for (const rate of [16_000, 44_100, 48_000, 96_000]) {
    const { framingMs, maxDelayFrames, lookAheadFrames, strideFrames } = planStream(
      OWN,
      rate,
      {},
      "low-delay",
    );
    assert.ok(framingMs + 8 * maxDelayFrames <= 100, `${framingMs} + ${maxDelayFrames} frames at ${rate} Hz`);
    const policy = new DelayPolicy(
      { hopMs: 8, lookAheadFrames, strideFrames, minDelayFrames: 0, maxDelayFrames },
      10,
    );
    const { lookAhead, stride, engine } = policy.parts;
    assert.equal([stride, engine], [3, 2], `${rate} Hz`);
    assert.ok(lookAhead >= 2, `look-ahead of ${lookAhead} frames at ${rate} Hz`);
  }
});

test("settings differ in what they wait for, and what a page asks for goes before them", () => {
  const plans = delaySettings.map((setting) => planStream(OWN, 48_000, {}, setting));
  assert.equal(
    plans.map(({ lookAheadFrames, strideFrames, maxDelayFrames }) => [
      lookAheadFrames,
      strideFrames,
      maxDelayFrames,
    ]),
    [
      [3, 3, 7],
      [4, 8, 20],
      [20, 4, 32],
    ],
  );
  assert.equal(planStream(OWN, 48_000), plans[1], "balanced without a choice");
  assert.is(longestDelay(OWN, 48_000), 32);
  const wishes = { lookAheadFrames: 0, strideFrames: 1, minLatencyMs: 60, maxLatencyMs: 70 };
  assert.equal(planStream(OWN, 16_000, wishes, "low-delay"), {
    ...{ lookAheadFrames: 0, strideFrames: 1, minDelayFrames: 4, maxDelayFrames: 4, framingMs: 32 },
  });
});

function delivery(policy: DelayPolicy) {
  let now = 0;
  return (reach: number, count = 1) => {
    for (let n = 0; n < count; n++) {
      now += 64;
      policy.delivered(now, reach);
    }
  };
}

test("a pause of the audio device counts to no frame's age", () => {
  const clock = new FrameClock(8);
  for (let frame = 0; frame < 250; frame++) clock.arrived(frame, 8 * frame);
  // Three seconds without sound, then on with the next frame, in bursts as ever.
  for (let frame = 250; frame < 260; frame++) clock.arrived(frame, 3_000 + 8 * (frame + (frame % 2)));
  assert.ok(clock.age(259, 3_000 + 8 * 260) <= 8, `${clock.age(259, 3_000 + 8 * 260)}`);
});

test("a frame's age counts from when the audio thread made it, by the earliest arrivals", () => {
  const clock = new FrameClock(8);
  assert.is(clock.age(5, 100), 0);
  // Bursts of three frames: the first of each burst is late by 16 ms, the last not at all.
  for (let burst = 0; burst < 20; burst++) {
    for (let n = 0; n < 3; n++) clock.arrived(3 * burst + n, 1_000 + 24 * burst);
  }
  close(clock.age(59, 1_000 + 24 * 19), 0);
  close(clock.age(57, 1_000 + 24 * 19 + 5), 16 + 5);
  // The audio clock is slow by half a second in a minute, far more than any is: old arrivals are forgotten.
  for (let frame = 60; frame < 7_500; frame++) clock.arrived(frame, 984 + 8 * (frame + 1) * 1.008);
  assert.ok(clock.age(7_499, 984 + 8 * 7_500 * 1.008) < 100);
});

test("columns are collected into at most 30 messages a second, and wait for a page that does not answer", () => {
  const collector = new ColumnCollector(1, 1_000);
  assert.is(collector.take(0), null);
  let messages = 0;
  for (let frame = 0; frame < 125; frame++) {
    collector.add(frame, Float32Array.of(frame, 0.5));
    if (collector.take(frame * 8)) {
      messages++;
      collector.answered();
    }
  }
  assert.ok(messages > 20 && messages <= 30, `${messages} in a second`);
  collector.take(2_000);
  collector.add(125, Float32Array.of(125, 0.5));
  collector.add(126, Float32Array.of(126, 0.25));
  assert.equal(collector.take(3_000), {
    firstFrame: 125,
    frames: 2,
    bins: 1,
    magnitudes: Float32Array.of(125, 126),
    mask: Float32Array.of(0.5, 0.25),
  });
  for (let frame = 127; frame < 5_000; frame++) {
    collector.add(frame, new Float32Array(2));
    assert.is(collector.take(4_000 + frame), null, "two are unanswered");
  }
  collector.answered();
  const late = collector.take(10_000);
  assert.equal([late?.firstFrame, late?.frames], [4_000, 1_000], "the oldest were dropped");
});

test("the microphone's failures have their own codes", () => {
  for (const [name, code] of [
    ["NotAllowedError", "permission-denied"],
    ["NotFoundError", "no-microphone"],
    ["OverconstrainedError", "no-microphone"],
    ["NotReadableError", "microphone-busy"],
    ["TypeError", "unexpected"],
  ]) {
    assert.is(microphoneProblem(new DOMException("x", name)).code, code);
  }
  assert.equal(toProblem("odd"), { code: "unexpected", detail: "odd" });
});

test.run();

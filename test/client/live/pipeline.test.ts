import { test } from "uvu";
import * as assert from "uvu/assert";
import type { SpectrogramColumns } from "../../../client/live/live-explainer.ts";
import { momentOf } from "../../../client/live/session/moment.ts";
import { planStream } from "../../../client/live/session/stream-plan.ts";
import { HOP, WINDOW } from "../../../lab/networks/own-shape.ts";
import { MaskState } from "../../../protocol/mask-state.ts";
import { emptyHops, Recent, recentBytes } from "../../../worklets/recent.ts";
import { delayed, largestDifference, noise, OWN_SHAPE, sine } from "../../worklets/rig.ts";
import { play, WINDOW_FRAMES } from "./pipeline-rig.ts";

const FACTS = {
  source: "a test",
  engine: "remote",
  engineDescription: "none",
  method: undefined,
  target: -1,
  mixed: false,
  frozenAt: 0,
} as const;

test("an engine that wants fewer windows gets fewer, and as many as before when it has time again", async () => {
  let leastMs = 0;
  const onHop = (hop: number) => {
    leastMs = hop >= 200 && hop < 400 ? 200 : 0;
  };
  const input = noise(HOP * 600, 1);
  const { windows, timings } = await play(input, { engineMs: () => 4, leastMs: () => leastMs, onHop });
  const ends = windows.map(({ firstFrame }) => firstFrame + WINDOW_FRAMES);
  const count = (from: number, to: number) => ends.filter((end) => end > from && end <= to).length;
  assert.equal([count(0, 200), count(200, 400), count(400, 600)], [25, 8, 25]);
  assert.equal([...new Set(timings.map(({ engineLeastMs }) => engineLeastMs))], [0, 200], "and it is told");
});

test("with masks of ones the sound comes back, and no deadline is missed from the first frame on", async () => {
  const input = noise(HOP * 400, 1);
  const { output, records, windows, decisions, timings } = await play(input, { engineMs: () => 12 });
  const { delayFrames, missed } = records.at(-1)!;
  assert.is(missed, 0);
  assert.is(delayFrames, 14);
  assert.ok(largestDifference(output, delayed(input, 14 * HOP + WINDOW)) < 1e-5);
  assert.is(windows.length, 400 / 8);
  assert.is(windows[0].firstFrame, 7 - 127, "the first window is silence but for its last frames");
  assert.equal(
    decisions.slice(0, 3).map(({ firstFrame }) => firstFrame),
    [-120, -112, -104],
  );
  const timing = timings.at(-1)!;
  assert.equal(
    [timing.lookAheadMs, timing.strideMs, timing.engineAllowanceMs, timing.algorithmicMs],
    [32, 64, 16, 32 + 14 * 8],
  );
  assert.equal([timing.windowsDropped, timing.missedDeadlines], [0, 0]);
  assert.ok(Math.abs(timing.windowsPerSecond - 15.6) < 0.5, `${timing.windowsPerSecond}`);
});

test("a frame gets the mask that was meant for it, not its neighbour's", async () => {
  const input = sine(HOP * 300, 1_000, 16_000);
  // A look-ahead of 4 frames: masks are right only in windows that heard so much more.
  const { columns } = await play(input, {
    engineMs: () => 12,
    mask: (frame) => (frame >= 100 && frame < 160 ? 0.75 : 0.25),
  });
  const applied = new Map<number, number>();
  for (const { firstFrame, frames, bins, mask, magnitudes } of columns) {
    for (let n = 0; n < frames; n++) {
      applied.set(firstFrame + n, mask[n * bins + 9]);
      if (firstFrame + n > 4) assert.ok(magnitudes[n * bins + 32] > 50, "and beside it its own magnitudes");
    }
  }
  assert.is(applied.size, [...applied.keys()].at(-1)! + 1, "columns without gaps");
  for (const [frame, value] of applied) {
    assert.ok(Math.abs(value - (frame >= 100 && frame < 160 ? 0.75 : 0.25)) < 1e-6, `${frame}: ${value}`);
  }
});

test("windows with more look-ahead count for more", async () => {
  const { records } = await play(noise(HOP * 200, 2), {
    engineMs: () => 4,
    // A window knows nothing of its newest two frames and takes them for 0.
    mask: (frame, { firstFrame }) => (frame > firstFrame + 125 ? 0 : 1),
  });
  const values = records.filter(({ appliedFrame }) => appliedFrame > 50).map(({ mask }) => mask[0]);
  assert.ok(Math.min(...values) > 0.5 && Math.max(...values) === 1, `${Math.min(...values)}`);
});

test("a slow engine gets the newest window, one at a time, and the delay grows until nothing is missed", async () => {
  const { windows, mostInFlight, timings, records } = await play(noise(HOP * 900, 3), {
    engineMs: () => 90,
    maxDelayFrames: 60,
  });
  assert.is(mostInFlight, 1);
  const steps = windows.slice(1).map(({ firstFrame }, n) => firstFrame - windows[n].firstFrame);
  assert.ok(
    steps.slice(2).every((step) => step >= 11 && step <= 13),
    `${steps}`,
  );
  assert.ok(timings.at(-1)!.windowsDropped > 10);
  const { delayFrames, missed } = records.at(-1)!;
  assert.ok(delayFrames >= 4 + 12 + 12 && delayFrames <= 32, `D = ${delayFrames}`);
  const before = records[300].missed;
  assert.is(missed - before, 0, "all in time once the delay has grown");
});

test("an engine too slow for the limit costs missed frames, which are counted, and no more than that", async () => {
  const input = noise(HOP * 400, 4);
  const { output, records, timings } = await play(input, { engineMs: () => 160, listening: "original" });
  assert.is(records.at(-1)?.delayFrames, 20);
  assert.ok(records.at(-1)!.missed > 100);
  assert.ok(timings.at(-1)!.missedDeadlines >= records.at(-40)!.missed, "and told, at most 250 ms late");
  assert.is(largestDifference(output, delayed(input, 20 * HOP + WINDOW), HOP * 100), 0);
});

test("windows that no engine answers cost nothing but themselves", async () => {
  const { decisions, windows, records } = await play(noise(HOP * 300, 5), {
    engineMs: () => 10,
    fails: (n) => n % 5 === 4,
    maxDelayFrames: 40,
  });
  assert.is(decisions.length, windows.length - Math.floor(windows.length / 5));
  const { missed, delayFrames } = records.at(-1)!;
  assert.is(missed, records[200].missed);
  assert.ok(delayFrames >= 4 + 16 + 1, `D = ${delayFrames} covers a lost window`);
});

/** Of columns in a row with masks of the same kind: the kind, the first and the last frame. */
function stretchesOf(columns: readonly SpectrogramColumns[]): number[][] {
  const found: number[][] = [];
  for (const { firstFrame, frames, states } of columns) {
    for (let n = 0; n < frames; n++) {
      const state = states?.[n] ?? MaskState.own;
      const last = found.at(-1);
      if (last?.[0] === state) last[2] = firstFrame + n;
      else found.push([state, firstFrame + n, firstFrame + n]);
    }
  }
  return found;
}

test("an engine that is killed: columns tell that masks are held, fade and are none, and when they are back", async () => {
  const recent = new Recent(new ArrayBuffer(recentBytes(OWN_SHAPE)), OWN_SHAPE);
  const input = noise(HOP * 600, 1);
  const fails = (n: number) => n >= 20 && n < 50;
  const { columns } = await play(input, { engineMs: () => 4, mask: () => 0.25, fails, recent });
  const kinds = stretchesOf(columns);
  assert.equal(
    kinds.map(([state]) => state),
    [MaskState.own, MaskState.held, MaskState.fading, MaskState.none, MaskState.own],
  );
  const [first, held, fading, none] = kinds;
  assert.is(held[2] - held[1] + 1, 25, "200 ms");
  assert.is(fading[2] - fading[1] + 1, 49, "400 ms, at whose end it is none");
  assert.is(none[1], first[2] + 75);

  // What is kept of it: there explanation and rest are silent, and nowhere else.
  const hops = emptyHops(recent.written, OWN_SHAPE);
  assert.ok(recent.copy(0, recent.written, hops));
  const frozen = { shape: OWN_SHAPE, hops, decisions: [], facts: FACTS };
  const moment = momentOf(frozen, { windowFrames: WINDOW_FRAMES, methods: [{ name: "a" }] } as never);
  const loudest = (samples: Float32Array, from: number, to: number) =>
    samples.subarray(from * HOP, to * HOP).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  // What a frame is the first to be heard in, and the three hops after that.
  const [from, to] = [hops.frames.indexOf(fading[1]), hops.frames.indexOf(none[2]) + 4];
  for (const part of [moment.explanation, moment.rest]) {
    assert.is(loudest(part, from, to), 0);
    assert.ok(loudest(part, 30, from - 1) > 0.01);
    assert.ok(loudest(part, to + 1, to + 30) > 0.01);
  }
  assert.ok(loudest(moment.original, from, to) > 0.1);
});

test("an engine whose every answer comes too late explains nothing, from the first window on", async () => {
  const { columns } = await play(noise(HOP * 300, 1), { engineMs: () => 700, mask: () => 0.25 });
  assert.equal(
    stretchesOf(columns).map(([state]) => state),
    [MaskState.none],
  );
});

test("of records that were lost nobody knows the masks: their columns have none", async () => {
  const loses = (frame: number) => frame >= 200 && frame < 300;
  const { columns, records } = await play(noise(HOP * 400, 1), { engineMs: () => 4, mask: () => 1, loses });
  const { delayFrames } = records[250];
  assert.equal(
    stretchesOf(columns).filter(([state]) => state === MaskState.none),
    [[MaskState.none, 200 - delayFrames, 300 - delayFrames]],
    "and the first that is told of again had none",
  );
});

test("bursts on the way to the worker count into the delay", async () => {
  const { records } = await play(noise(HOP * 500, 6), { engineMs: () => 4, burst: 3 });
  const { delayFrames, missed } = records.at(-1)!;
  assert.ok(delayFrames >= 14 && delayFrames <= 17, `D = ${delayFrames}`);
  assert.is(missed, records[250].missed);
});

test("low delay: an engine of 10 ms misses nothing within 100 ms", async () => {
  const plan = planStream(OWN_SHAPE, 48_000, {}, "low-delay");
  const { records } = await play(noise(HOP * 500, 8), {
    engineMs: () => 10,
    maxDelayFrames: plan.maxDelayFrames,
    pace: plan,
  });
  const { delayFrames, late, missed } = records.at(-1)!;
  assert.equal([late, missed], [0, 0]);
  assert.ok(plan.framingMs + 8 * delayFrames <= 100, `D = ${delayFrames}`);
});

test("low delay: bursts in which the audio thread makes frames and meets deadlines alike cost no deadline", async () => {
  const plan = planStream(OWN_SHAPE, 48_000, {}, "low-delay");
  for (const [engineMs, lookAheadMs] of [
    [4, 24],
    [9, 24],
    [14, 16],
  ]) {
    const { records, timings } = await play(noise(HOP * 700, 11), {
      engineMs: () => engineMs,
      maxDelayFrames: plan.maxDelayFrames,
      pace: plan,
      audioBurstMs: 10,
    });
    assert.equal([records.at(-1)?.late, records.at(-1)?.missed], [0, 0]);
    assert.is(timings.at(-1)!.lookAheadMs, lookAheadMs, `engine of ${engineMs} ms`);
    assert.ok(plan.framingMs + 8 * records.at(-1)!.delayFrames <= 100);
  }
});

test("low delay: a window that comes late now and then takes from the look-ahead, and D stays", async () => {
  const plan = planStream(OWN_SHAPE, 48_000, {}, "low-delay");
  const { records, timings } = await play(noise(HOP * 900, 9), {
    engineMs: (n) => (n % 40 === 39 ? 26 : 10),
    maxDelayFrames: plan.maxDelayFrames,
    pace: plan,
  });
  assert.equal([records.at(-1)?.late, records.at(-1)?.missed], [0, 0]);
  assert.ok(timings.at(-1)!.algorithmicMs <= 100);
});

test("without shared memory the clock tells how far the audio thread is, and D leaves room for the way back", async () => {
  const { records } = await play(noise(HOP * 500, 10), { engineMs: () => 10, shared: false });
  const { delayFrames, late, missed } = records.at(-1)!;
  assert.is(delayFrames, 4 + 8 + 2);
  assert.equal([late, missed], [0, 0]);
});

test("another setting while it runs: windows come at its pace, and the delay follows without a jump", async () => {
  const input = sine(HOP * 600, 440, 16_000);
  const high = planStream(OWN_SHAPE, 48_000, {}, "high-quality");
  const low = planStream(OWN_SHAPE, 48_000, {}, "low-delay");
  const { output, records, windows } = await play(input, {
    engineMs: () => 10,
    maxDelayFrames: high.maxDelayFrames,
    pace: high,
    onHop: (hop, change) => {
      if (hop === 300) change(low);
    },
  });
  const steps = windows.slice(1).map(({ firstFrame }, n) => firstFrame - windows[n].firstFrame);
  assert.equal([steps[20], steps.at(-2)], [high.strideFrames, low.strideFrames]);
  assert.ok(records[290].delayFrames >= high.lookAheadFrames + high.strideFrames);
  assert.ok(records.at(-1)!.delayFrames <= low.maxDelayFrames);
  assert.is(records.at(-1)?.missed, 0);
  const bend = (n: number) => Math.abs(output[n + 1] - 2 * output[n] + output[n - 1]);
  const steepest = (2 * Math.PI * 440) / 16_000;
  const from = HOP * 40;
  const worst = Array.from({ length: output.length - from - 1 }, (_, n) => bend(from + n));
  assert.ok(Math.max(...worst) < 2 * steepest ** 2, "neither click nor jump");
});

test("the page gets at most 30 messages a second", async () => {
  const { columns } = await play(noise(HOP * 375, 7), { engineMs: () => 10 });
  assert.ok(columns.length <= 90 && columns.length > 60, `${columns.length} in 3 s`);
});

test.run();

// Streaming packs on the live path: every block once and in order, and what happens where that can't be.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LocalEngine } from "../../../client/live/engines/local-engine.ts";
import { delaySettings } from "../../../client/live/live-explainer.ts";
import { longestDelay, planStream } from "../../../client/live/session/stream-plan.ts";
import { BINS, HOP } from "../../../lab/networks/own-shape.ts";
import { explainSound } from "../../../models/explain/explain-sound.ts";
import { blockSizes } from "../../../models/pack/live-frames.ts";
import { openPack } from "../../../models/runtime/open-pack-node.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import type { Explanation, SpectralWindow } from "../../../protocol/engine.ts";
import { MaskState } from "../../../protocol/mask-state.ts";
import { largestDifference, noise, OWN_SHAPE } from "../../worklets/rig.ts";
import { play } from "./pipeline-rig.ts";

const BLOCK = 4;
const SIZES = [4, 8, 64];
const at = (setting: (typeof delaySettings)[number], sizes: readonly number[] = SIZES) =>
  planStream(OWN_SHAPE, 48_000, {}, setting, sizes);

/** An engine that counts the frames since it began, and says so in its masks: a thousandth for each. */
function counting() {
  let next = Number.NaN;
  let count = 0;
  return async ({ firstFrame, magnitudes, begins }: SpectralWindow): Promise<Explanation> => {
    const frames = magnitudes.length / BINS;
    const anew = begins === true || firstFrame !== next;
    if (anew) count = 0;
    const mask = new Float32Array(frames * BINS);
    const probabilities = new Float32Array(2 * (frames / BLOCK));
    for (let frame = 0; frame < frames; frame++) {
      count++;
      mask.fill(count / 1_000, frame * BINS, (frame + 1) * BINS);
      if (count % BLOCK === 0) probabilities[2 * Math.floor(frame / BLOCK)] = count / 1_000;
    }
    next = firstFrame + frames;
    return { firstFrame, probabilities, mask, inferenceMs: 1, begins: anew };
  };
}

test("a block's masks are of its very frames: 32 ms of framing and 32 ms of block at low delay, and two frames for the way", async () => {
  const plan = at("low-delay");
  const { records, windows, decisions, timings, restarts } = await play(noise(HOP * 400, 1), {
    ...{ blockSizes: SIZES, pace: plan, maxDelayFrames: plan.maxDelayFrames },
    engineMs: () => 2,
    answers: counting(),
  });
  const { delayFrames, missed, late } = records.at(-1)!;
  assert.equal([missed, late], [0, 0]);
  for (const { appliedFrame, mask, maskState } of records) {
    if (appliedFrame < 0) continue;
    assert.is(maskState, MaskState.own);
    assert.ok(Math.abs(mask[7] - (appliedFrame + 1) / 1_000) < 1e-6, `frame ${appliedFrame}`);
  }
  assert.is(delayFrames, BLOCK + 2);
  const timing = timings.at(-1)!;
  assert.equal(
    [timing.stftMs, timing.lookAheadMs, timing.strideMs, timing.engineAllowanceMs],
    [32, 0, 32, 16],
  );
  assert.equal([timing.windowsDropped, timing.restarts], [0, 0]);
  assert.equal(restarts, []);
  assert.equal(
    windows.map(({ firstFrame, begins }) => [firstFrame, begins ?? false]),
    Array.from({ length: 100 }, (_, n) => [4 * n, n === 0]),
  );
  assert.equal(
    decisions.map(({ firstFrame, probabilities }) => [firstFrame, Math.round(1_000 * probabilities[0])]),
    windows.slice(0, -1).map(({ firstFrame }) => [firstFrame, firstFrame + 4]),
    "a decision a block, of the block's end",
  );
});

test("live masks are those of the whole file explained offline, at every setting, behind or not", async () => {
  const opened = await openPack("test/fixtures/tiny-streaming");
  const { windowFrames, stft } = opened.pack;
  const sizes = blockSizes(opened.pack)!;
  // A second of each: low, high, both 60 dB down, silence, and low again.
  const second = Array.from({ length: 5 }, () => noise(16_000, 5));
  const input = Float32Array.from({ length: 5 * 16_000 }, (_, n) => {
    const turn = Math.floor(n / 16_000);
    const sound =
      Math.sin((2 * Math.PI * (turn === 1 ? 6_000 : 700) * n) / 16_000) + 0.1 * second[turn][n % 16_000];
    return [0.3, 0.3, 3e-4, 0, 0.3][turn] * sound;
  });
  const offline = await explainSound(opened, input, { rate: 16_000 });
  for (const setting of delaySettings) {
    const plan = at(setting, sizes);
    const engine = await LocalEngine.open({ runtime: await nodeRuntime(), pack: opened });
    const { records, decisions, restarts } = await play(input, {
      ...{ blockSizes: sizes, pace: plan, maxDelayFrames: plan.maxDelayFrames },
      engineMs: (n) => (setting === "balanced" && n === 40 ? 400 : 2),
      answers: (window) => engine.explain(window),
    });
    await engine.close();
    assert.equal(restarts, []);
    let own = 0;
    for (const { appliedFrame, mask, maskState } of records) {
      if (appliedFrame < 0 || maskState !== MaskState.own) continue;
      own++;
      const row = offline.mask.subarray(appliedFrame * stft.bins, (appliedFrame + 1) * stft.bins);
      const away = largestDifference(mask, row);
      assert.ok(away <= 1e-5, `${setting}, frame ${appliedFrame}: ${away}`);
    }
    assert.ok(own > (setting === "balanced" ? 500 : 580), `${setting}: ${own} frames had their own`);
    for (const { firstFrame, probabilities } of decisions) {
      const window = offline.windows[firstFrame / windowFrames];
      assert.is(window.firstFrame, firstFrame);
      assert.ok(
        largestDifference(probabilities, window.probabilities) <= 1e-5,
        `block at frame ${firstFrame}`,
      );
    }
  }
  await opened.close();
});

test("balanced takes two blocks at a time where the pack has a graph for them, with a decision for each", async () => {
  const plan = at("balanced");
  const options = { pace: plan, maxDelayFrames: plan.maxDelayFrames, engineMs: () => 2, answers: counting() };
  const { windows, decisions, records } = await play(noise(HOP * 400, 1), { ...options, blockSizes: SIZES });
  assert.equal([...new Set(windows.map(({ magnitudes }) => magnitudes.length / BINS))], [8]);
  assert.is(decisions.length, 2 * (windows.length - 1));
  assert.equal(
    decisions
      .slice(0, 3)
      .map(({ firstFrame, probabilities }) => [firstFrame, Math.round(1_000 * probabilities[0])]),
    [
      [0, 4],
      [4, 8],
      [8, 12],
    ],
  );
  assert.equal([records.at(-1)!.missed, records.at(-1)!.delayFrames], [0, 10]);
});

test("an engine that was away for a while hears in few calls what it missed, and forgets nothing", async () => {
  const plan = at("low-delay");
  const { windows, restarts, records, timings } = await play(noise(HOP * 500, 1), {
    ...{ blockSizes: SIZES, pace: plan, maxDelayFrames: plan.maxDelayFrames },
    engineMs: (n) => (n === 20 ? 700 : 2),
    answers: counting(),
  });
  const sizes = windows.map(({ magnitudes }) => magnitudes.length / BINS);
  assert.equal(sizes.slice(20, 24), [4, 64, 8, 8]);
  assert.ok(sizes.slice(30).every((size) => size === 4));
  assert.equal([restarts, timings.at(-1)!.restarts, timings.at(-1)!.windowsDropped], [[], 0, 0]);
  const last = records.at(-1)!;
  assert.ok(Math.abs(last.mask[0] - (last.appliedFrame + 1) / 1_000) < 1e-6);
  const kinds = new Set(records.slice(80).map(({ maskState }) => maskState));
  assert.ok(kinds.has(MaskState.held) && kinds.has(MaskState.own));
});

test("an engine that falls a second behind begins anew, which is told and counted", async () => {
  const plan = at("low-delay");
  const { restarts, timings, records, decisions } = await play(noise(HOP * 600, 1), {
    ...{ blockSizes: SIZES, pace: plan, maxDelayFrames: plan.maxDelayFrames },
    engineMs: (n) => (n === 20 ? 1_500 : 2),
    answers: counting(),
  });
  assert.equal(restarts, ["behind"]);
  assert.equal([timings.at(-1)!.restarts, timings.at(-1)!.windowsDropped], [1, 31]);
  const last = records.at(-1)!;
  assert.ok(last.mask[0] < (last.appliedFrame - 100) / 1_000, "it counts from where it began anew");
  assert.is(last.maskState, MaskState.own);
  const first = decisions.map(({ firstFrame }) => firstFrame);
  assert.equal(
    first,
    [...new Set(first)].sort((a, b) => a - b),
  );
});

test("frames that are lost on their way begin anew: the last mask is held, then there are fresh ones", async () => {
  const plan = at("low-delay");
  const { restarts, timings, records, windows } = await play(noise(HOP * 300, 1), {
    ...{ blockSizes: SIZES, pace: plan, maxDelayFrames: plan.maxDelayFrames },
    engineMs: () => 2,
    answers: counting(),
    loses: (frame) => frame === 102,
  });
  assert.equal(restarts, ["frames-lost"]);
  assert.equal([timings.at(-1)!.restarts, timings.at(-1)!.windowsDropped], [1, 1]);
  assert.equal(
    windows.filter(({ begins }) => begins).map(({ firstFrame }) => firstFrame),
    [0, 103],
  );
  const applied = (frame: number) => records.find(({ appliedFrame }) => appliedFrame === frame)!;
  const told = (frame: number) => [applied(frame).maskState, Math.round(1_000 * applied(frame).mask[0])];
  assert.equal(told(99), [MaskState.own, 100]);
  assert.equal(told(100), [MaskState.held, 100]);
  assert.equal(told(102), [MaskState.held, 100]);
  assert.equal(told(103), [MaskState.own, 1]);
  assert.is(records.at(-1)!.missed, 1, "of the three 16 ms count as late");
});

test("an engine that forgot by itself is counted, and a block that nobody answered costs no more than its masks", async () => {
  const plan = at("low-delay");
  const engine = counting();
  const { restarts, decisions, windows } = await play(noise(HOP * 300, 1), {
    ...{ blockSizes: SIZES, pace: plan, maxDelayFrames: plan.maxDelayFrames },
    engineMs: () => 2,
    answers: async (window, n) => (n === 30 ? null : engine(window)),
  });
  assert.equal(restarts, ["engine"]);
  const heard = new Set(decisions.map(({ firstFrame }) => firstFrame));
  const unanswered = windows.slice(0, -1).filter(({ firstFrame }) => !heard.has(firstFrame));
  assert.equal(unanswered, [windows[30]]);
});

test("silence, 60 dB up and down, DC steps and samples that are no numbers go through, and nothing is forgotten", async () => {
  const opened = await openPack("test/fixtures/tiny-streaming");
  const engine = await LocalEngine.open({ runtime: await nodeRuntime(), pack: opened });
  const plan = at("balanced", blockSizes(opened.pack));
  const input = noise(HOP * 600, 3);
  input.fill(0, 0, HOP * 100);
  for (let n = HOP * 200; n < HOP * 300; n++) input[n] *= 1e-3;
  input.fill(0.9, HOP * 350, HOP * 400);
  input.fill(Number.NaN, HOP * 450, HOP * 455);
  const { records, restarts, timings, decisions } = await play(input, {
    ...{ blockSizes: blockSizes(opened.pack)!, pace: plan, maxDelayFrames: plan.maxDelayFrames },
    engineMs: () => 2,
    answers: (window) => engine.explain(window),
  });
  await engine.close();
  await opened.close();
  assert.equal([records.at(-1)!.missed, restarts, timings.at(-1)!.windowsDropped], [0, [], 0]);
  assert.ok(decisions.length > 140);
  assert.ok(
    decisions.every(({ probabilities }) => Math.abs(probabilities.reduce((a, b) => a + b) - 1) < 1e-5),
  );
  assert.ok(records.every(({ mask }) => mask.every((value) => value >= 0 && value <= 1)));
});

test("the settings of a streaming pack: its blocks at low delay, twice as many else, and no look-ahead but as a reserve", () => {
  const plans = delaySettings.map((setting) => at(setting));
  const times = (plan: (typeof plans)[number]) => [
    plan.lookAheadFrames,
    plan.strideFrames,
    plan.maxDelayFrames,
  ];
  assert.equal(plans.map(times), [
    [0, 4, 7],
    [0, 8, 20],
    [20, 8, 32],
  ]);
  assert.is(at("balanced", [4, 64]).strideFrames, 4, "no graph for two");
  assert.is(at("low-delay", [16]).maxDelayFrames, 19, "a long block can't be heard any sooner");
  assert.is(planStream(OWN_SHAPE, 48_000, { strideFrames: 9 }, "low-delay", SIZES).strideFrames, 8);
  assert.is(longestDelay(OWN_SHAPE, 48_000, {}, SIZES), 32);
});

test.run();

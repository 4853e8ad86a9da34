// Where a mask lies, on sounds of which the right figure is known by hand.
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  framesWithin,
  relevanceInTime,
  relevanceMass,
  silenceMass,
  silentFrames,
  timeFit,
} from "../../../lab/evaluation/metrics/localisation.ts";

const shape = { window: 512, hop: 128 };
const of = (...values: number[]) => Float32Array.from(values);
const near = (value: number | null, expected: number) =>
  assert.ok(value !== null && Math.abs(value - expected) < 1e-6, `${value}, not ${expected}`);

test("a frame is silent when no sample of its window sounds, the sound's ends included", () => {
  // Samples 512 to 1023 sound: frame k covers 128 (k + 1) - 512 to 128 (k + 1).
  const samples = new Float32Array(2048).fill(0.1, 512, 1024);
  const silent = silentFrames(samples, shape);
  assert.is(silent.length, Math.ceil((2048 + 384) / 128));
  assert.equal(
    silent.flatMap((each, frame) => (each ? [] : [frame])),
    [4, 5, 6, 7, 8, 9, 10],
  );
});

test("silence is what a file of 16 bits holds as zeros, even after its rate was changed", () => {
  const dither = Float32Array.from({ length: 1024 }, (_, n) => (n % 2 ? 1 : -1) / 70_000);
  assert.ok(silentFrames(dither, shape).every(Boolean));
  const faint = Float32Array.from({ length: 1024 }, (_, n) => (n % 2 ? 1 : -1) / 32_768);
  assert.not(silentFrames(faint, shape).some(Boolean));
});

test("silence mass is the share of the mask's sum on silent frames", () => {
  near(silenceMass(of(1, 1, 0.5, 0.5, 0.5, 0.5), [false, true, false]), 0.25);
  near(silenceMass(of(1, 1, 1, 1, 1, 1), [false, true, false]), 1 / 3);
  assert.is(silenceMass(of(1, 1, 0, 0, 1, 1), [false, true, false]), 0);
  assert.is(silenceMass(of(1, 1), [false]), null, "nothing is silent");
  assert.is(silenceMass(of(0, 0, 0, 0), [true, false]), null, "nothing is kept");
});

test("relevance mass is the stem's share of what the gains keep", () => {
  const stem = of(2, 0, 1, 0);
  const rest = of(0, 2, 1, 0);
  // All kept: (4 + 1) of 10. Half of the second bin: 5 of 5 + 1 + 1.
  near(relevanceMass(of(1, 1, 1, 1), stem, rest), 0.5);
  near(relevanceMass(of(1, 0.5, 1, 1), stem, rest), 5 / 7);
  near(relevanceMass(of(1, 0, 0, 1), stem, rest), 1);
  assert.is(relevanceMass(of(0, 0, 0, 1), stem, rest), null);
});

test("relevance in time is the share of the kept energy on the event's frames, whoever sounds there", () => {
  const mixture = of(2, 0, 1, 1);
  near(relevanceInTime(of(1, 1, 1, 1), mixture, [true, false]), 4 / 6);
  near(relevanceInTime(of(0.5, 1, 1, 1), mixture, [true, false]), 1 / 3);
});

test("frames are within an event when their windows reach into it", () => {
  const within = framesWithin({ from: 1024, to: 1152 }, 4096, shape);
  assert.is(within.length, Math.ceil((4096 + 384) / 128));
  // One hop long: the four frames whose windows hold it.
  assert.equal(
    within.flatMap((each, frame) => (each ? [frame] : [])),
    [8, 9, 10, 11],
  );
});

test("a mask that follows the event fits it, one of ones tells nothing, one beside it is wrong", () => {
  const within = [false, true, true, false, false];
  const profile = (...values: number[]) => of(...values.flatMap((value) => [value, value]));
  assert.equal(timeFit(profile(0, 1, 0.6, 0.1, 0), within), {
    timeAuc: 1,
    timeIou: 1,
    timeIouBest: 1,
    pointing: 1,
  });
  assert.equal(timeFit(profile(1, 1, 1, 1, 1), within), {
    timeAuc: 0.5,
    timeIou: 2 / 5,
    timeIouBest: 2 / 5,
    pointing: 2 / 5,
  });
  assert.equal(timeFit(profile(1, 0, 0, 1, 1), within), {
    timeAuc: 0,
    timeIou: 0,
    timeIouBest: 2 / 5,
    pointing: 0,
  });
  // The second frame of the event is too faint for half of the largest, and found by a lower threshold.
  const faint = timeFit(profile(0, 1, 0.25, 0, 0), within);
  assert.equal([faint.timeIou, faint.timeIouBest, faint.timeAuc], [0.5, 1, 1]);
  assert.is(timeFit(profile(0, 0, 0, 0, 0), within).pointing, null);
});

test.run();

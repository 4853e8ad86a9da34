import { test } from "uvu";
import * as assert from "uvu/assert";
import { toneChannels } from "../../study/page/tones.ts";

const RATE = 48_000;

test("over headphones two tones are alike and one 6 dB quieter; over loudspeakers the opposed one cancels", () => {
  const [left, right] = toneChannels(["plain", "opposed", "quiet"], RATE);
  const level = (samples: ArrayLike<number>, tone: number) => {
    let sum = 0;
    for (let n = 0; n < RATE; n++) sum += samples[1.5 * RATE * tone + n] ** 2;
    return Math.sqrt(sum / RATE);
  };
  for (const ear of [left, right]) {
    assert.ok(Math.abs(level(ear, 1) / level(ear, 0) - 1) < 1e-6);
    assert.ok(Math.abs(20 * Math.log10(level(ear, 2) / level(ear, 0)) + 6) < 0.01);
  }
  const inTheAir = left.map((sample, n) => sample + right[n]);
  assert.ok(level(inTheAir, 1) < 1e-6);
  assert.ok(level(inTheAir, 2) > 0);
});

test("tones begin and end softly, and the pauses between them are silent", () => {
  const [left] = toneChannels(["plain", "plain", "plain"], RATE);
  assert.is(left.length, 4 * RATE);
  assert.ok(Math.abs(left[1]) < 1e-4 && Math.abs(left[RATE - 2]) < 1e-4);
  assert.ok(left.subarray(RATE, 1.5 * RATE).every((sample) => sample === 0));
});

test.run();

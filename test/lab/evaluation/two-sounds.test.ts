import { test } from "uvu";
import * as assert from "uvu/assert";
import { mixTwo, PAIR_DB } from "../../../lab/evaluation/plan/two-sounds.ts";

const RATE = 16_000;
const tone = (frequency: number, from: number, to: number, level: number) =>
  Float32Array.from({ length: 3 * RATE }, (_, n) =>
    n >= from * RATE && n < to * RATE ? level * Math.sin((2 * Math.PI * frequency * n) / RATE) : 0,
  );
/** Of a tone of whole periods in a tenth of a second. */
function levelOf(frequency: number, samples: Float32Array): number {
  let [re, im] = [0, 0];
  for (const [n, sample] of samples.entries()) {
    re += sample * Math.cos((2 * Math.PI * frequency * n) / RATE);
    im += sample * Math.sin((2 * Math.PI * frequency * n) / RATE);
  }
  return (2 * Math.hypot(re, im)) / samples.length;
}

test("both begin together, the louder 5 dB above where both sound, whatever their own levels", () => {
  const sum = mixTwo(tone(500, 1, 2, 0.1), tone(2000, 0.5, 2.5, 0.3), RATE);
  assert.is(sum.length, 2 * RATE);
  const common = sum.subarray(0, RATE);
  const ratio = 20 * Math.log10(levelOf(500, common) / levelOf(2000, common));
  assert.ok(Math.abs(ratio - PAIR_DB) < 0.01, `${ratio} dB`);
  assert.ok(Math.abs(levelOf(500, common) - 0.1) < 1e-4);
  assert.ok(levelOf(500, sum.subarray(RATE)) < 1e-4, "the shorter has ended");
});

test("a sum beyond full scale is quieter as a whole", () => {
  const sum = mixTwo(tone(500, 0, 1, 0.9), tone(2000, 0, 1, 0.1), RATE);
  assert.ok(sum.every((sample) => Math.abs(sample) <= 1));
  const ratio = 20 * Math.log10(levelOf(500, sum) / levelOf(2000, sum));
  assert.ok(Math.abs(ratio - PAIR_DB) < 0.01, `${ratio} dB`);
});

test("silence cannot be mixed", () => {
  assert.throws(() => mixTwo(tone(500, 0, 1, 0.1), new Float32Array(RATE), RATE), /nothing is to be heard/);
});

test.run();

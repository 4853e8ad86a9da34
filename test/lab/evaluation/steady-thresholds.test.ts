import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import type { HeldOutWindow } from "../../../lab/evaluation/metrics/choose-thresholds.ts";
import { steadyThresholds } from "../../../lab/evaluation/metrics/steady-thresholds.ts";

const CLASSES = 4;

/** The last class answers far lower than the others, whether it is there or not. */
function drawn(random: Random, label: number): HeldOutWindow {
  const probabilities = Array.from({ length: CLASSES }, (_, k) => {
    const logit = 1.5 * random.normal() - 3 - (k === 3 ? 3 : 0) + (k === label ? 5 : 0);
    return 1 / (1 + Math.exp(-logit));
  });
  return { label, probabilities };
}

const random = new Random(7);
const windows = [
  ...Array.from({ length: 400 }, (_, n) => drawn(random, n % CLASSES)),
  ...Array.from({ length: 200 }, () => drawn(random, -1)),
];

test("the unknown are taken no more often than they may, however many sounds there were", () => {
  for (const count of [0, 4, 400]) {
    for (const unknownShare of [0.05, 0.2]) {
      const { unknownTaken } = steadyThresholds(windows, Array(CLASSES).fill(count), { unknownShare });
      assert.ok(unknownTaken.right <= unknownShare * 200, `${count}: ${JSON.stringify(unknownTaken)}`);
      assert.ok(unknownTaken.right >= 0.7 * unknownShare * 200, `${count}: ${JSON.stringify(unknownTaken)}`);
    }
  }
});

test("classes of which little was heard share a threshold, and each has its own with much", () => {
  const spread = (sounds: readonly number[]) => {
    const { thresholds } = steadyThresholds(windows, sounds);
    return Math.max(...thresholds) - Math.min(...thresholds);
  };
  const [none, few, many] = [0, 8, 4000].map((count) => spread(Array(CLASSES).fill(count)));
  assert.ok(none < 1e-6, `${none}`);
  assert.ok(few > none && few < many, `${few} of ${many}`);
  const { thresholds } = steadyThresholds(windows, [0, 0, 0, 4000]);
  assert.ok(thresholds[3] < thresholds[0], `${thresholds}`);
  assert.ok(Math.abs(thresholds[0] - thresholds[1]) < 1e-9);
});

test("a class that is more often wrong than right is asked for more than the others, but can still be named", () => {
  // The second class is heard wherever the first is, and more surely than where it is itself.
  const mistaken = windows.map(({ label, probabilities }) => {
    const [first, second, ...others] = Array.from(probabilities);
    return { label, probabilities: [first, label === 0 ? 0.95 : 0.9 * second, ...others] };
  });
  const { thresholds } = steadyThresholds(mistaken, Array(CLASSES).fill(8));
  const odds = thresholds.map((each) => Math.log(each / (1 - each)));
  assert.ok(odds[1] > odds[0] && odds[1] < odds[0] + 1, `${odds}`);
});

test("without unknown windows nothing is chosen", () => {
  const known = windows.filter(({ label }) => label >= 0);
  assert.throws(() => steadyThresholds(known, [1, 1, 1, 1]), /unknown/);
});

test.run();

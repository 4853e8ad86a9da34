import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { chooseThresholds, type HeldOutWindow } from "../../../lab/evaluation/metrics/choose-thresholds.ts";

const window = (label: number, ...probabilities: number[]): HeldOutWindow => ({ label, probabilities });

test("without anything unknown or wrong every window is accepted, whatever its probability", () => {
  const { thresholds, accepted, mistaken } = chooseThresholds(
    [window(0, 0.9, 0.01), window(0, 0.3, 0.02), window(1, 0.1, 0.2), window(1, 0.05, 0.8)],
    2,
  );
  assert.equal(accepted, { right: 4, of: 4 });
  assert.equal(mistaken, { right: 0, of: 4 });
  assert.ok(thresholds[0] > 0.1 && thresholds[0] < 0.3, `${thresholds}`);
  assert.ok(thresholds[1] > 0.02 && thresholds[1] < 0.2, `${thresholds}`);
});

test("no more unknown windows are taken than allowed, and those are spent where they gain most", () => {
  // The first class gains three windows for one unknown one, the second one window for one.
  const windows = [
    ...[0.9, 0.5, 0.5, 0.5].map((p) => window(0, p, 0)),
    ...[0.9, 0.5].map((p) => window(1, 0, p)),
    window(-1, 0.7, 0),
    window(-1, 0, 0.7),
    ...Array.from({ length: 8 }, () => window(-1, 0.01, 0.01)),
  ];
  const none = chooseThresholds(windows, 2, { unknownShare: 0.05 });
  assert.equal([none.accepted.right, none.unknownTaken], [2, { right: 0, of: 10 }]);
  const one = chooseThresholds(windows, 2, { unknownShare: 0.1 });
  assert.equal([one.accepted.right, one.unknownTaken.right], [5, 1]);
  assert.ok(one.thresholds[0] < 0.5 && one.thresholds[1] > 0.7);
  const both = chooseThresholds(windows, 2, { unknownShare: 0.2 });
  assert.equal([both.accepted.right, both.unknownTaken.right], [6, 2]);
});

test("an unknown window that is taken already costs the next class nothing", () => {
  const windows = [
    ...[0.6, 0.6].map((p) => window(0, p, 0)),
    ...[0.6, 0.6].map((p) => window(1, 0, p)),
    window(-1, 0.8, 0.8),
    ...Array.from({ length: 9 }, () => window(-1, 0, 0)),
  ];
  const { accepted, unknownTaken } = chooseThresholds(windows, 2, { unknownShare: 0.1 });
  assert.equal([accepted.right, unknownTaken.right], [4, 1]);
});

test("a threshold ends where other known classes would be believed more often than its own", () => {
  const windows = [
    window(0, 0.9, 0),
    window(1, 0.6, 0.9),
    window(0, 0.5, 0),
    window(0, 0.4, 0),
    ...Array.from({ length: 5 }, () => window(1, 0.3, 0.9)),
    window(0, 0.2, 0),
  ];
  const chosen = chooseThresholds(windows, 2);
  assert.ok(chosen.thresholds[0] > 0.3 && chosen.thresholds[0] < 0.4, `${chosen.thresholds}`);
  assert.equal(chosen.mistaken, { right: 1, of: 10 });
  const strict = chooseThresholds(windows, 2, { wrongCost: 3 });
  assert.ok(strict.thresholds[0] > 0.6 && strict.thresholds[0] < 0.9, `${strict.thresholds}`);
});

test("a class that is never right is never believed, and windows that are alike are not parted", () => {
  const { thresholds, unknownTaken } = chooseThresholds(
    [window(0, 0.99, 0.99), window(-1, 0.99, 0.99), window(-1, 0.2, 0.2), window(1, 0, 0.1)],
    2,
    { unknownShare: 0 },
  );
  assert.is(unknownTaken.right, 0);
  assert.ok(
    thresholds.every((threshold) => threshold > 0.99 && threshold < 1),
    `${thresholds}`,
  );
});

test("what is promised of drawn windows holds, and one threshold for all accepts no more", () => {
  const random = new Random(3);
  const classes = 6;
  const draw = (label: number) =>
    window(
      label,
      ...Array.from({ length: classes }, (_, k) => {
        // Some classes answer high whatever is heard, some low.
        const logit = 2 * random.normal() + 1.5 * (k - 3) - 3 + (k === label ? 5 : 0);
        return 1 / (1 + Math.exp(-logit));
      }),
    );
  const windows = Array.from({ length: 900 }, (_, n) => draw(n < 600 ? n % classes : -1));
  const { thresholds, accepted, mistaken, unknownTaken } = chooseThresholds(windows, classes);
  assert.ok(unknownTaken.right <= 30 && unknownTaken.of === 300, JSON.stringify(unknownTaken));
  const atOne = (threshold: number) => {
    const isRight = ({ label, probabilities }: HeldOutWindow) => probabilities[label] >= threshold;
    const isTaken = ({ probabilities }: HeldOutWindow) =>
      Array.from(probabilities).some((p) => p >= threshold);
    const taken = windows.filter((each) => each.label < 0 && isTaken(each)).length;
    return taken <= 30 ? windows.filter((each) => each.label >= 0 && isRight(each)).length : 0;
  };
  const best = Math.max(...Array.from({ length: 99 }, (_, k) => atOne((k + 1) / 100)));
  assert.ok(accepted.right > 1.1 * best, `${accepted.right} and ${best}; ${thresholds}`);
  assert.ok(mistaken.right < accepted.right);
});

test("no threshold is below the least, however far apart the windows are", () => {
  const windows = [window(0, 0.9, 1e-7), window(0, 0.02, 1e-7), window(1, 1e-7, 0.9), window(-1, 1e-7, 1e-7)];
  const { thresholds, accepted } = chooseThresholds(windows, 2);
  assert.equal(accepted, { right: 2, of: 3 });
  assert.is(thresholds[1], 0.05);
  assert.ok(thresholds[0] >= 0.05 && thresholds[0] < 0.9);
  assert.is(chooseThresholds(windows, 2, { least: 0.01 }).accepted.right, 3);
});

test("labels and rows that don't belong to the classes are refused", () => {
  assert.throws(() => chooseThresholds([window(2, 0.5, 0.5)], 2), /class 2 .*2 probabilities/);
  assert.throws(() => chooseThresholds([window(0, 0.5)], 2), RangeError);
});

test.run();

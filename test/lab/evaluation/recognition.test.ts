// What is accepted, taken and named, on answers for which it is known by hand.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { recognition, shifted, shiftForShare } from "../../../lab/evaluation/metrics/recognition.ts";
import type { DecisionClasses } from "../../../models/explain/class-decision.ts";

const exclusive: DecisionClasses = { labels: ["dog", "rain", "other"], other: "other", threshold: 0.6 };
const independent: DecisionClasses = { ...exclusive, answers: "independent", thresholds: [0.6, 0.2, 0.5] };
const row = (...values: number[]) => Float32Array.from(values);
const groups = { "known classes": ["dog", "rain"], dogs: ["dog"] };
const nothing = { unknown: [], pairs: [], groups };

test("a clip is right by its mean, named when that is believed, and heard at some time by one window", () => {
  const known = [
    { label: "dog", windows: [row(0.9, 0.1, 0), row(0.2, 0.1, 0.7)] },
    { label: "dog", windows: [row(0.1, 0.8, 0.1)] },
    { label: "rain", windows: [row(0.1, 0.9, 0)] },
    { label: "rain", windows: [] },
  ];
  const { groups: counted, own, classes } = recognition({ ...nothing, classes: exclusive, known });
  assert.equal(counted[0], {
    name: "known classes",
    right: { right: 2, of: 3 },
    mostProbable: { right: 2, of: 3 },
    among: undefined,
    believed: { right: 1, of: 3 },
    atSomeTime: { right: 2, of: 3 },
  });
  assert.equal(own.groups[0].accepted, { right: 3, of: 4 });
  assert.equal(own.groups[0].right, { right: 2, of: 4 });
  assert.equal(
    classes.map(({ label, right, windowsAccepted }) => [label, right.right, windowsAccepted.right]),
    [
      ["dog", 1, 2],
      ["rain", 1, 1],
    ],
  );
});

test("what is said of a whole clip goes before the mean of its windows, and folders of a class are counted too", () => {
  const known = [
    { label: "dog", source: "here", windows: [row(0.1, 0.8, 0.1)], whole: row(0.7, 0.2, 0.1) },
    { label: "dog", source: "there", windows: [row(0.1, 0.8, 0.1)] },
    { label: "dog", source: "there", windows: [row(0.8, 0.1, 0.1), row(0.7, 0.2, 0.1)] },
    { label: "rain", windows: [row(0.1, 0.9, 0)] },
  ];
  const { groups: counted, own, classes } = recognition({ ...nothing, classes: exclusive, known });
  assert.equal(
    counted.map(({ name, right }) => [name, right.right, right.of]),
    [
      ["known classes", 3, 4],
      ["dogs", 2, 3],
      ["dog: here", 1, 1],
      ["dog: there", 1, 2],
    ],
  );
  assert.equal(
    own.groups.map(({ name, right }) => [name, right.right, right.of]),
    [
      ["known classes", 3, 5],
      ["dogs", 2, 4],
      ["dog: here", 0, 1],
      ["dog: there", 2, 3],
    ],
  );
  assert.equal(classes[0].calledInstead, [{ label: "rain", clips: 1 }]);
  assert.is(classes[0].threshold, 0.6);
});

test("most probable is without thresholds", () => {
  const known = [{ label: "dog", windows: [row(0.5, 0.4, 0)] }];
  const [all] = recognition({ ...nothing, classes: independent, known }).groups;
  assert.equal([all.right.right, all.mostProbable.right], [0, 1]);
});

test("a part of the classes is also judged among its own", () => {
  const classes = { labels: ["a", "b", "c", "d", "e"], threshold: 0.5 };
  const known = [{ label: "a", windows: [row(0.3, 0.1, 0.6, 0, 0)] }];
  const [part] = recognition({ ...nothing, classes, known, groups: { part: ["a", "b"] } }).groups;
  assert.equal(part.right, { right: 0, of: 1 });
  assert.equal(part.among, { right: 1, of: 1 });
});

/** Twenty unknown windows whose largest probability is 0.05, 0.10, ... 1.00. */
const ladder = Array.from({ length: 20 }, (_, k) => (k + 1) / 20);

for (const [name, classes] of Object.entries({ exclusive, independent })) {
  test(`${name}: thresholds are moved to where two of twenty unknown windows are taken, and no more`, () => {
    const windows = ladder.map((value) => row(value, 0, 0));
    const unknown = windows.map((each) => ({ source: "here", label: "cat", windows: [each] }));
    const known = [{ label: "dog", windows: [row(0.92, 0, 0), row(0.96, 0, 0), row(0.5, 0, 0)] }];
    const report = recognition({ ...nothing, classes, known, unknown });
    assert.equal(report.own.taken, { right: 9, of: 20 });
    assert.equal(report.atShare!.taken, { right: 2, of: 20 });
    // The third of the ladder, 0.90, must not be reached.
    assert.ok(Math.abs(report.atShare!.thresholds[0] - 0.9) < 1e-5, `${report.atShare!.thresholds}`);
    assert.equal(report.atShare!.groups[0].accepted, { right: 2, of: 3 });
    assert.equal(report.unknown[0].takenAtShare, { right: 2, of: 20 });
    assert.equal([report.classes[0].taken, report.classes[0].takenAtShare], [9, 2]);
  });
}

test("thresholds of classes move together, and windows of equal certainty are taken all or none", () => {
  const { thresholds } = shifted(independent, Math.log(6));
  // Odds of 1.5, 0.25 and 1 times six.
  for (const [k, expected] of [9 / 10, 1.5 / 2.5, 6 / 7].entries()) {
    assert.ok(Math.abs(thresholds![k] - expected) < 1e-9, `${thresholds}`);
  }
  const sure = Array.from({ length: 10 }, () => row(1, 0, 0));
  const shift = shiftForShare(exclusive, sure, 0.5)!;
  const { taken } = recognition({
    ...nothing,
    classes: shifted(exclusive, shift),
    known: [],
    unknown: [{ source: "here", label: "cat", windows: sure }],
  }).own;
  assert.equal(taken, { right: 0, of: 10 });
});

test("what no threshold would take needs none", () => {
  const others = [row(0.2, 0.1, 0.7), row(0.1, 0.1, 0.8)];
  const report = recognition({
    ...nothing,
    classes: exclusive,
    known: [{ label: "dog", windows: [row(0.4, 0.3, 0.3)] }],
    unknown: [{ source: "here", label: "cat", windows: others }],
  });
  assert.equal(report.own.groups[0].accepted, { right: 0, of: 1 });
  assert.equal(report.atShare!.taken, { right: 0, of: 2 });
  assert.equal(report.atShare!.groups[0].accepted, { right: 1, of: 1 });
});

test("two sounds at once: both, one alone or neither; in one window and by the clip only where classes answer alone", () => {
  const pair = (...windows: Float32Array[]) => ({ louder: "dog", fainter: "rain", windows });
  const pairs = [
    pair(row(0.9, 0.1, 0), row(0.1, 0.9, 0)),
    pair(row(0.9, 0.1, 0)),
    pair(row(0.1, 0.8, 0)),
    pair(row(0.1, 0.1, 0.8)),
  ];
  const heard = recognition({ ...nothing, classes: exclusive, known: [], pairs }).pairs!;
  const counts = ({ atOnce, atSomeTime, louderAlone, fainterAlone, neither, byClip }: typeof heard) =>
    [atSomeTime, atOnce, byClip, louderAlone, fainterAlone, neither].map(({ right }) => right);
  assert.equal(counts(heard), [1, 0, 0, 1, 1, 1]);

  const together = [pair(row(0.9, 0.3, 0)), pair(row(0.9, 0, 0), row(0, 0.3, 0))];
  const alone = recognition({ ...nothing, classes: independent, known: [], pairs: together }).pairs!;
  assert.equal(counts(alone), [2, 1, 1, 0, 0, 0]);
  const { louder, fainter, both } = alone.windows;
  assert.equal(
    [louder, fainter, both],
    [
      { right: 2, of: 3 },
      { right: 2, of: 3 },
      { right: 1, of: 3 },
    ],
  );
});

test.run();

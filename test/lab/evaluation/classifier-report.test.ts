import { test } from "uvu";
import * as assert from "uvu/assert";
import { classifierReport } from "../../../lab/evaluation/metrics/classifier-report.ts";

const labels = ["dog", "rain", "other"];
const classes = { labels, other: "other", threshold: 0.5 };
const groups = { animals: ["dog"], weather: ["rain"] };
const row = (...values: number[]) => Float32Array.from(values);

test("clips are decided by the mean of their windows, windows by themselves", () => {
  const windows = [row(0.9, 0.05, 0.05), row(0.4, 0.6, 0), row(0.45, 0.55, 0)];
  const report = classifierReport([{ name: "a", label: "dog", windows }], classes, groups);
  assert.equal(report.clips["animals"], { right: 1, of: 1 });
  assert.equal(report.windows["animals"], { right: 1, of: 3 });
  assert.equal(report.confusion, [
    [1, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]);
});

test("a known window counts as accepted at the threshold and not as other", () => {
  const windows = [row(0.5, 0.3, 0.2), row(0.49, 0.31, 0.2), row(0.1, 0.1, 0.8)];
  const report = classifierReport([{ name: "a", label: "dog", windows }], classes, groups);
  assert.equal(report.accepted["animals"], { right: 1, of: 3 });
});

test("an unknown window is taken only when it is believed to be of the main group", () => {
  const windows = [row(0.8, 0.1, 0.1), row(0.1, 0.8, 0.1), row(0.1, 0.1, 0.8), row(0.4, 0.3, 0.3)];
  const report = classifierReport([{ name: "a", label: "cat", windows }], classes, groups);
  assert.equal(report.unknownTaken, { right: 1, of: 4 });
  assert.equal(report.clips["animals"], { right: 0, of: 0 });
});

test("calibration error is the mean gap between confidence and accuracy", () => {
  const windows = Array.from({ length: 10 }, (_, i) => (i < 6 ? row(0.8, 0.2, 0) : row(0.2, 0.8, 0)));
  const report = classifierReport([{ name: "a", label: "dog", windows }], classes, groups);
  assert.ok(Math.abs(report.calibrationError - 0.2) < 1e-6);
});

test("a clip without audible windows counts nowhere", () => {
  const report = classifierReport([{ name: "a", label: "dog", windows: [] }], classes, groups);
  assert.equal(report.clips["animals"], { right: 0, of: 0 });
});

test("independent classes are believed side by side, each by its own threshold", () => {
  const independent = {
    labels: ["dog", "rain", "cow"],
    answers: "independent",
    threshold: 0.5,
    thresholds: [0.6, 0.2, 0.9],
  } as const;
  const clips = [
    { name: "a", label: "dog", windows: [row(0.7, 0.1, 0.1), row(0.7, 0.3, 0.1), row(0.5, 0.1, 0.1)] },
    { name: "b", label: "cat", windows: [row(0.1, 0.25, 0.1), row(0.1, 0.1, 0.95), row(0, 0, 0)] },
  ];
  const report = classifierReport(clips, independent, { animals: ["dog", "cow"], weather: ["rain"] });
  assert.equal(report.byClass, [
    { label: "dog", threshold: 0.6, precision: { right: 2, of: 2 }, recall: { right: 2, of: 3 } },
    { label: "rain", threshold: 0.2, precision: { right: 0, of: 2 }, recall: { right: 0, of: 0 } },
    { label: "cow", threshold: 0.9, precision: { right: 0, of: 1 }, recall: { right: 0, of: 0 } },
  ]);
  assert.equal(report.accepted["animals"], { right: 2, of: 3 });
  // Rain is most above its threshold in the second window: −0.85 + 1.39 against 0.85 − 0.41.
  assert.equal(report.windows["animals"], { right: 2, of: 3 });
  assert.equal(report.unknownTaken, { right: 1, of: 3 });
});

test.run();

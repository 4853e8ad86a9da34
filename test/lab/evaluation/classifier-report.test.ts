import { test } from "uvu";
import * as assert from "uvu/assert";
import { classifierReport } from "../../../lab/evaluation/metrics/classifier-report.ts";

const labels = ["dog", "rain", "other"];
const groups = { animals: ["dog"], weather: ["rain"] };
const row = (...values: number[]) => Float32Array.from(values);

test("clips are decided by the mean of their windows, windows by themselves", () => {
  const windows = [row(0.9, 0.05, 0.05), row(0.4, 0.6, 0), row(0.45, 0.55, 0)];
  const report = classifierReport([{ name: "a", label: "dog", windows }], labels, "other", 0.5, groups);
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
  const report = classifierReport([{ name: "a", label: "dog", windows }], labels, "other", 0.5, groups);
  assert.equal(report.accepted["animals"], { right: 1, of: 3 });
});

test("an unknown window is taken only when it is believed to be of the main group", () => {
  const windows = [row(0.8, 0.1, 0.1), row(0.1, 0.8, 0.1), row(0.1, 0.1, 0.8), row(0.4, 0.3, 0.3)];
  const report = classifierReport([{ name: "a", label: "cat", windows }], labels, "other", 0.5, groups);
  assert.equal(report.unknownTaken, { right: 1, of: 4 });
  assert.equal(report.clips["animals"], { right: 0, of: 0 });
});

test("calibration error is the mean gap between confidence and accuracy", () => {
  const windows = Array.from({ length: 10 }, (_, i) => (i < 6 ? row(0.8, 0.2, 0) : row(0.2, 0.8, 0)));
  const report = classifierReport([{ name: "a", label: "dog", windows }], labels, "other", 0.5, groups);
  assert.ok(Math.abs(report.calibrationError - 0.2) < 1e-6);
});

test("a clip without audible windows counts nowhere", () => {
  const report = classifierReport([{ name: "a", label: "dog", windows: [] }], labels, "other", 0.5, groups);
  assert.equal(report.clips["animals"], { right: 0, of: 0 });
});

test.run();

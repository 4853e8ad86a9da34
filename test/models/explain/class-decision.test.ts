import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import {
  decide,
  rankedClasses,
  sharedThreshold,
  strongestClass,
} from "../../../models/explain/class-decision.ts";
import { figuresOf } from "../../../models/explain/figures.ts";

const labels = ["a", "b", "c", "d"];

test("with one threshold for all the decision is the most probable class, equal ones in the pack's order", () => {
  const random = new Random(1);
  for (let trial = 0; trial < 500; trial++) {
    const raw = Float32Array.from(labels, () => Math.exp(random.uniform(-12, 12)));
    const sum = raw.reduce((total, value) => total + value, 0);
    const probabilities = raw.map((value) => value / sum);
    // As saturated as softmax gets.
    if (trial % 5 === 0) probabilities.set([0, 1, 0, 1]);
    const threshold = random.uniform(0, 1);
    const most = probabilities.indexOf(Math.max(...probabilities));
    const decision = decide({ labels, threshold }, probabilities);
    assert.is(decision.best.index, most);
    assert.is(decision.accepted, probabilities[most] >= threshold);
    assert.is(
      strongestClass({ labels, threshold: 0.3, thresholds: labels.map(() => 0.3) }, probabilities),
      most,
    );
  }
});

test("a class is measured by its own threshold, in log-odds", () => {
  const classes = { labels, threshold: 0.5, thresholds: [0.8, 0.1, 0.5, 0.5] };
  // a: 1.73 − 1.39 = 0.35; b: −1.39 + 2.20 = 0.81; c: 0.41; d: 0.
  const ranked = rankedClasses(classes, [0.85, 0.2, 0.6, 0.5]);
  assert.equal(
    ranked.map(({ label }) => label),
    ["b", "c", "a", "d"],
  );
  assert.equal(ranked[0], { label: "b", index: 1, probability: 0.2, threshold: 0.1 });
  // b is 0.81 above, too.
  assert.is(strongestClass(classes, [0.79, 0.2, 0.7, 0]), 2);
});

test("where nothing reaches its threshold the nearest to it is the guess, and is not accepted", () => {
  const classes = {
    labels,
    answers: "independent",
    threshold: 0.5,
    thresholds: [0.9, 0.3, 0.5, 0.5],
  } as const;
  const decision = decide(classes, [0.6, 0.25, 0.1, 0.1]);
  assert.equal([decision.best.label, decision.accepted, decision.believed], ["b", false, []]);
});

test("thresholds of zero and one, and probabilities of zero and one, are no trouble", () => {
  const classes = { labels, answers: "independent", threshold: 0.5, thresholds: [0, 1, 0.9, 0.2] } as const;
  const believed = (probabilities: number[]) =>
    decide(classes, probabilities).believed.map(({ label }) => label);
  assert.equal(believed([0, 1, 0, 0]), ["b", "a"]);
  assert.equal(believed([1, 1, 1, 1]), ["a", "d", "c", "b"]);
});

test("exclusive classes are believed one at a time, the label for none of them never", () => {
  const classes = { labels, other: "d", threshold: 0.2 };
  assert.equal(
    decide(classes, [0.3, 0.4, 0.3, 0]).believed.map(({ label }) => label),
    ["b"],
  );
  const other = decide(classes, [0.2, 0.2, 0.1, 0.5]);
  assert.equal([other.best.label, other.accepted, other.believed], ["d", false, []]);
});

test("packs whose classes share a threshold say so", () => {
  assert.is(sharedThreshold({ labels, threshold: 0.4 }), 0.4);
  assert.is(sharedThreshold({ labels, threshold: 0.4, thresholds: [0.3, 0.3, 0.3, 0.3] }), 0.3);
  assert.is(sharedThreshold({ labels, threshold: 0.4, thresholds: [0.3, 0.3, 0.3, 0.4] }), undefined);
});

test("figures of windows that nobody asked about a class are of the one that they decide for", () => {
  const row = (values: number[]) => Float32Array.from(values);
  const answers = { whole: row([0.6, 0.3]), explanation: row([0.5, 0.4]), rest: row([0.1, 0.1]) };
  const windows = [{ firstFrame: 0, ...answers, silent: false, power: 1 }];
  assert.is(figuresOf(windows)?.target, 0);
  const classes = { labels: ["a", "b"], threshold: 0.5, thresholds: [0.6, 0.1] };
  assert.is(figuresOf(windows, { classes })?.target, 1);
  assert.is(figuresOf(windows, { classes })?.increase, 1);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { complexity, faithfulness, softmax, sparseness } from "../../../lab/evaluation/metrics/metrics.ts";

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test("a mask that raises the class gains and drops nothing", () => {
  const row = faithfulness({ whole: [0.6, 0.4], kept: [0.9, 0.1], rest: [0.2, 0.8] });
  near(row.ai, 100);
  near(row.ad, 0);
  near(row.ag, 75);
  near(row.ff, 0.4);
  near(row.fidIn, 1);
});

test("a mask that lowers the class drops and gains nothing", () => {
  const row = faithfulness({ whole: [0.8, 0.2], kept: [0.2, 0.8], rest: [0.8, 0.2] });
  near(row.ai, 0);
  near(row.ad, 75);
  near(row.ag, 0);
  near(row.ff, 0);
  near(row.fidIn, 0);
});

test("the published scale passes both sides through softmax once more", () => {
  const whole = [1, 0, 0, 0];
  const kept = [0, 1, 0, 0];
  const top = Math.exp(1) / (Math.exp(1) + 3);
  const low = 1 / (Math.exp(1) + 3);
  near(faithfulness({ whole, kept, rest: kept }).adPublished!, (100 * (top - low)) / top);
});

test("the all-ones mask changes nothing: AI 0, AD 0, AG 0, Fid-In 1", () => {
  const whole = [0.5, 0.3, 0.2];
  const row = faithfulness({ whole, kept: whole, rest: [0.2, 0.5, 0.3] });
  assert.equal([row.ai, row.ad, row.adPublished, row.ag, row.fidIn], [0, 0, 0, 0, 1]);
});

test("certainty neither divides by zero nor gains", () => {
  const row = faithfulness({ whole: [1, 0], kept: [1, 0], rest: [0, 1] });
  assert.ok(Object.values(row).every(Number.isFinite));
  near(row.ag, 0);
});

test("of independent classes each figure is of the class's own probability, and Fid-In asks for its yes or no", () => {
  const classes = {
    labels: ["a", "b"],
    answers: "independent",
    threshold: 0.5,
    thresholds: [0.9, 0.2],
  } as const;
  // b is what is explained: it is above its threshold, and a is not.
  const whole = [0.8, 0.4];
  const stays = faithfulness({ whole, kept: [0.99, 0.3], rest: [0.8, 0.1] }, classes);
  near(stays.ad, 25);
  near(stays.ff, 0.3);
  near(stays.fidIn, 1);
  assert.not("adPublished" in stays);
  near(faithfulness({ whole, kept: [0, 0.19], rest: whole }, classes).fidIn, 0);
  // A no that becomes a yes does not stay either.
  near(faithfulness({ whole: [0.1, 0.1], kept: [0.1, 0.3], rest: whole }, classes).fidIn, 0);
  near(faithfulness({ whole: [0.1, 0.1], kept: [0.9, 0.05], rest: whole }, classes).fidIn, 1);
});

test("exclusive classes with thresholds of their own are decided by them", () => {
  const classes = { labels: ["a", "b"], threshold: 0.5, thresholds: [0.9, 0.2] };
  const { fidIn, ff, adPublished } = faithfulness(
    { whole: [0.7, 0.3], kept: [0.75, 0.25], rest: [0.9, 0.1] },
    classes,
  );
  near(fidIn, 1);
  near(ff, 0.2);
  assert.ok(adPublished! > 0);
});

test("sparseness is 0 where all is alike and near 1 where all is in one bin", () => {
  near(sparseness(new Float32Array(100).fill(0.3))!, 0);
  const one = new Float32Array(100);
  one[42] = 0.7;
  assert.ok(Math.abs(sparseness(one)! - 0.99) < 1e-4);
});

test("complexity is the entropy of the mask's shares, whatever its scale", () => {
  assert.ok(Math.abs(complexity(new Float32Array(100).fill(0.3))! - Math.log(100)) < 1e-6);
  const two = Float32Array.from([0.25, 0, 0.25, 0]);
  assert.ok(Math.abs(complexity(two)! - Math.log(2)) < 1e-6);
});

test("a mask of zeros has neither", () => {
  assert.is(sparseness(new Float32Array(10)), null);
  assert.is(complexity(new Float32Array(10)), null);
});

test("softmax does not overflow", () => {
  assert.equal(Array.from(softmax([1000, 1000])), [0.5, 0.5]);
});

test.run();

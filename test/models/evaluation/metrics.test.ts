import { test } from "uvu";
import * as assert from "uvu/assert";
import { faithfulness, softmax } from "../../../models/evaluation/metrics.ts";

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test("a mask that raises the class gains and drops nothing", () => {
  const row = faithfulness({ whole: [0.6, 0.4], kept: [0.9, 0.1], rest: [0.2, 0.8], maskMean: 0.25 });
  near(row.ai, 100);
  near(row.ad, 0);
  near(row.ag, 75);
  near(row.ff, 0.4);
  near(row.fidIn, 1);
  near(row.mm, 0.25);
});

test("a mask that lowers the class drops and gains nothing", () => {
  const row = faithfulness({ whole: [0.8, 0.2], kept: [0.2, 0.8], rest: [0.8, 0.2], maskMean: 0 });
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
  near(faithfulness({ whole, kept, rest: kept, maskMean: 0 }).adPublished, (100 * (top - low)) / top);
});

test("the all-ones mask changes nothing: AI 0, AD 0, AG 0, Fid-In 1", () => {
  const whole = [0.5, 0.3, 0.2];
  const row = faithfulness({ whole, kept: whole, rest: [0.2, 0.5, 0.3], maskMean: 1 });
  assert.equal([row.ai, row.ad, row.adPublished, row.ag, row.fidIn], [0, 0, 0, 0, 1]);
});

test("certainty neither divides by zero nor gains", () => {
  const row = faithfulness({ whole: [1, 0], kept: [1, 0], rest: [0, 1], maskMean: 0.5 });
  assert.ok(Object.values(row).every(Number.isFinite));
  near(row.ag, 0);
});

test("softmax does not overflow", () => {
  assert.equal(Array.from(softmax([1000, 1000])), [0.5, 0.5]);
});

test.run();

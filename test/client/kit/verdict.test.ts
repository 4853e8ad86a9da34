import { test } from "uvu";
import * as assert from "uvu/assert";
import { FadingMean, topClasses, verdictOf, verdictText } from "../../../client/kit/verdict.ts";

const classes = { labels: ["dog", "clock_tick", "other"], other: "other", threshold: 0.6 };

function verdict(probabilities: number[]) {
  return verdictOf(classes, topClasses(classes.labels, probabilities, 1)[0]);
}

test("classes are ranked, equal ones in the pack's order", () => {
  assert.equal(
    topClasses(["a", "b", "c", "d"], [0.2, 0.3, 0.3, 0.2], 3).map(({ label }) => label),
    ["b", "c", "a"],
  );
  assert.equal(topClasses(["a"], [], 5), [{ label: "a", probability: 0 }]);
});

test("a class is believed from the threshold on, below it the page is not sure", () => {
  assert.is(verdict([0.1, 0.6, 0.3]).kind, "class");
  assert.is(verdict([0.1, 0.59, 0.31]).kind, "unsure");
  assert.is(verdict([0.2, 0.3, 0.5]).kind, "other");
});

test("verdicts are said in plain words", () => {
  assert.is(verdictText(verdict([0, 0.92, 0.08]), 0.6).headline, "Clock tick");
  const unsure = verdictText(verdict([0.2, 0.41, 0.39]), 0.6);
  assert.is(unsure.headline, "Not sure");
  assert.match(unsure.sentence, "clock tick with 41 %");
  assert.match(unsure.sentence, "60 %");
  assert.is(verdictText(verdict([0, 0.1, 0.9]), 0.6).headline, "Something else");
});

test("the fading mean starts with what it gets, keeps summing to one and does not depend on the stride", () => {
  const often = new FadingMean(2, 60);
  const seldom = new FadingMean(2, 60);
  assert.equal([...often.push(0, [0.25, 0.75])], [0.25, 0.75]);
  seldom.push(0, [0.25, 0.75]);
  let last = new Float32Array(2);
  for (let frame = 4; frame <= 120; frame += 4) last = often.push(frame, [1, 0]).slice();
  const coarse = seldom.push(120, [1, 0]);
  assert.ok(Math.abs(last[0] + last[1] - 1) < 1e-5);
  assert.ok(Math.abs(last[0] - coarse[0]) < 1e-5);
  assert.ok(Math.abs(last[0] - (1 - 0.75 * Math.exp(-2))) < 1e-5);
});

test("frames that run backwards are a new stream", () => {
  const mean = new FadingMean(2, 60);
  mean.push(1000, [1, 0]);
  assert.equal([...mean.push(0, [0, 1])], [0, 1]);
});

test.run();

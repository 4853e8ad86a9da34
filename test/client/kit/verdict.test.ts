import { test } from "uvu";
import * as assert from "uvu/assert";
import { FadingMean, verdictOf, verdictText } from "../../../client/kit/verdict.ts";
import { words } from "../../../client/kit/words/words.ts";
import { verdictLines } from "../../../kiosk/page/words.ts";
import { rankedClasses } from "../../../models/explain/class-decision.ts";

const classes = { labels: ["dog", "clock_tick", "other"], other: "other", threshold: 0.6 };

function verdict(probabilities: number[]) {
  return verdictOf(classes, probabilities);
}

test("classes are ranked, equal ones in the pack's order", () => {
  assert.equal(
    rankedClasses({ labels: ["a", "b", "c", "d"], threshold: 0.5 }, [0.2, 0.3, 0.3, 0.2]).map(
      ({ label }) => label,
    ),
    ["b", "c", "a", "d"],
  );
  assert.equal(rankedClasses({ labels: ["a"], threshold: 0.5 }, []), [
    { label: "a", index: 0, probability: 0, threshold: 0.5 },
  ]);
});

test("a class is believed from the threshold on, below it the page is not sure", () => {
  assert.is(verdict([0.1, 0.6, 0.3]).kind, "class");
  assert.is(verdict([0.1, 0.59, 0.31]).kind, "unsure");
  assert.is(verdict([0.2, 0.3, 0.5]).kind, "other");
});

test("verdicts are said in plain words", () => {
  assert.is(verdictText(verdict([0, 0.92, 0.08])).headline, "Clock tick");
  const unsure = verdictText(verdict([0.2, 0.41, 0.39]));
  assert.is(unsure.headline, "Not sure");
  assert.match(unsure.sentence, "clock tick with 41 %");
  assert.match(unsure.sentence, "60 %");
  assert.is(verdictText(verdict([0, 0.1, 0.9])).headline, "Something else");
});

const independent = {
  labels: ["dog", "clock_tick", "rain", "speech", "cow"],
  answers: "independent",
  threshold: 0.5,
  thresholds: [0.6, 0.2, 0.5, 0.5, 0.5],
} as const;

test("of independent classes the one most above its threshold is named first, and what else is heard after it", () => {
  const both = verdictOf(independent, [0.7, 0.5, 0.1, 0.1, 0.1]);
  assert.equal([both.kind, both.label], ["class", "clock_tick"]);
  assert.equal(verdictText(both), { headline: "Clock tick", sentence: "50 % sure. Also: dog." });
  assert.equal(verdictLines(both), ["Clock tick", "50 % sure · also dog"]);
  const one = verdictOf(independent, [0.7, 0.1, 0.1, 0.1, 0.1]);
  assert.equal(verdictText(one), { headline: "Dog", sentence: "70 % sure." });
  assert.equal(verdictLines(one), ["Dog", "70 % sure"]);
  const all = verdictOf(independent, [0.9, 0.9, 0.9, 0.9, 0.9]);
  assert.is(all.also.length, 4);
  assert.is(verdictText(all).sentence, "90 % sure. Also: rain, speech, cow.", "as many as can be read");
});

test("where no independent class is believed, nothing that it knows is heard", () => {
  const none = verdictOf(independent, [0.3, 0.1, 0.1, 0.1, 0.1]);
  assert.equal([none.kind, none.label, none.also], ["none", "clock_tick", []]);
  assert.is(verdictText(none).headline, "Nothing that it knows");
  assert.match(verdictText(none).sentence, "clock tick with 10 %; it wants 20 %");
  assert.equal(verdictLines(none), [words.page.verdict.none, "perhaps clock tick, 10 %"]);
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

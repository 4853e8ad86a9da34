import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../lab/data/random.ts";
import { blindTrial, methodOrders, planFor } from "../../study/plan.ts";
import { parseStudy } from "../../study/study-file.ts";
import { madeUpStudy } from "./made-up-study.ts";

const test = suite("study plan and file");

test("every method is at every place once in a square, and follows each other one equally often over all rows", () => {
  for (const count of [1, 2, 3, 4, 5, 6, 7]) {
    const orders = methodOrders(count, new Random(count));
    for (let start = 0; start < orders.length; start += count) {
      for (let place = 0; place < count; place++) {
        const there = orders.slice(start, start + count).map((row) => row[place]);
        assert.is(new Set(there).size, count, `${count} methods, place ${place}`);
      }
    }
    const follows = new Map<string, number>();
    for (const row of orders) {
      for (let k = 1; k < count; k++) {
        const pair = `${row[k - 1]} ${row[k]}`;
        follows.set(pair, (follows.get(pair) ?? 0) + 1);
      }
    }
    assert.is(follows.size, count * (count - 1));
    assert.is(new Set(follows.values()).size, count > 1 ? 1 : 0);
  }
});

test("the same name gives the same plan, another name another order", () => {
  const study = madeUpStudy({ clips: 8 });
  assert.equal(planFor(study, "anna", 3), planFor(study, "anna", 3));
  assert.not.equal(planFor(study, "anna", 3), planFor(study, "berta", 3));
});

test("a participant rates each chosen clip once with all methods, with the check in between", () => {
  const study = madeUpStudy({ clips: 8, trials: 5, attention: 2 });
  for (const name of ["a", "b", "c", "d"]) {
    const { trials, practice } = planFor(study, name, 0);
    const rated = trials.filter(({ kind }) => kind === "rating");
    assert.is(rated.length, 5);
    assert.is(new Set(rated.map(({ clip }) => clip)).size, 5);
    for (const { stimuli } of rated) {
      assert.equal(stimuli.map(({ method }) => method).sort(), ["method-1", "method-2", "method-3"]);
    }
    assert.is(trials.length, 7);
    assert.is(trials[0].kind, "rating");
    assert.equal(
      trials.map(({ id }) => id),
      ["1", "2", "3", "4", "5", "6", "7"].map((n) => `trial-${n}`),
    );
    assert.is(practice?.clip, "practice");
    assert.equal(
      planFor(study, name, 0).tones.map((questions) => questions.length),
      [6, 6],
    );
  }
});

test("consecutive participants share out the clips evenly", () => {
  const study = madeUpStudy({ clips: 9, trials: 4, attention: 0 });
  const heard = new Map<string, number>();
  for (let number = 0; number < 18; number++) {
    for (const { clip } of planFor(study, `p${number}`, number).trials) {
      heard.set(clip, (heard.get(clip) ?? 0) + 1);
    }
  }
  assert.equal(new Set(heard.values()), new Set([8]));
});

test("what the page is told names neither method nor kind", () => {
  const study = madeUpStudy();
  const { trials } = planFor(study, "anna", 0);
  const told = JSON.stringify(trials.map(blindTrial));
  assert.not.match(told, /method|attention|right|wrong|clip-/);
  // An attention check has as many stimuli as every other trial.
  assert.is(new Set(trials.map(({ stimuli }) => stimuli.length)).size, 1);
});

test("errors of the study file name the field", () => {
  const good = JSON.parse(JSON.stringify(madeUpStudy()));
  const broken = (change: (study: typeof good) => void) => {
    const copy = structuredClone(good);
    change(copy);
    return () => parseStudy(copy, "study.json");
  };
  parseStudy(good, "study.json");
  assert.throws(
    broken((s) => delete s.clips[1].sounds["method-2"]),
    /clips\.1\.sounds\.method-2/,
  );
  assert.throws(
    broken((s) => (s.trials = 5)),
    /trials: 5 are more than the 4 clips/,
  );
  assert.throws(
    broken((s) => (s.scale = "1-7")),
    /study\.json is not a usable study: scale/,
  );
  assert.throws(
    broken((s) => (s.clips[0].original = "../../secret")),
    /clips\.0\.original/,
  );
  assert.throws(
    broken((s) => (s.questions[1].id = "match")),
    /questions: "match" is there twice/,
  );
  assert.throws(
    broken((s) => (s.headphones.needed = 7)),
    /headphones\.needed: 7 of 6/,
  );
});

test.run();

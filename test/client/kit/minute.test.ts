import { test } from "uvu";
import * as assert from "uvu/assert";
import { Minute } from "../../../client/kit/minute.ts";

type Verdict = Parameters<Minute["push"]>[1];

const heard = (label: string, probability = 0.9): Verdict => ({ kind: "class", label, probability });
const unsure: Verdict = { kind: "unsure", label: "dog", probability: 0.3 };

/** A verdict every eight frames of 8 ms. */
function listen(minute: Minute, from: number, to: number, verdict: Verdict): void {
  for (let frame = from; frame <= to; frame += 8) minute.push(frame, verdict);
}

const told = (minute: Minute) => minute.stretches.map(({ label, from, to }) => [label, from, to]);

test("verdicts in a row are one stretch, and what is not believed has no name", () => {
  const minute = new Minute(7500, 8);
  listen(minute, 0, 400, heard("dog"));
  listen(minute, 408, 800, unsure);
  listen(minute, 808, 1000, heard("rain", 0.95));
  assert.equal(told(minute), [
    ["dog", 0, 400],
    [undefined, 400, 800],
    ["rain", 800, 1000],
  ]);
  assert.is(minute.stretches[2].probability, 0.95);
});

test("a class that only flickers is not named", () => {
  const minute = new Minute(7500, 8);
  listen(minute, 0, 400, heard("dog"));
  minute.push(408, heard("rain"));
  listen(minute, 416, 800, heard("dog"));
  assert.equal(told(minute), [
    ["dog", 0, 400],
    ["dog", 408, 800],
  ]);
});

test("nothing is said of a time without verdicts, and a new stream begins anew", () => {
  const minute = new Minute(7500, 8);
  listen(minute, 0, 400, heard("dog"));
  listen(minute, 1200, 1600, heard("dog"));
  assert.equal(told(minute), [
    ["dog", 0, 400],
    ["dog", 1200, 1600],
  ]);
  listen(minute, 0, 80, heard("rain"));
  assert.equal(told(minute), [["rain", 0, 80]]);
});

test("what is older than a minute is forgotten, however long it listens", () => {
  const minute = new Minute(1000, 8);
  for (let turn = 0; turn < 50; turn++) {
    listen(minute, turn * 200, turn * 200 + 96, heard("dog"));
    listen(minute, turn * 200 + 104, turn * 200 + 192, heard("rain"));
  }
  assert.ok(minute.stretches.length <= 12, `${minute.stretches.length}`);
  assert.ok(minute.stretches.every(({ to }) => to > 9_992 - 1000 - 1));
});

test("a stretch tells how sure it was, four times a second and for no more than a minute", () => {
  const minute = new Minute(1000, 8);
  for (let frame = 0; frame <= 80_000; frame += 8)
    minute.push(frame, heard("dog", frame % 16 === 0 ? 0.9 : 0.7));
  const [{ from, course }] = minute.stretches;
  assert.is(from, 0);
  assert.ok(course.length <= 1000 / 32 + 2, `${course.length} points`);
  assert.ok(course[0].frame <= 79_000 && course[1].frame > 79_000, "it begins at the left edge");
  for (let k = 1; k < course.length; k++) assert.ok(course[k].frame - course[k - 1].frame >= 31);
  assert.ok(course.every(({ probability }) => probability === 0.9 || probability === 0.7));
});

test.run();

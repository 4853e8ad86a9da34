import { test } from "uvu";
import * as assert from "uvu/assert";
import { LONGEST_PACE_MS, Pace } from "../../server/explain/pace.ts";

/** A server of `lanes` on which `sessions` ask every 100 ms, or as seldom as they are told. */
function simulate(pace: Pace, lanes: number, sessions: number, windowMs: number, seconds: number): number[] {
  return Array.from({ length: seconds }, () => {
    const asked = (sessions * 1000) / Math.max(100, pace.leastMs);
    const busy = (asked * windowMs) / (1000 * lanes);
    const late = busy > 1 ? 1 : 0;
    const load = { busy: Math.min(1, busy), windowMs, active: sessions, steady: 0, steadyWaitMs: 0, late };
    pace.update(load, lanes);
    return busy;
  });
}

test("nobody is slowed down while there is time for all", () => {
  const pace = new Pace();
  simulate(pace, 2, 64, 2, 60);
  assert.is(pace.leastMs, 0);
  assert.not.ok(pace.full);
});

test("overload lowers everybody's rate within a second or two, and the lanes stay filled without overflowing", () => {
  const pace = new Pace();
  const busy = simulate(pace, 1, 50, 5, 120);
  assert.ok(busy[0] > 2, "two and a half times what the lane can do");
  assert.ok(
    busy.slice(3).every((each) => each <= 1),
    "no more overflow",
  );
  assert.ok(
    busy.slice(3).every((each) => each > 0.5),
    "and nothing is wasted",
  );
  assert.not.ok(pace.full);
});

test("the rate comes back when sessions leave", () => {
  const pace = new Pace();
  simulate(pace, 1, 50, 5, 30);
  assert.ok(pace.leastMs > 200);
  simulate(pace, 1, 5, 5, 60);
  assert.is(pace.leastMs, 0);
});

test("it doesn't swing: at a steady load the pace changes seldom", () => {
  const pace = new Pace();
  simulate(pace, 1, 50, 5, 30);
  let changes = 0;
  for (let n = 0; n < 120; n++) {
    const before = pace.leastMs;
    simulate(pace, 1, 50, 5, 1);
    if (pace.leastMs !== before) changes++;
  }
  assert.ok(changes <= 40, `${changes} changes in two minutes`);
});

test("only when the lowest rate is too much as well is there no place for more", () => {
  const pace = new Pace();
  simulate(pace, 1, 400, 5, 10);
  assert.is(pace.leastMs, LONGEST_PACE_MS);
  assert.ok(pace.full);
  simulate(pace, 1, 20, 5, 10);
  assert.not.ok(pace.full);
});

test("blocks that wait, or come too late, close the door until there is room for a while; nobody is slowed down", () => {
  const pace = new Pace();
  const update = (steadyWaitMs: number, late = 0, steady = 10) =>
    pace.update({ busy: 1, windowMs: 2, active: 0, steady, steadyWaitMs, late }, 2);
  assert.not(update(5));
  assert.not(pace.full, "busy lanes do more at once");
  assert.not(update(60));
  assert.ok(pace.full);
  for (let n = 0; n < 5; n++) update(30);
  assert.ok(pace.full, "neither crowded nor roomy");
  for (let n = 0; n < 3; n++) update(10);
  assert.not(pace.full);
  update(0, 3);
  assert.ok(pace.full);
  for (let n = 0; n < 3; n++) update(0, 0, 0);
  assert.not(pace.full, "they are gone");
  assert.is(pace.leastMs, 0);
});

test.run();

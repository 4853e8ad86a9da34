import { test } from "uvu";
import * as assert from "uvu/assert";
import { LONGEST_PACE_MS, Pace } from "../../server/explain/pace.ts";

/** A server of `lanes` on which `sessions` ask every 100 ms, or as seldom as they are told. */
function simulate(pace: Pace, lanes: number, sessions: number, windowMs: number, seconds: number): number[] {
  return Array.from({ length: seconds }, () => {
    const asked = (sessions * 1000) / Math.max(100, pace.leastMs);
    const busy = (asked * windowMs) / (1000 * lanes);
    pace.update({ busy: Math.min(1, busy), windowMs, active: sessions, late: busy > 1 ? 1 : 0 }, lanes);
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

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { firstOf } from "../../../models/explain/first-of.ts";

test("the first of many are those that sorting puts first, equal ones as they come", () => {
  const random = new Random(3);
  for (let trial = 0; trial < 300; trial++) {
    const values = Array.from({ length: 1 + random.integer(60) }, () => random.integer(9));
    const order = (a: number, b: number) => values[b] - values[a];
    const sorted = values.map((_, index) => index).sort(order);
    for (const most of [0, 1, 5, 40, 99]) {
      assert.equal(firstOf(values.length, most, order), sorted.slice(0, most));
    }
  }
});

test("a few of fifteen thousand are found with little more than one look at each", () => {
  const random = new Random(4);
  const values = Array.from({ length: 14_795 }, () => random.uniform(0, 1));
  let looks = 0;
  firstOf(values.length, 5, (a, b) => {
    looks++;
    return values[b] - values[a];
  });
  assert.ok(looks < 1.05 * values.length, `${looks} looks`);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { faithfulnessText, heardNow } from "../../../monitor/page/words.ts";
import type { Levels } from "../../../monitor/protocol.ts";
import { madeUpEvent } from "../made-up-event.ts";

const levels = (label: string | null, probability: number, believed?: readonly string[]): Levels => ({
  ...{ input: "yard", at: 0, level: -20, peak: -10, heard: [], label, probability },
  ...(believed && { believed }),
});

test("what an input hears now is the likeliest class, however unsure, or silence", () => {
  assert.equal(heardNow(levels("clock_tick", 0.31), "other"), { name: "Clock tick", more: "31 %" });
  assert.equal(heardNow(levels("other", 0.9), "other"), { name: "Something else", more: "90 %" });
  assert.equal(heardNow(levels(null, 0), "other"), { name: "", more: "silence" });
  assert.is(heardNow(undefined, "other").more, "silence");
});

test("of independent classes it is all that are believed, or nothing that it knows", () => {
  const both = heardNow(levels("dog", 0.8, ["dog", "clock_tick"]), undefined);
  assert.equal(both, { name: "Dog", more: "80 %. Also: clock tick." });
  assert.equal(heardNow(levels("dog", 0.8, ["dog"]), undefined), { name: "Dog", more: "80 %" });
  assert.equal(heardNow(levels("dog", 0.2, []), undefined), { name: "", more: "Nothing that it knows" });
  assert.is(heardNow(levels(null, 0, []), undefined).more, "silence");
});

test("whether an explanation is called its class is asked at a half, or where the class counts as named", () => {
  const event = (named?: number) =>
    madeUpEvent({
      state: "explained",
      faithfulness: {
        ...{ original: 0.6, explanation: 0.4, rest: 0.2, badge: "faithful", windows: 3 },
        ...(named !== undefined && { named }),
      },
    });
  assert.match(faithfulnessText(event()), /The explanation alone is no longer called .*, the rest is not/);
  assert.match(faithfulnessText(event(0.3)), /The explanation alone is still called .*, the rest is not/);
  assert.match(
    faithfulnessText(event(0.1)),
    /The explanation alone is still called .*, the rest still is too/,
  );
});

test.run();

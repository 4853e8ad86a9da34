// What the event list and the labels may be asked for: every odd value is refused by name, before the database sees it.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { eventQueryOf } from "../../monitor/web/event-query.ts";
import { HttpError } from "../../server/http/http-error.ts";

const asked = (search: string) => eventQueryOf(new URLSearchParams(search));

function refused(search: string): string {
  try {
    asked(search);
  } catch (error) {
    assert.instance(error, HttpError);
    assert.is((error as HttpError).status, 400, search);
    return (error as HttpError).message;
  }
  throw new Error(`${search} was taken`);
}

const ODD: Readonly<Record<string, readonly string[]>> = {
  limit: [
    "1.5",
    "0",
    "-1",
    "1001",
    "1e2",
    "0x10",
    "NaN",
    "Infinity",
    " 5",
    "5 ",
    "５",
    "9".repeat(40),
    "\0",
    "1,5",
  ],
  confidence: ["-0.1", "1.01", "0.5.5", "1e-2", "1e400", "0x0", "NaN", "½", ".", "\0", "9".repeat(40)],
  from: [
    "yesterday",
    "1",
    "2026",
    "2026-13-01",
    "2026-02-31",
    "2026-02-29T00:00:00Z",
    "2026-07-14T25:00",
    "9e99",
    "\0",
  ],
  to: [
    "-1",
    "2026-7-14",
    "2026-07-14 06:30",
    "2026-07-14T06:30:00+2:00",
    "+275760-09-13T00:00:00Z",
    "July 14, 2026",
  ],
  before: ["x", "20260714", "../../x", "\0"],
  review: ["maybe", "RIGHT", "\0"],
  badge: ["none", "\0"],
  text: ["x".repeat(201)],
  label: ["x".repeat(201)],
  input: ["x".repeat(201)],
};

test("odd values are refused by the name of what they are for", () => {
  for (const [name, values] of Object.entries(ODD)) {
    for (const value of values) {
      assert.match(refused(String(new URLSearchParams({ [name]: value }))), new RegExp(`^${name}: `));
    }
    assert.match(refused(`${name}=a&${name}=b`), "is there twice");
  }
});

test("what can be meant is taken; what has no value or is unknown doesn't count", () => {
  assert.equal(asked(""), {});
  assert.equal(asked("limit=&from=&label="), {});
  assert.equal(asked("__proto__=1&constructor=2&toString=3&v=4&v=5&limit[]=1.5"), {});
  assert.equal(asked("limit=1000&confidence=0.50&text=%00%ff"), {
    limit: 1000,
    confidence: 0.5,
    text: "\0\ufffd",
  });
  assert.equal(asked("confidence=1&limit=007"), { confidence: 1, limit: 7 });
  const from = Date.UTC(2024, 1, 29);
  assert.equal(asked("from=2024-02-29&to=2024-02-29T01:30:00.250%2B01:30"), { from, to: from + 250 });
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { localDay, localTime } from "../../protocol/local-time.ts";
import { jsonLine, manyLines, oneLine, shownValues } from "../../protocol/shown-text.ts";

test("what cannot be seen is written out", () => {
  assert.is(oneLine("dog\nlistenable: all is well"), "dog\\nlistenable: all is well");
  assert.is(oneLine("\x1b]0;title\x07\x9b31m\r\x7f"), "\\x1b]0;title\\x07\\x9b31m\\r\\x7f");
  assert.is(
    oneLine("gnp.\u202eexe \u2066x\u2069\u2028y\u2029\u0085"),
    "gnp.\\u202eexe \\u2066x\\u2069\\u2028y\\u2029\\x85",
  );
  assert.is(oneLine("улица 日本 é 👩‍🚒 שלום"), "улица 日本 é 👩‍🚒 שלום");
  assert.is(manyLines("a\tb\nc\x1b[2J"), "a\tb\nc\\x1b[2J");
});

test("every text of plain data is escaped, and nothing else changes", () => {
  const when = new Date(0);
  const bytes = new Float32Array(2);
  const given = { "a\nb": ["c\nd", 1, null, undefined, { e: "\x1b" }], when, bytes };
  const shown = shownValues(given) as unknown as Record<string, unknown>;
  assert.equal(shown["a\\nb"], ["c\\nd", 1, null, undefined, { e: "\\x1b" }]);
  assert.is(shown["when"], when);
  assert.is(shown["bytes"], bytes);
});

test("JSON stays JSON of the same value", () => {
  const value = { file: "a\n\x1b\x9b\u202e\u2028.wav", at: 3 };
  const line = jsonLine(value);
  assert.equal(JSON.parse(line), value);
  assert.match(line, /^[\x20-\x7e]+$/);
});

test("times are those of the clock on the wall, and say how far it is from UTC", () => {
  const before = process.env["TZ"];
  const date = new Date(Date.UTC(2026, 6, 14, 23, 30, 15));
  const cases: [string, string, string][] = [
    ["Europe/Berlin", "2026-07-15 01:30:15 +02:00", "2026-07-15"],
    ["America/St_Johns", "2026-07-14 21:00:15 -02:30", "2026-07-14"],
    ["Asia/Kathmandu", "2026-07-15 05:15:15 +05:45", "2026-07-15"],
    ["UTC", "2026-07-14 23:30:15 +00:00", "2026-07-14"],
  ];
  for (const [zone, time, day] of cases) {
    process.env["TZ"] = zone;
    assert.is(localTime(date), time);
    assert.is(localDay(date), day);
  }
  assert.is(localTime(new Date("nonsense")), "an unknown time");
  if (before === undefined) delete process.env["TZ"];
  else process.env["TZ"] = before;
});

test.run();

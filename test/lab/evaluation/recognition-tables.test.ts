import { test } from "uvu";
import * as assert from "uvu/assert";
import { recognition } from "../../../lab/evaluation/metrics/recognition.ts";
import { recognitionTables } from "../../../lab/evaluation/report/recognition-tables.ts";

const row = (...values: number[]) => Float32Array.from(values);
const whole = {
  classes: { labels: ["dog", "rain"], threshold: 0.6 },
  known: [{ label: "dog", windows: [row(0.9, 0.1)] }],
  groups: { "known classes": ["dog", "rain"] },
};

test("unknown sounds are listed by where they are from, all of them first", () => {
  const tables = recognitionTables(
    recognition({
      ...whole,
      unknown: [
        { source: "here", label: "cat", windows: [row(0.9, 0.1)] },
        { source: "here", label: "cow", windows: [row(0.5, 0.5), row(0.4, 0.6)] },
        { source: "there", label: "cat", windows: [row(0.5, 0.5)] },
      ],
      pairs: [{ louder: "dog", fainter: "rain", windows: [row(0.7, 0.3), row(0.3, 0.7)] }],
    }),
  );
  const found = (title: string) => tables.find((each) => each.title === title)!.rows;
  assert.equal(
    found("Unknown sounds").map((cells) => cells.slice(0, 3)),
    [
      ["here", "all of them", "66.7 % (2 of 3)"],
      ["here", "cat", "100.0 % (1 of 1)"],
      ["here", "cow", "50.0 % (1 of 2)"],
      ["there", "all of them", "0.0 % (0 of 1)"],
      ["there", "cat", "0.0 % (0 of 1)"],
    ],
  );
  assert.equal(found("Two sounds at once")[0], ["both", "100.0 % (1 of 1)"]);
});

test("what was not heard has no table, and no share of nothing", () => {
  const tables = recognitionTables(recognition({ ...whole, unknown: [], pairs: [] }));
  assert.equal(
    tables.map(({ title }) => title),
    ["Clips", "Windows of known and of unknown sounds", "Class by class"],
  );
  assert.not.match(JSON.stringify(tables), /NaN/);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { labelsCsv } from "../../monitor/web/labels.ts";
import { csvLine } from "../../protocol/csv.ts";
import { ratingsCsv } from "../../study/ratings.ts";

const FORMULAS = [
  "=1+1",
  "+1+1",
  "-1+1",
  "@SUM(1)",
  "\t=1",
  "\tx",
  "\r=1",
  "\n=1",
  " =1",
  "\u00a0-1",
  "\ufeff=1",
  "\u200b+1",
  "\0=1",
  "＝1",
  "－2",
  "-",
];

/** The first cell as a reader of CSV gets it. */
function firstCell(line: string): string {
  const quoted = /^"((?:[^"]|"")*)"/.exec(line);
  return quoted ? quoted[1]!.replaceAll('""', '"') : line.split(",")[0]!;
}

test("text that a spreadsheet would calculate stays text, whoever writes it", () => {
  for (const text of FORMULAS) {
    assert.is(firstCell(csvLine([text, "x"])), `'${text}`, JSON.stringify(text));
  }
  const label = {
    ...{
      id: "1",
      at: "2026",
      file: "",
      start: 0,
      end: 1,
      label: "dog",
      confidence: 1,
      badge: "",
      review: "",
    },
    ...{ clip: "", clipStart: 0, clipEnd: 1 },
  };
  const rating = {
    ...{ trial: "t", kind: "rating" as const, clip: "c", label: "dog", place: 1, method: "m" },
    ...{ question: "q", value: -1, at: "2026" },
  };
  for (const text of FORMULAS.filter((each) => !/[\r\n]/.test(each))) {
    assert.ok(labelsCsv([{ ...label, input: text }]).includes(`,'${text},`), JSON.stringify(text));
    const csv = ratingsCsv([{ ...rating, participant: text }], new Map([[text, ["incomplete"]]]));
    assert.is(csv.split("\n")[1], `'${text},t,rating,c,dog,1,m,q,-1,2026,incomplete`);
  }
});

test("numbers and harmless text are left as they are, and cells stay cells", () => {
  assert.is(csvLine([-1.5, "a-b", "2026-07-14", "", "a=b", 0]), "-1.5,a-b,2026-07-14,,a=b,0\r\n");
  assert.is(csvLine(['say "a, b"', "two\nlines"], "\n"), '"say ""a, b""","two\nlines"\n');
  assert.is(csvLine([Number.NaN, Number.POSITIVE_INFINITY]), ",\r\n");
});

test.run();

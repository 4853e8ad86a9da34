import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Evaluation, TableRow } from "../../../lab/evaluation/evaluation.ts";
import { METRICS, meanOfRows } from "../../../lab/evaluation/metrics/metric-row.ts";
import { cellText, evaluationMarkdown } from "../../../lab/evaluation/report/tables.ts";

const row = (block: TableRow["block"], title: string, mean: TableRow["mean"], more = {}): TableRow => ({
  block,
  method: title.toLowerCase(),
  title,
  control: "own",
  clips: 2,
  mean,
  ...more,
});

const evaluation: Evaluation = {
  layout: "ESC-50",
  clips: 2,
  sentences: 0,
  heard: { pack: "tiny", told: false, unknown: [], sources: [] },
  tables: [
    {
      setting: "mixtures",
      accuracy: { right: 3, of: 4 },
      clips: 2,
      sounds: 4,
      windows: 20,
      rows: [
        row("listenable", "One", { ai: 60, ad: 4.806, ff: 0.2, comp: null }),
        row("listenable", "Two", { ai: 20, ad: 4.81, ff: 0.2, comp: 9 }),
        row("listenable", "Three", { ai: 20, ad: 9, ff: 0.2 }),
        row("listenable", "One", { ai: 99, ad: 0 }, { control: "constant" }),
        row("not listenable", "One", { ai: 10, ad: 50, ff: 0.1 }),
        row("baseline", "Everything", { ai: 0, ad: 0 }),
      ],
    },
  ],
  skipped: [],
  failures: [],
  notes: ["A note."],
  perClip: [],
  pools: { clips: [], sentences: [] },
  key: "",
};

test("a table has the blocks of the published ones, and the best of each in bold", () => {
  const lines = evaluationMarkdown(evaluation).split("\n");
  assert.ok(lines.includes("## Out of domain: mixtures with another clip, 75.0 % accuracy"));
  const table = lines.filter((line) => line.startsWith("|"));
  assert.equal(table, [
    "| | Metric | AI ↑ | AD ↓ | FF ↑ | COMP ↓ |",
    "| --- | --- | --- | --- | --- | --- |",
    // Equal as printed is equally good; what all share, and what is alone in its block, is not the best.
    "| Listenable (mask on the STFT) | One | **60.00** | **4.81** | 0.200 | – |",
    "|  | Two | 20.00 | **4.81** | 0.200 | 9.00 |",
    "|  | Three | 20.00 | 9.00 | 0.200 | – |",
    "| Not listenable (mask on the classifier's input) | One | 10.00 | 50.00 | 0.100 | – |",
    "| Baseline | Everything | 0.00 | 0.00 | – | – |",
    "| Controls | One: its mean everywhere | 99.00 | 0.00 | – | – |",
  ]);
  assert.is(lines[0], "A note.");
});

test("means are over those that have a value, and none is said where nobody has", () => {
  assert.equal(meanOfRows([{ ai: 100, siSdr: null }, { ai: 0 }, { forcing: 50 }]), {
    ai: 50,
    siSdr: null,
    forcing: 50,
  });
});

test("a rounded zero has no sign", () => {
  const siSdr = METRICS.find(({ name }) => name === "siSdr")!;
  assert.is(cellText(siSdr, { siSdr: -0.001 }), "0.00");
  assert.is(cellText(siSdr, { siSdr: -0.01 }), "-0.01");
});

test.run();

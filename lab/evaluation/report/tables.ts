/** Evaluations as Markdown, in the layout of the published tables: one table a setting, one block a form of mask. */

import type { Evaluation, SettingTable, TableBlock, TableRow } from "../evaluation.ts";
import type { LayerCheck } from "../measure/randomisation.ts";
import { type ClassifierReport, percent, type Share } from "../metrics/classifier-report.ts";
import { METRICS, type Metric, type MetricName, type MetricRow } from "../metrics/metric-row.ts";
import { type FigureTable, recognitionTables } from "./recognition-tables.ts";

/** What a setting mixes into the clips, for people. */
export const SETTING_TITLES: Readonly<Record<SettingTable["setting"], string>> = {
  clean: "Clean clips",
  id: "In domain: background noise at 0 dB",
  mixtures: "Out of domain: mixtures with another clip",
  "white-noise": "Out of domain: white noise",
  speech: "Out of domain: speech",
  scenes: "Scenes: one to three events over a background",
};

/** Blocks of rows in their order; the first two are compared among themselves, the others are what to read them by. */
export const BLOCK_TITLES: readonly (readonly [TableBlock | "control", string])[] = [
  ["listenable", "Listenable (mask on the STFT)"],
  ["not listenable", "Not listenable (mask on the classifier's input)"],
  ["baseline", "Baseline"],
  ["control", "Controls"],
  ["oracle", "Oracle"],
];

export function blockOf(row: TableRow): TableBlock | "control" {
  return row.control === "own" ? row.block : "control";
}

/** The block's name, for people. */
export function blockTitle(row: TableRow): string {
  return BLOCK_TITLES.find(([block]) => block === blockOf(row))![1];
}

export function rowTitle(row: TableRow): string {
  if (row.control === "constant") return `${row.title}: its mean everywhere`;
  return row.control === "shuffled" ? `${row.title}: its mask shuffled` : row.title;
}

/** The metrics that at least one row has. */
export function columnsOf(rows: readonly TableRow[]): Metric[] {
  return METRICS.filter(({ name }) => rows.some(({ mean }) => typeof mean[name] === "number"));
}

export function cellText({ name, digits }: Metric, mean: MetricRow): string {
  const value = mean[name];
  if (typeof value !== "number") return "–";
  const text = value.toFixed(digits);
  return /^-[0.]+$/.test(text) ? text.slice(1) : text;
}

/** Whether a row has the best value of its block, as it is printed. What all share is not the best. */
export function isBest(metric: Metric, row: TableRow, rows: readonly TableRow[]): boolean {
  const block = blockOf(row);
  if (metric.better === undefined || (block !== "listenable" && block !== "not listenable")) return false;
  const values = rows
    .filter((each) => blockOf(each) === block)
    .map(({ mean }) => mean[metric.name])
    .filter((value) => typeof value === "number");
  if (typeof row.mean[metric.name] !== "number") return false;
  const texts = new Set(values.map((value) => value.toFixed(metric.digits)));
  // What is the same for all is nobody's merit.
  if (texts.size < 2) return false;
  const best = metric.better === "up" ? Math.max(...values) : Math.min(...values);
  return cellText(metric, row.mean) === cellText(metric, { [metric.name]: best });
}

export function heading({ heading: text, better }: Metric): string {
  return better === undefined ? text : `${text} ${better === "up" ? "↑" : "↓"}`;
}

export function tableTitle({ setting, accuracy }: SettingTable): string {
  return accuracy
    ? `${SETTING_TITLES[setting]}, ${percent(accuracy).toFixed(1)} % accuracy`
    : SETTING_TITLES[setting];
}

export function evaluationMarkdown(evaluation: Evaluation): string {
  const { classifier, recognition, tables, randomisation, notes } = evaluation;
  return [
    ...notes.flatMap((note) => [note, ""]),
    ...tables.flatMap((table) => [...tableLines(table), ""]),
    ...metricLines(tables),
    "",
    ...(randomisation ? [...randomisationLines(randomisation), ""] : []),
    ...(recognition ? recognitionTables(recognition).flatMap((table) => [...figureLines(table), ""]) : []),
    ...(classifier ? [...classifierLines(classifier), ""] : []),
  ].join("\n");
}

function tableLines(table: SettingTable): string[] {
  const columns = columnsOf(table.rows);
  const lines = [
    `## ${tableTitle(table)}`,
    "",
    `${table.clips} clips, ${table.sounds} sounds, ${table.windows} windows.`,
    "",
    `| | Metric | ${columns.map(heading).join(" | ")} |`,
    `| --- | --- | ${columns.map(() => "---").join(" | ")} |`,
  ];
  for (const [block, title] of BLOCK_TITLES) {
    for (const [index, row] of table.rows.filter((each) => blockOf(each) === block).entries()) {
      const cells = columns.map((metric) => {
        const text = cellText(metric, row.mean);
        return isBest(metric, row, table.rows) ? `**${text}**` : text;
      });
      lines.push(`| ${index === 0 ? title : ""} | ${rowTitle(row)} | ${cells.join(" | ")} |`);
    }
  }
  return lines;
}

export function figureLines({ title, notes, head, rows }: FigureTable): string[] {
  return [
    `## ${title}`,
    "",
    ...notes,
    "",
    `| ${head.join(" | ")} |`,
    `| ${head.map(() => "---").join(" | ")} |`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ];
}

function metricLines(tables: readonly SettingTable[]): string[] {
  const shown = new Set<MetricName>(tables.flatMap(({ rows }) => columnsOf(rows)).map(({ name }) => name));
  return METRICS.filter(({ name }) => shown.has(name)).map(
    ({ heading: text, meaning }) => `- ${text}: ${meaning}`,
  );
}

function randomisationLines(checks: Readonly<Record<string, readonly LayerCheck[]>>): string[] {
  const methods = Object.keys(checks);
  const layers = [...new Set(methods.flatMap((method) => checks[method].map(({ layer }) => layer)))];
  return [
    "## Randomised weights",
    "",
    "Correlation of the masks with those of the trained classifier, its weights shuffled from the last layer down to",
    "the named one. A mask that stays the same does not come from the classifier.",
    "",
    `| randomised down to | ${methods.join(" | ")} |`,
    `| --- | ${methods.map(() => "---").join(" | ")} |`,
    ...layers.map((layer) => {
      const cells = methods.map((method) => {
        const value = checks[method].find((check) => check.layer === layer)?.correlation;
        return typeof value === "number" ? value.toFixed(3) : "–";
      });
      return `| ${layer} | ${cells.join(" | ")} |`;
    }),
  ];
}

/** Classes that have thresholds of their own stand with them in the table of classes. */
function thresholdText({ threshold, byClass }: ClassifierReport): string {
  return byClass.every((each) => each.threshold === threshold) ? `Threshold ${threshold}.` : "";
}

function classifierLines(report: ClassifierReport): string[] {
  const share = (value: Share) => `${percent(value).toFixed(1)} % (${value.right} of ${value.of})`;
  const shareOrNone = (value: Share) => (value.of === 0 ? "–" : share(value));
  const groups = Object.keys(report.clips);
  const unknown =
    report.unknownTaken.of > 0
      ? `Windows of never-trained classes taken for one of ${groups[0]}: ${share(report.unknownTaken)}.`
      : "";
  return [
    "## The classifier on clean clips",
    "",
    "| group | clips right | windows right | windows accepted |",
    "| --- | --- | --- | --- |",
    ...groups.map(
      (name) =>
        `| ${name} | ${[report.clips, report.windows, report.accepted].map((of) => shareOrNone(of[name])).join(" | ")} |`,
    ),
    "",
    `${thresholdText(report)} ${unknown}`.trim(),
    `Expected calibration error ${report.calibrationError.toFixed(3)} (15 bins, known windows).`,
    "",
    "| confidence | accuracy | windows |",
    "| --- | --- | --- |",
    ...report.calibration.map(
      ({ confidence, accuracy, windows }) =>
        `| ${confidence.toFixed(2)} | ${accuracy.toFixed(2)} | ${windows} |`,
    ),
    "",
    "| class | believed from | precision | recall |",
    "| --- | --- | --- | --- |",
    ...report.byClass
      .filter(({ precision, recall }) => precision.of + recall.of > 0)
      .map(
        ({ label, threshold, precision, recall }) =>
          `| ${label} | ${threshold.toFixed(2)} | ${shareOrNone(precision)} | ${shareOrNone(recall)} |`,
      ),
    "",
    `| clips | ${report.labels.join(" | ")} |`,
    `| --- | ${report.labels.map(() => "---").join(" | ")} |`,
    ...report.confusion
      .map((row, index) => ({ label: report.labels[index] ?? "never-trained classes", row }))
      .filter(({ row }) => row.some((count) => count > 0))
      .map(({ label, row }) => `| ${label} | ${row.map((count) => count || "·").join(" | ")} |`),
  ];
}

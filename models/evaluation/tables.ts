/** Evaluations as Markdown. */
import { type ClassifierReport, percent, type Share } from "./classifier-report.ts";
import type { Evaluation, TableRow } from "./evaluate.ts";

const HEADINGS = ["AI ↑", "AD ↓", "AD (published scale) ↓", "AG ↑", "FF ↑", "Fid-In ↑", "MM"];

export function evaluationMarkdown(evaluation: Evaluation): string {
  return [...classifierLines(evaluation.classifier), "", ...faithfulnessLines(evaluation.rows), ""].join(
    "\n",
  );
}

function classifierLines(report: ClassifierReport): string[] {
  const share = (value: Share) => `${percent(value).toFixed(1)} % (${value.right} of ${value.of})`;
  const groups = Object.keys(report.clips);
  return [
    "| group | clips right | windows right | windows accepted |",
    "| --- | --- | --- | --- |",
    ...groups.map(
      (name) =>
        `| ${name} | ${share(report.clips[name])} | ${share(report.windows[name])} | ${share(report.accepted[name])} |`,
    ),
    "",
    `Threshold ${report.threshold}. Windows of never-trained classes taken for one of ${groups[0]}: ${share(report.unknownTaken)}.`,
    `Expected calibration error ${report.calibrationError.toFixed(3)} (15 bins, known windows).`,
    "",
    "| confidence | accuracy | windows |",
    "| --- | --- | --- |",
    ...report.calibration.map(
      ({ confidence, accuracy, windows }) =>
        `| ${confidence.toFixed(2)} | ${accuracy.toFixed(2)} | ${windows} |`,
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

function faithfulnessLines(rows: readonly TableRow[]): string[] {
  const name = ({ method, control }: TableRow) =>
    control === "own" ? method : control === "constant" ? "constant at its mean" : "its mask shuffled";
  return [
    `| setting | method | ${HEADINGS.join(" | ")} | windows |`,
    `| --- | --- | ${HEADINGS.map(() => "---").join(" | ")} | --- |`,
    ...rows.map((row) => {
      const { ai, ad, adPublished, ag, ff, fidIn, mm } = row.mean;
      const values = [
        ai.toFixed(1),
        ad.toFixed(1),
        adPublished.toFixed(2),
        ag.toFixed(1),
        ff.toFixed(3),
        fidIn.toFixed(3),
        mm.toFixed(3),
      ];
      return `| ${row.setting} | ${name(row)} | ${values.join(" | ")} | ${row.windows} |`;
    }),
  ];
}

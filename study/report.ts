/** The analysis for people: Markdown, and one HTML file that fetches nothing. */
import { escaped } from "../lab/evaluation/report/report.ts";
import { REPORT_STYLE } from "../lab/evaluation/report/report-style.ts";
import type { Analysis, Comparison, MethodFigure } from "./analysis.ts";
import { scaleRange } from "./protocol.ts";
import { EXCLUSION_MEANINGS, EXCLUSIONS } from "./ratings.ts";
import type { Study } from "./study-file.ts";

const SIGNIFICANT = 0.05;

const HOW =
  "A participant's ratings of a method are averaged first; means and their 95 % intervals (bootstrap) are over " +
  "participants. Methods are compared by Wilcoxon's signed-rank test on the participants' means, two-sided, and p is " +
  "corrected for all comparisons here (Holm).";

/** Sentences on who took part and who was left out. */
export function participation(analysis: Analysis): string[] {
  const { joined, neverBegan, counted, excluded, kept, medianMinutes } = analysis;
  const reasons = EXCLUSIONS.filter((reason) => excluded[reason] > 0).map(
    (reason) => `${excluded[reason]} ${EXCLUSION_MEANINGS[reason]}`,
  );
  const left = joined - neverBegan - counted;
  const sentences = [
    `${joined} joined, ${neverBegan} of them never began, ${left} were left out, ${counted} count.`,
    left > 0 ? `Left out (one may have several reasons): ${reasons.join("; ")}.` : "",
    kept.length > 0 ? `Nobody was left out for: ${kept.join(", ")}.` : "",
    medianMinutes === null
      ? ""
      : `Half of those who count took more than ${medianMinutes.toFixed(1)} minutes.`,
    tooFew(counted, analysis.comparisons.length),
  ];
  return sentences.filter((sentence) => sentence !== "");
}

/** The signed-rank test has a smallest p, reached when all agree; with few participants that is a large one. */
function tooFew(participants: number, tests: number): string {
  const least = 2 ** (1 - participants);
  if (participants === 0 || tests === 0 || least * tests < SIGNIFICANT) return "";
  const needed = Math.floor(1 + Math.log2(tests / SIGNIFICANT)) + 1;
  return (
    `With ${participants} ${participants === 1 ? "participant" : "participants"} and ${tests} comparisons no corrected p can ` +
    `fall below ${SIGNIFICANT}; it takes ${needed} that count.`
  );
}

/** The question without a class of its own. */
function asked(text: string): string {
  return text.replaceAll(/["“]?\{class\}["”]?/g, "the class");
}

export function studyMarkdown(study: Study, analysis: Analysis): string {
  const sections = study.questions.map(({ id, text }) => {
    const figures = analysis.figures.filter(({ question }) => question === id);
    const comparisons = analysis.comparisons.filter(({ question }) => question === id);
    return [
      `## ${asked(text)}`,
      "",
      "| method | mean | 95 % interval | ratings |",
      "| --- | --- | --- | --- |",
      ...figures.map((figure) => `| ${methodCells(study, figure).join(" | ")} |`),
      "",
      "| difference | mean | 95 % interval | p | p (Holm) |",
      "| --- | --- | --- | --- | --- |",
      ...comparisons.map((each) => `| ${comparisonCells(study, each).join(" | ")} |`),
      "",
    ].join("\n");
  });
  return [
    `# ${study.title}`,
    "",
    ...participation(analysis).map((sentence) => `- ${sentence}`),
    "",
    `${HOW} Scale ${study.scale}; seed ${study.seed}.`,
    "",
    ...sections,
  ].join("\n");
}

export function studyHtml(study: Study, analysis: Analysis): string {
  const { low, high } = scaleRange(study.scale);
  const sections = study.questions.map(({ id, text, low: worst, high: best }) => {
    const figures = analysis.figures.filter(({ question }) => question === id);
    const comparisons = analysis.comparisons.filter(({ question }) => question === id);
    return `<section>
<h2>${escaped(asked(text))}</h2>
<p class="hint">${low} is ${escaped(worst)}, ${high} is ${escaped(best)}. Dots are means, bars 95 % intervals.</p>
${chart(study, figures)}
${table(
  ["method", "mean", "95 % interval", "ratings"],
  figures.map((figure) => methodCells(study, figure)),
)}
${table(
  ["difference", "mean", "95 % interval", "p", "p (Holm)"],
  comparisons.map((each) => comparisonCells(study, each)),
)}
</section>`;
  });
  const comments = analysis.comments.map((comment) => `<li>${escaped(comment)}</li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(study.title)}</title>
<style>${REPORT_STYLE}
svg.chart { display: block; width: 100%; max-width: 46rem; height: auto; margin: 0.8rem 0; font: 13px system-ui, sans-serif; }
.chart text { fill: var(--ink); } .chart .axis { stroke: var(--line); } .chart .tick { fill: var(--faint); }
.chart .bar { stroke: var(--mark); stroke-width: 2.5; } .chart circle { fill: var(--mark); }</style>
</head>
<body>
<header>
<h1>${escaped(study.title)}</h1>
${participation(analysis)
  .map((sentence) => `<p>${escaped(sentence)}</p>`)
  .join("\n")}
<p class="hint">${escaped(HOW)} Seed ${study.seed}.</p>
</header>
<main>
${sections.join("\n")}
${comments.length > 0 ? `<section><h2>Comments</h2><ul>${comments.join("\n")}</ul></section>` : ""}
</main>
</body>
</html>
`;
}

function methodCells(study: Study, { method, mean, low, high, ratings }: MethodFigure): string[] {
  return [titleOf(study, method), number(mean), `${number(low)} to ${number(high)}`, String(ratings)];
}

function comparisonCells(study: Study, { methods, mean, low, high, p, adjusted }: Comparison): string[] {
  const [first, second] = methods.map((method) => titleOf(study, method));
  return [
    `${first} − ${second}`,
    number(mean),
    `${number(low)} to ${number(high)}`,
    pText(p),
    pText(adjusted),
  ];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = ([first, ...cells]: readonly string[]) =>
    `<tr><th scope="row">${escaped(first)}</th>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`;
  return `<div class="wide"><table class="figures">
<thead><tr>${heads.map((head) => `<th scope="col">${escaped(head)}</th>`).join("")}</tr></thead>
<tbody>${rows.map(line).join("\n")}</tbody>
</table></div>`;
}

const WIDTH = 720;
const NAMES = 210;
const ROW = 30;
const MARGIN = 16;

/** A line a method: the interval as a bar, the mean as a dot. */
function chart(study: Study, figures: readonly MethodFigure[]): string {
  const { low, high } = scaleRange(study.scale);
  const x = (value: number) => (NAMES + ((WIDTH - NAMES - MARGIN) * (value - low)) / (high - low)).toFixed(1);
  const bottom = figures.length * ROW;
  const ticks = Array.from({ length: 5 }, (_, k) => low + (k * (high - low)) / 4);
  const axis = ticks.map(
    (value) =>
      `<line class="axis" x1="${x(value)}" x2="${x(value)}" y1="0" y2="${bottom}"/>` +
      `<text class="tick" x="${x(value)}" y="${bottom + 16}" text-anchor="middle">${value}</text>`,
  );
  const rows = figures.map(({ method, mean, low: from, high: to }, k) => {
    const y = k * ROW + ROW / 2;
    return (
      `<text x="${NAMES - 12}" y="${y + 4}" text-anchor="end">${escaped(shortened(titleOf(study, method)))}</text>` +
      `<line class="bar" x1="${x(from)}" x2="${x(to)}" y1="${y}" y2="${y}"/><circle cx="${x(mean)}" cy="${y}" r="5"/>`
    );
  });
  const said = figures.map(({ method, mean }) => `${titleOf(study, method)} ${number(mean)}`).join(", ");
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${bottom + 22}" role="img" aria-label="Means: ${escaped(said)}">
${axis.join("\n")}
${rows.join("\n")}
</svg>`;
}

function shortened(text: string): string {
  return text.length > 28 ? `${text.slice(0, 27)}…` : text;
}

function titleOf({ methods }: Study, id: string): string {
  return methods.find((method) => method.id === id)?.title ?? id;
}

function number(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1).replace("-", "−");
}

function pText(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

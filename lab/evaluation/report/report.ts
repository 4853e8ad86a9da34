/** The evaluation as one HTML file that fetches nothing: tables, and pictures and sounds of the worst clips. */
import type { Pack } from "../../../models/pack/pack.ts";
import type { ClipResult, Evaluation, SettingTable } from "../evaluation.ts";
import type { MeasuringTask } from "../measure/measuring-contract.ts";
import type { LazyThreads } from "../measure/measuring-threads.ts";
import { METRICS, type MetricRow } from "../metrics/metric-row.ts";
import { pageScript } from "./page-script.ts";
import { recognitionTables } from "./recognition-tables.ts";
import type { ReportCard, ReportData } from "./report-data.ts";
import { REPORT_STYLE } from "./report-style.ts";
import {
  BLOCK_TITLES,
  blockOf,
  cellText,
  columnsOf,
  heading,
  isBest,
  rowTitle,
  SETTING_TITLES,
  tableTitle,
} from "./tables.ts";

/** Clips a setting that are shown when nobody says how many. */
export const REPORT_CLIPS = 12;
/** Cards are added, worst first, as long as the file stays below this. */
const MOST_BYTES = 19e6;

export interface ReportOptions {
  readonly evaluation: Evaluation;
  readonly pack: Pack;
  /** What was measured, in a line. */
  readonly title: string;
  /** Clips a setting, at most. */
  readonly clips: number;
  readonly threads: LazyThreads;
  readonly onProgress?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export async function reportPage(options: ReportOptions): Promise<string> {
  const cards = await drawCards(options);
  return reportHtml(options, cards, await pageScript());
}

/** The file's text; `script` is what runs in it. */
export function reportHtml(
  { evaluation, pack, title }: Pick<ReportOptions, "evaluation" | "pack" | "title">,
  cards: readonly ReportCard[],
  script: string,
): string {
  const shown = new Set(cards.flatMap(({ rows }) => Object.values(rows).flatMap((row) => Object.keys(row))));
  const metrics = METRICS.filter(({ name }) => shown.has(name));
  const data: ReportData = {
    metrics: metrics.map(({ name, heading: text, better, digits }) => ({
      name,
      heading: text,
      better,
      digits,
    })),
    methods: methodsShown(evaluation),
    settings: evaluation.tables.map(({ setting }) => ({ name: setting, title: SETTING_TITLES[setting] })),
    cards,
  };
  // JSON may hold "</script>"; its escape is the same string.
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; media-src blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Evaluation of ${escaped(pack.title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<header>
<h1>Evaluation of ${escaped(pack.title)}</h1>
<p>${escaped(title)} ${evaluation.clips} clips of ${escaped(evaluation.layout)}.</p>
${evaluation.notes.map((note) => `<p>${escaped(note)}</p>`).join("\n")}
${leftOut(evaluation)}
</header>
<main>
${evaluation.tables.map(tableHtml).join("\n")}
${recognitionHtml(evaluation)}
<details><summary>What the columns mean</summary><dl>
${METRICS.map(({ heading: text, meaning }) => `<dt>${escaped(text)}</dt><dd>${escaped(meaning)}</dd>`).join("\n")}
</dl></details>
${cards.length > 0 ? CARDS : ""}
</main>
<script type="application/json" id="data">${json}</script>
<script>${script}</script>
</body>
</html>
`;
}

const CARDS = `<section id="clips">
<h2>Clips, worst first</h2>
<p class="hint">Two seconds of each clip, from where the first method's mask makes the class's probability drop most.
A picture shows what the method keeps of the spectrogram; the rest is the sound without the explanation.</p>
<form id="choice">
<label>Setting <select name="setting"></select></label>
<label>Sorted by <select name="metric"></select></label>
<label>of <select name="method"></select></label>
<label>first <select name="order"><option value="worst">the worst</option><option value="best">the best</option></select></label>
<label><input type="checkbox" id="loud"> play all at one level</label>
</form>
<div id="cards"></div>
<noscript>Cards need JavaScript; the tables do not.</noscript>
</section>`;

function tableHtml(table: SettingTable): string {
  const columns = columnsOf(table.rows);
  const blocks = BLOCK_TITLES.flatMap(([block, title]) => {
    const rows = table.rows.filter((row) => blockOf(row) === block);
    if (rows.length === 0) return [];
    const lines = rows.map((row) => {
      const cells = columns.map((metric) => {
        const best = isBest(metric, row, table.rows) ? ' class="best"' : "";
        const value = row.mean[metric.name];
        const sortBy = typeof value === "number" ? ` data-value="${value}"` : "";
        return `<td${best}${sortBy}>${cellText(metric, row.mean)}</td>`;
      });
      return `<tr><th scope="row">${escaped(rowTitle(row))}</th>${cells.join("")}</tr>`;
    });
    return [
      `<tbody data-block="${block}"><tr class="block"><th colspan="${columns.length + 1}">${escaped(title)}</th></tr>${lines.join("\n")}</tbody>`,
    ];
  });
  const heads = columns.map((metric) => {
    const order = metric.better ?? "up";
    return `<th scope="col" title="${escaped(metric.meaning)}"><button type="button" data-better="${order}">${escaped(heading(metric))}</button></th>`;
  });
  return `<section>
<h2>${escaped(tableTitle(table))}</h2>
<p class="hint">${table.clips} clips, ${table.sounds} sounds, ${table.windows} windows. A column's head sorts by it.</p>
<div class="wide"><table class="figures">
<thead><tr><th scope="col">Method</th>${heads.join("")}</tr></thead>
${blocks.join("\n")}
</table></div>
</section>`;
}

function recognitionHtml({ recognition }: Evaluation): string {
  if (!recognition) return "";
  const tables = recognitionTables(recognition).map(({ title, notes, head, rows }) => {
    const lines = rows.map(
      ([name, ...cells]) =>
        `<tr><th scope="row">${escaped(name)}</th>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`,
    );
    return `<h3>${escaped(title)}</h3>
<p class="hint">${escaped(notes.join(" "))}</p>
<div class="wide"><table class="figures plain">
<thead><tr>${head.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join("")}</tr></thead>
<tbody>${lines.join("\n")}</tbody>
</table></div>`;
  });
  return `<section>
<h2>The classifier</h2>
${tables.join("\n")}
</section>`;
}

function leftOut({ skipped, failures }: Evaluation): string {
  if (skipped.length + failures.length === 0) return "";
  const lines = [...skipped, ...failures].map((line) => `<li>${escaped(line)}</li>`);
  return `<details><summary>${skipped.length} sounds left out, ${failures.length} figures not computed</summary><ul>${lines.join("\n")}</ul></details>`;
}

/** Methods that can be heard, the default one first. */
function methodsShown({ tables }: Evaluation): { name: string; title: string }[] {
  const titles = new Map<string, string>();
  for (const block of ["listenable", "baseline"] as const) {
    for (const row of tables.flatMap(({ rows }) => rows)) {
      if (row.block === block) titles.set(row.method, row.title);
    }
  }
  return [...titles].map(([name, title]) => ({ name, title }));
}

/** The settings' worst clips in turn, as many as asked for and as fit. */
async function drawCards(options: ReportOptions): Promise<ReportCard[]> {
  const { evaluation, clips, threads, onProgress, signal } = options;
  const methods = methodsShown(evaluation).map(({ name }) => name);
  const [judged] = methods;
  if (clips === 0 || judged === undefined) return [];
  const worst = evaluation.tables.map(({ setting }) =>
    evaluation.perClip
      .filter((result) => result.setting === setting && result.rows[judged])
      .sort((a, b) => badness(b.rows[judged]) - badness(a.rows[judged]))
      .slice(0, clips),
  );
  const wanted = Array.from({ length: clips }, (_, rank) => worst.flatMap((results) => results[rank] ?? []));
  const cards: ReportCard[] = [];
  const total = wanted.flat().length;
  let done = 0;
  let bytes = 0;
  for (const results of wanted) {
    if (bytes > MOST_BYTES) break;
    const tasks = new Map<MeasuringTask, ClipResult>(
      results.map((result) => [
        {
          type: "portrait",
          file: { name: result.clip, path: result.path },
          setting: result.setting,
          methods,
        },
        result,
      ]),
    );
    const started = await threads.get();
    started.setPools(evaluation.pools);
    await started.run([...tasks.keys()], {
      signal,
      onDone: (task, result) => {
        onProgress?.(++done, total, "report");
        if (result instanceof Error || result.type !== "portrait") return;
        const { setting, clip, label, rows } = tasks.get(task)!;
        const card = { setting, clip, label, rows, portrait: result.portrait };
        bytes += JSON.stringify(card).length;
        if (bytes <= MOST_BYTES) cards.push(card);
      },
    });
  }
  return cards;
}

/** What drops most is worst; among what drops alike, what leaves most of the class in the rest. */
function badness(row: MetricRow): number {
  return (row.ad ?? 0) - (row.ff ?? 0);
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

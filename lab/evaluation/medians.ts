/** Medians of the tables of several runs that differ in their seeds, each run's own figure beside them. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { oneLine } from "../../protocol/shown-text.ts";
import { UsageError } from "../errors.ts";
import type { EvaluationRecord } from "./evaluate.ts";
import { heardInTraining, heardSentences } from "./heard-in-training.ts";
import { percent } from "./metrics/classifier-report.ts";
import { type Figure, recognitionFigures } from "./report/recognition-tables.ts";
import { blockTitle, columnsOf, heading, rowTitle, SETTING_TITLES } from "./report/tables.ts";

/** Of one figure in all runs. */
export interface Median {
  /** Of shares in percent; of an even number of runs between the two in the middle. */
  readonly median: number;
  /** In the order of the runs; null where a run has none. */
  readonly runs: readonly (number | null)[];
  readonly digits: number;
  readonly unit: "" | " %";
}

export interface MedianTable {
  readonly title: string;
  readonly head: readonly string[];
  /** Words stay as they are, where they are the same in all runs. */
  readonly rows: readonly (readonly (Median | string)[])[];
}

export interface Medians {
  /** The packs, in the order of the runs. */
  readonly runs: readonly string[];
  /** What the results say of sounds that their packs heard in training, a sentence each. */
  readonly heard: readonly string[];
  readonly tables: readonly MedianTable[];
  readonly markdown: string;
}

/**
 * Reads the `table.json` of each folder, or the files themselves, and writes `medians.md` and `medians.json` into `out`.
 *
 * @throws UsageError for files that are no tables, or not of the same sounds.
 */
export async function medians(results: readonly string[], out: string): Promise<Medians> {
  if (results.length < 2)
    throw new UsageError("medians are of two results at least: name the folders of each");
  const records = await Promise.all(results.map(readRecord));
  checkAlike(results, records);
  const tables = tablesOf(records);
  const runs = records.map(({ pack }) => `${pack.name} ${pack.version}`);
  const heard = heardLines(results, records);
  const [{ data, fold }] = records;
  const markdown = [
    oneLine(
      `Medians of ${records.length} results (${results.join(", ")}): ${data}${fold ? `, fold ${fold}` : ""}. Each result's own figure in brackets, in this order.`,
    ),
    ...heard,
    ...tables.map(markdownOf),
  ].join("\n\n");
  await mkdir(out, { recursive: true });
  await writeFile(join(out, "medians.md"), `${markdown}\n`);
  await writeFile(
    join(out, "medians.json"),
    `${JSON.stringify({ results, runs, heard, tables }, null, 1)}\n`,
  );
  return { runs, heard, tables, markdown };
}

async function readRecord(path: string): Promise<EvaluationRecord> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory();
  const file = isFolder ? join(path, "table.json") : path;
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(
      `${file} cannot be read (${cause.code}); name the --out folders of listenable evaluate`,
    );
  });
  try {
    const record = JSON.parse(text);
    if (Array.isArray(record?.tables) && record.pack) return record;
  } catch {}
  throw new UsageError(`${file} holds no tables of listenable evaluate`);
}

function checkAlike(results: readonly string[], [first, ...others]: readonly EvaluationRecord[]): void {
  for (const [k, other] of others.entries()) {
    for (const key of ["layout", "fold", "clips", "stride"] as const) {
      if (other[key] === first[key]) continue;
      throw new UsageError(
        `${results[0]} and ${results[k + 1]} are not of the same sounds: ${key} ${first[key]} and ${other[key]}`,
      );
    }
  }
}

/** Each sentence once, with the results that it is of where it isn't of all. */
function heardLines(results: readonly string[], records: readonly EvaluationRecord[]): string[] {
  const of = new Map<string, string[]>();
  for (const [k, { heard, pack }] of records.entries()) {
    for (const sentence of heardSentences(heard ?? heardInTraining(pack.name, undefined, []))) {
      of.set(sentence, [...(of.get(sentence) ?? []), results[k]]);
    }
  }
  return [...of].map(([sentence, which]) =>
    oneLine(which.length === results.length ? sentence : `${which.join(", ")}: ${sentence}`),
  );
}

interface Cell {
  readonly value: number | undefined;
  readonly digits: number;
  readonly unit: Median["unit"];
}

/** A table of one run: what a row is of, and its cells. */
interface RunTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly { readonly words: readonly string[]; readonly cells: readonly (Cell | string)[] }[];
}

function tablesOf(records: readonly EvaluationRecord[]): MedianTable[] {
  const [first, ...others] = records.map(runTables);
  return first.map(({ title, head, rows }) => ({
    title,
    head,
    rows: rows.map((row) => {
      const alike = others.map((tables) =>
        tables
          .find((table) => table.title === title)
          ?.rows.find(({ words }) => words.join() === row.words.join()),
      );
      const cells = row.cells.map((cell, k): Median | string => {
        const all = [cell, ...alike.map((other) => other?.cells[k])];
        if (typeof cell === "string") return all.every((each) => each === cell) ? cell : "–";
        const values = all.map((each) => (typeof each === "object" ? (each.value ?? null) : null));
        const found = values.filter((value) => value !== null);
        return found.length === 0
          ? "–"
          : { median: medianOf(found), runs: values, digits: cell.digits, unit: cell.unit };
      });
      return [...row.words, ...cells];
    }),
  }));
}

function runTables({ tables, recognition }: EvaluationRecord): RunTable[] {
  return [
    ...tables.map(({ setting, rows }): RunTable => {
      const columns = columnsOf(rows);
      return {
        title: SETTING_TITLES[setting],
        head: ["", "Metric", ...columns.map(heading)],
        rows: rows.map((row) => ({
          words: [blockTitle(row), rowTitle(row)],
          cells: columns.map(({ name, digits }) => ({
            value: row.mean[name] ?? undefined,
            digits,
            unit: "",
          })),
        })),
      };
    }),
    ...(recognition ? recognitionFigures(recognition) : []).map(({ title, head, rows }): RunTable => {
      // The words that begin a row say what it is of.
      const words = Math.min(...rows.map((row) => row.findIndex((cell) => typeof cell !== "string")));
      return {
        ...{ title, head },
        rows: rows.map((row) => ({
          words: row.slice(0, words).map(String),
          cells: row.slice(words).map(cellOf),
        })),
      };
    }),
  ];
}

function cellOf(figure: Figure): Cell | string {
  if (typeof figure === "string") return figure;
  if (typeof figure === "object") {
    return { value: figure.of > 0 ? percent(figure) : undefined, digits: 1, unit: " %" };
  }
  return { value: figure, digits: figure === undefined || Number.isInteger(figure) ? 0 : 3, unit: "" };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
}

function markdownOf({ title, head, rows }: MedianTable): string {
  return [
    `## ${title}`,
    "",
    `| ${head.join(" | ")} |`,
    `| ${head.map(() => "---").join(" | ")} |`,
    ...rows.map((row) => `| ${row.map((cell) => oneLine(medianText(cell))).join(" | ")} |`),
  ].join("\n");
}

function medianText(cell: Median | string): string {
  if (typeof cell === "string") return cell;
  const { median, runs, digits, unit } = cell;
  const shown = runs.map((value) => value?.toFixed(digits) ?? "–").join(", ");
  return `${median.toFixed(digits)}${unit} (${shown})`;
}

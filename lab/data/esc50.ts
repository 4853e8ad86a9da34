/** Reads ESC-50 in its official layout: `meta/esc50.csv`, `audio/*.wav` and the per-clip `LICENSE`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Esc50Clip {
  readonly file: string;
  readonly path: string;
  readonly fold: number;
  /** Official class number, 0 to 49. */
  readonly target: number;
  /** Official class name, e.g. "clock_tick". */
  readonly category: string;
  /** Whether the class is one of ESC-10. */
  readonly esc10: boolean;
  /** The Freesound recording it was cut from; clips of one recording share it. */
  readonly recording: string;
  readonly licence: ClipLicence;
}

interface ClipLicence {
  /** As the publisher writes it: "CC0", "CC-BY", "CC-BY-NC", "CC Sampling+", or "unknown". */
  readonly name: string;
  readonly author: string;
  readonly title: string;
  readonly url: string;
}

/** The ten classes of ESC-10, in the order of their ESC-50 targets. */
export const ESC10_CLASSES = [
  "dog",
  "rooster",
  "rain",
  "sea_waves",
  "crackling_fire",
  "crying_baby",
  "sneezing",
  "clock_tick",
  "helicopter",
  "chainsaw",
] as const;

const COLUMNS = ["filename", "fold", "target", "category", "esc10", "src_file", "take"] as const;

/** @throws when the folder does not hold the official layout; the message names the file and the column. */
export async function readEsc50(folder: string): Promise<Esc50Clip[]> {
  const table = join(folder, "meta", "esc50.csv");
  const text = await readFile(table, "utf8").catch((cause) => {
    throw new Error(`${folder} is not ESC-50 in its official layout: ${table} cannot be read`, { cause });
  });
  const [header, ...rows] = text.trim().split(/\r?\n/);
  const names = header.split(",");
  const column = Object.fromEntries(COLUMNS.map((name) => [name, names.indexOf(name)]));
  for (const name of COLUMNS) {
    if (column[name] < 0) throw new Error(`${table} has no column "${name}"; its columns are: ${header}`);
  }
  const licences = await readLicences(join(folder, "LICENSE"));
  return rows.map((row, index) => {
    const cells = row.split(",");
    const file = cells[column["filename"]];
    const fold = Number(cells[column["fold"]]);
    if (!file || !Number.isInteger(fold))
      throw new Error(`${table}, line ${index + 2}: cannot read "${row}"`);
    return {
      file,
      path: join(folder, "audio", file),
      fold,
      target: Number(cells[column["target"]]),
      category: cells[column["category"]],
      esc10: cells[column["esc10"]] === "True",
      recording: cells[column["src_file"]],
      licence: licences.get(clipKey(file)) ?? { name: "unknown", author: "", title: "", url: "" },
    };
  });
}

/** A released model may learn only from clips under these licences. */
export function isFreelyLicensed(clip: Esc50Clip): boolean {
  return clip.licence.name === "CC0" || clip.licence.name === "CC-BY";
}

/** "1-100032-A-0.wav" and the licence file's "1-100032-A.ogg" are the same clip. */
function clipKey(file: string): string {
  return file.split(".")[0].split("-").slice(0, 3).join("-");
}

async function readLicences(path: string): Promise<Map<string, ClipLicence>> {
  const licences = new Map<string, ClipLicence>();
  const text = await readFile(path, "utf8").catch(() => "");
  const line = /^- \[([^\]]+)\]: clip derived from (.*) \((\S+)\) by (.*) \[([^\]]+)\]/;
  for (const each of text.split(/\r?\n/)) {
    const match = line.exec(each.trim());
    if (!match) continue;
    const [, file, title, url, author, name] = match;
    licences.set(clipKey(file), { name, author, title, url });
  }
  return licences;
}

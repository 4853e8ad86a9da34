/** Reads UrbanSound8K in its official layout: `metadata/UrbanSound8K.csv` and `audio/fold1` to `audio/fold10`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

interface UrbanSoundClip {
  readonly file: string;
  readonly path: string;
  readonly fold: number;
  readonly classId: number;
  /** Official class name, e.g. "dog_bark". */
  readonly category: string;
}

const COLUMNS = ["slice_file_name", "fold", "classID", "class"] as const;
/** The class's name has this heading in some copies. */
const OTHER_HEADING = "class_name";

/** What ESC-50 and the released packs call the classes that they know too, where they call them otherwise. */
export const URBANSOUND_AS_OURS: Readonly<Record<string, string>> = {
  dog_bark: "dog",
  engine_idling: "engine",
  street_music: "music",
};

/** @throws when the table cannot be read or lacks a column; the message names the file and the column. */
export async function readUrbanSound8k(folder: string): Promise<UrbanSoundClip[]> {
  const table = join(folder, "metadata", "UrbanSound8K.csv");
  const text = await readFile(table, "utf8").catch((cause) => {
    throw new Error(`${folder} is not UrbanSound8K in its official layout: ${table} cannot be read`, {
      cause,
    });
  });
  const [header, ...rows] = text.trim().split(/\r?\n/);
  const names = header.split(",").map((name) => (name === OTHER_HEADING ? "class" : name));
  for (const name of COLUMNS) {
    if (!names.includes(name))
      throw new Error(`${table} has no column "${name}"; its columns are: ${header}`);
  }
  const [fileAt, foldAt, idAt, classAt] = COLUMNS.map((name) => names.indexOf(name));
  return rows.map((row, index) => {
    const cells = row.split(",");
    const file = cells[fileAt];
    const fold = Number(cells[foldAt]);
    if (!file || !Number.isInteger(fold)) {
      throw new Error(`${table}, line ${index + 2}: cannot read "${row}"`);
    }
    return {
      file,
      path: join(folder, "audio", `fold${fold}`, file),
      fold,
      classId: Number(cells[idAt]),
      category: cells[classAt],
    };
  });
}

/**
 * A `.tflite` file may bring the names of its classes: TensorFlow's metadata writer appends a ZIP archive to it, with a text
 * file of a name a line. Readers of the model itself do not see it.
 */
import { unzipSync } from "fflate";
import { labelLines } from "../read-labels.ts";

/** AudioSet's 521 names take 6 kB. */
const MOST_BYTES = 4_000_000;

/** @returns the one list in the file with a name a class, each once; undefined without. */
export function ownLabels(file: Uint8Array, classes: number): readonly string[] | undefined {
  const lists = textFiles(file).map((bytes) => labelLines(new TextDecoder().decode(bytes)));
  const fitting = lists.filter((names) => names.length === classes && new Set(names).size === classes);
  return fitting.length === 1 ? fitting[0] : undefined;
}

function textFiles(file: Uint8Array): Uint8Array[] {
  try {
    const filter = ({ name, originalSize }: { name: string; originalSize: number }) =>
      name.endsWith(".txt") && originalSize <= MOST_BYTES;
    return Object.values(unzipSync(file, { filter }));
  } catch {
    // Without an archive, or with one that cannot be read, the names have to come from elsewhere.
    return [];
  }
}

/** Writes a pack's folder: the graphs prepared, every weight once, and `pack.json`. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Pack, parsePack } from "../../models/pack/pack.ts";
import { type GraphEntries, type PrepareOptions, preparePack } from "../../models/tailor/prepare-pack.ts";

/** All of `pack.json` that is not about graphs, and what else it tells people. */
export type PackDescription = Pick<Pack, "sampleRate" | "stft" | "windowFrames"> &
  Readonly<Record<string, unknown>>;

interface WrittenPack {
  readonly pack: Pack;
  /** All graphs and their weights together. */
  readonly bytes: number;
}

/**
 * @param graphs bytes of `.onnx` files by the names that `entries` gives them; each with all of its weights.
 * @throws PackError when the description is not that of a pack; nothing is written then.
 */
export async function writePack(
  folder: string,
  description: PackDescription,
  entries: GraphEntries,
  graphs: ReadonlyMap<string, Uint8Array>,
  options: PrepareOptions = {},
): Promise<WrittenPack> {
  const prepared = preparePack(description, entries, graphs, options);
  const manifest = { format: prepared.format, ...description, ...prepared.entries };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const pack = parsePack(JSON.parse(text), join(folder, "pack.json"));
  await mkdir(folder, { recursive: true });
  for (const [file, bytes] of prepared.files) await writeFile(join(folder, file), bytes);
  await writeFile(join(folder, "pack.json"), text);
  const bytes = [...prepared.files.values()].reduce((sum, { length }) => sum + length, 0);
  return { pack, bytes };
}

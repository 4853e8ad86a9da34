/** Packs on disk: finding them by name and opening them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_PACK } from "./default-pack.ts";
import { type OpenPack, openedPack, readPackText } from "./open-pack.ts";
import { PackError } from "./pack.ts";

/** The folder of this package: works from the sources, from `dist/` and from an npm install. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isOurs(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error(`no package.json of listenable above ${fileURLToPath(import.meta.url)}`);
    folder = parent;
  }
  return folder;
}

function isOurs(file: string): boolean {
  return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "listenable";
}

/** The version of this package. */
export function packageVersion(): string {
  const text = readFileSync(join(packageFolder(), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Where the released packs lie. */
export function releasedPacksFolder(): string {
  return join(packageFolder(), "models", "packs");
}

/**
 * The folder of a pack given by name (a released one) or by path (any folder with a `pack.json`).
 *
 * @throws PackError "model-missing", naming the released packs there are.
 */
export function findPack(nameOrFolder: string = DEFAULT_PACK, packs = releasedPacksFolder()): string {
  const released = join(packs, nameOrFolder);
  if (/^[a-z0-9-]+$/.test(nameOrFolder) && existsSync(join(released, "pack.json"))) return released;
  const folder = resolve(nameOrFolder);
  if (existsSync(join(folder, "pack.json"))) return folder;
  const names = listPacks(packs);
  throw new PackError(
    `there is no pack "${nameOrFolder}": neither a folder with a pack.json nor a released pack ` +
      `(${names.length > 0 ? `there is: ${names.join(", ")}` : "there are none"} in ${packs})`,
    "model-missing",
  );
}

/** Names of the packs in a folder, sorted. */
export function listPacks(packs = releasedPacksFolder()): string[] {
  if (!existsSync(packs)) return [];
  return readdirSync(packs)
    .filter((name) => existsSync(join(packs, name, "pack.json")))
    .sort();
}

/** @throws PackError that names the file and the way out. */
export async function openPackFolder(folder: string): Promise<OpenPack> {
  const get = async (file: string): Promise<Uint8Array> => {
    const path = join(folder, file);
    try {
      return await readFile(path);
    } catch (cause) {
      const reason =
        (cause as NodeJS.ErrnoException).code === "ENOENT" ? "is missing" : (cause as Error).message;
      throw new PackError(
        `${path} ${reason}: check the path, or fetch or build the pack again`,
        "model-missing",
        {
          cause,
        },
      );
    }
  };
  const pack = readPackText(await get("pack.json"), join(folder, "pack.json"));
  return openedPack(pack, folder, get);
}

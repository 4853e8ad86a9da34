/** Packs on disk: finding them by name and opening them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { addedPacksFolder } from "./added-packs-node.ts";
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

/** Where packs are found by their names: those that come with Listenable, then those that this user added. */
export function packFolders(): readonly string[] {
  return [releasedPacksFolder(), addedPacksFolder()];
}

/**
 * The folder of a pack given by name (a released or an added one) or by path (any folder with a `pack.json`).
 *
 * @throws PackError "model-missing", naming the packs there are.
 */
export function findPack(
  nameOrFolder: string = DEFAULT_PACK,
  packs: string | readonly string[] = packFolders(),
): string {
  const folders = [packs].flat();
  const named = folders.map((each) => join(each, nameOrFolder));
  const found = /^[a-z0-9-]+$/.test(nameOrFolder) ? named.find(isPack) : undefined;
  if (found !== undefined) return found;
  const folder = resolve(nameOrFolder);
  if (isPack(folder)) return folder;
  const names = listPacks(folders);
  throw new PackError(
    `there is no pack "${nameOrFolder}": neither a folder with a pack.json nor a released or added pack ` +
      `(${names.length > 0 ? `there is: ${names.join(", ")}` : "there are none"} in ${folders.join(" and ")}; ` +
      "listenable add lists others)",
    "model-missing",
  );
}

/** Names of the packs in these folders, sorted; the released and the added ones without. */
export function listPacks(packs: string | readonly string[] = packFolders()): string[] {
  const names = [packs].flat().flatMap((folder) => {
    const all = existsSync(folder) ? readdirSync(folder) : [];
    return all.filter((name) => isPack(join(folder, name)));
  });
  return [...new Set(names)].sort();
}

function isPack(folder: string): boolean {
  return existsSync(join(folder, "pack.json"));
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

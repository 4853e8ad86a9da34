/** Files that are there whole or not at all, whenever the process or the machine stops. */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Names of what is not finished begin like this; they are removed at the next start. */
export const UNFINISHED = ".part-";

/** Writes the file under a temporary name, makes sure that it reached the disk, and gives it its name. */
export async function writeDurably(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `${UNFINISHED}${basename(path)}`);
  await writeSynced(temporary, bytes);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes a folder with these files that appears at once with all of them. */
export async function makeFolderDurably(
  path: string,
  files: ReadonlyMap<string, Uint8Array | string>,
): Promise<void> {
  const temporary = join(dirname(path), `${UNFINISHED}${basename(path)}`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  for (const [name, bytes] of files) await writeSynced(join(temporary, name), bytes);
  await syncFolder(temporary);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Takes a folder away: under its own name it is gone at once. */
export async function removeFolder(path: string): Promise<void> {
  const temporary = join(dirname(path), `${UNFINISHED}gone-${basename(path)}`);
  try {
    await rename(path, temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await rm(temporary, { recursive: true, force: true });
}

async function writeSynced(path: string, bytes: Uint8Array | string): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is safe only when its folder reached the disk too. Windows has no such thing and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

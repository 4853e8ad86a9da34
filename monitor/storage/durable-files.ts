/**
 * Files that are there whole or not at all, whenever the process or the machine stops, and for their owner alone.
 */
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { chmod, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PRIVATE_FILE, PRIVATE_FOLDER, writePrivate } from "../../server/private-files.ts";

/** Names of what is not finished begin like this; they are removed at the next start. */
export const UNFINISHED = ".part-";

/** What this process is writing now, by path: nobody's leftovers. */
const underWay = new Set<string>();

/** Whether something unfinished was left behind by a process that is no more. */
export function isLeftOver(path: string): boolean {
  return basename(path).startsWith(UNFINISHED) && !underWay.has(path);
}

/** Writes the file under a temporary name, makes sure that it reached the disk, and gives it its name. */
export async function writeDurably(path: string, bytes: Uint8Array | string): Promise<void> {
  await finishing(path, async (temporary) => {
    await writePrivate(temporary, bytes, { synced: true });
    await rename(temporary, path);
  });
  await syncFolder(dirname(path));
}

/** The same before it returns, for what is small and rare. */
export function writeDurablySync(path: string, text: string): void {
  const temporary = unfinished(path);
  const file = openSync(temporary, "w", PRIVATE_FILE);
  try {
    if (process.platform !== "win32") fchmodSync(file, PRIVATE_FILE);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  if (process.platform === "win32") return;
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Makes a folder with these files that appears at once with all of them. */
export async function makeFolderDurably(
  path: string,
  files: ReadonlyMap<string, Uint8Array | string>,
): Promise<void> {
  await finishing(path, async (temporary) => {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { mode: PRIVATE_FOLDER });
    await chmod(temporary, PRIVATE_FOLDER);
    for (const [name, bytes] of files) await writePrivate(join(temporary, name), bytes, { synced: true });
    await syncFolder(temporary);
    await rename(temporary, path);
  });
  await syncFolder(dirname(path));
}

/** Takes a folder away: under its own name it is gone at once. */
export async function removeFolder(path: string): Promise<void> {
  const temporary = join(dirname(path), `${UNFINISHED}gone-${basename(path)}`);
  underWay.add(temporary);
  try {
    await rename(path, temporary).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rm(temporary, { recursive: true, force: true });
  } finally {
    underWay.delete(temporary);
  }
}

/** Makes a folder, in one that is there, which then is known to be there after a power cut too. */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: PRIVATE_FOLDER });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw error;
  }
  await chmod(path, PRIVATE_FOLDER);
  await syncFolder(dirname(path));
}

/** A failure leaves nothing behind. */
async function finishing(path: string, work: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = unfinished(path);
  underWay.add(temporary);
  try {
    await work(temporary);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw error;
  } finally {
    underWay.delete(temporary);
  }
}

function unfinished(path: string): string {
  return join(dirname(path), `${UNFINISHED}${basename(path)}`);
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

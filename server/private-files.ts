/**
 * What monitor and study keep holds sound and what people said of it: for its owner alone, 0600 in 0700, whatever the
 * umask. The modes are given when something is made, so that it is never open to others, and set again after it, as
 * the umask may have taken from them. Windows has no such modes: there the folder's own rights count.
 */
import { chmodSync, lstatSync, type MakeDirectoryOptions, mkdirSync } from "node:fs";
import { chmod, type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";

export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

/** Anybody but the owner. */
const OTHERS = 0o077;

/** Opens a file for writing ("w", "wx", "a"); one that is there already becomes private too. */
export async function openPrivate(path: string, flags: "w" | "wx" | "a"): Promise<FileHandle> {
  const file = await open(path, flags, PRIVATE_FILE);
  try {
    await file.chmod(PRIVATE_FILE);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Writes a whole file that its owner alone can read. */
export async function writePrivate(path: string, content: Uint8Array | string): Promise<void> {
  const file = await openPrivate(path, "w");
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

/** Makes a folder with those above it; what is made is private, what was there stays as it is. */
export async function makePrivateFolder(path: string): Promise<void> {
  const first = await mkdir(path, MAKING);
  if (first !== undefined) for (const made of between(first, path)) await chmod(made, PRIVATE_FOLDER);
}

/** As `makePrivateFolder`. */
export function makePrivateFolderSync(path: string): void {
  const first = mkdirSync(path, MAKING);
  if (first !== undefined) for (const made of between(first, path)) chmodSync(made, PRIVATE_FOLDER);
}

const MAKING: MakeDirectoryOptions & { recursive: true } = { recursive: true, mode: PRIVATE_FOLDER };

/** From the first folder that was made down to the one that was asked for. */
function between(first: string, path: string): string[] {
  const made: string[] = [];
  for (let each = resolve(path); each.length >= resolve(first).length; each = dirname(each)) {
    made.push(each);
    if (each === resolve(first)) break;
  }
  return made;
}

/**
 * Takes from a file or folder of ours what others may do with it. Links are left alone: what they lead to may be
 * somebody else's. What is gone, or another user's, stays as it is.
 *
 * @returns whether others may still do something with it.
 */
export function makePrivate(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found || found.isSymbolicLink() || process.platform === "win32") return false;
  if ((found.mode & OTHERS) === 0) return false;
  try {
    chmodSync(path, found.isDirectory() ? PRIVATE_FOLDER : PRIVATE_FILE);
    return false;
  } catch {
    return true;
  }
}

/** Whether users beside the owner may look into a folder. */
export function isOpenToOthers(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && process.platform !== "win32" && (found.mode & OTHERS) !== 0;
}

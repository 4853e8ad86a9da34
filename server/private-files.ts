/**
 * What monitor and study keep holds sound and what people said of it: for its owner alone, 0600 in 0700, whatever the
 * umask. The modes are given when something is made, so that it is never open to others, and set again after it, as
 * the umask may have taken from them. Windows has no such modes: there the folder's own rights count.
 */
import { chmodSync, lstatSync, type MakeDirectoryOptions, mkdirSync, readdirSync } from "node:fs";
import { chmod, type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

const ANY = 0o777;
/** All but the owner. */
const OTHERS = 0o077;

/** Opens a file for writing ("w", "wx", "a"); one that is there already becomes private too. */
export async function openPrivate(path: string, flags: "w" | "wx" | "a"): Promise<FileHandle> {
  const file = await open(path, flags, PRIVATE_FILE);
  // Another user's file, and one on a camera's card, keep what they have.
  await file.chmod(PRIVATE_FILE).catch(() => {});
  return file;
}

/**
 * Writes a whole file that its owner alone can read.
 *
 * @param flags "wx" where no file may be there yet.
 * @param synced whether it has reached the disk when this resolves.
 */
export async function writePrivate(
  path: string,
  content: Uint8Array | string,
  { flags = "w", synced = false }: { readonly flags?: "w" | "wx"; readonly synced?: boolean } = {},
): Promise<void> {
  const file = await openPrivate(path, flags);
  try {
    await file.writeFile(content);
    if (synced) await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a folder with those above it; what is made is private, what was there stays as it is. */
export async function makePrivateFolder(path: string): Promise<void> {
  const first = await mkdir(path, MAKING);
  if (first !== undefined)
    for (const made of between(first, path)) await chmod(made, PRIVATE_FOLDER).catch(() => {});
}

/** As `makePrivateFolder`. */
export function makePrivateFolderSync(path: string): void {
  const first = mkdirSync(path, MAKING);
  if (first !== undefined) for (const made of between(first, path)) makePrivate(made);
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
 * somebody else's.
 *
 * @returns whether others may still do something with it, as when it belongs to another user.
 */
export function makePrivate(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found || found.isSymbolicLink() || process.platform === "win32") return false;
  const mode = found.isDirectory() ? PRIVATE_FOLDER : PRIVATE_FILE;
  if ((found.mode & ANY) === mode) return false;
  try {
    chmodSync(path, mode);
    return false;
  } catch {
    return (found.mode & OTHERS) !== 0;
  }
}

/**
 * Closes to others what an earlier version or a copy left open in a folder of ours: each file and folder that `isOurs`
 * knows by name, with all that is in it, and the folder itself where it holds nothing else. What stays open is told.
 *
 * @param deep false leaves what lies in these folders to the caller: nobody else gets there any more.
 */
export function closeToOthers(
  folder: string,
  isOurs: (name: string) => boolean,
  tell: (line: string) => void,
  { deep = true }: { readonly deep?: boolean } = {},
): void {
  const names = namesIn(folder);
  const close = (path: string) => (deep ? closeAll(path) : makePrivate(path) ? [path] : []);
  const open = names.filter(isOurs).flatMap((name) => close(join(folder, name)));
  if (open.length > 0) {
    const more = open.length > 1 ? ` and ${open.length - 1} more` : "";
    tell(`${open[0]}${more} can be read by other users and belongs to another one: chmod -R go= ${folder}`);
  }
  const others = names.filter((name) => !isOurs(name));
  if (others.length === 0) makePrivate(folder);
  else if (isOpen(folder)) {
    tell(
      `${folder} can be looked into by other users, and holds other things too (${others[0]}); what is kept there is closed to them`,
    );
  }
}

/** A file, or a folder with all that is in it. @returns what stays open to others. */
export function closeAll(path: string): string[] {
  // The folder first: what is in it is out of reach from then on.
  const open = makePrivate(path) ? [path] : [];
  return [...open, ...namesIn(path).flatMap((name) => closeAll(join(path, name)))];
}

function namesIn(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return [];
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function isOpen(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && process.platform !== "win32" && (found.mode & OTHERS) !== 0;
}

/** Finds the sound files under a folder: each real file once, whatever links lead to it, and whatever bytes its name has. */
import type { BigIntStats, Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { sep } from "node:path";

/** Names of files that can be read as sound. */
export const SOUND_FILE =
  /\.(wav|wave|w64|rf64|bwf|flac|ogg|oga|opus|spx|mp3|mp2|m4a|m4b|aac|aiff?|aifc|caf|au|snd|webm|mka|wma)$/i;

export interface FoundFile {
  /** Below the folder, for people and for sorting: bytes that are no UTF-8 stand as \xE9. */
  readonly name: string;
  /** A string where its bytes are UTF-8: only few functions of Node take others. */
  readonly path: string | Buffer;
  readonly stats: BigIntStats;
}

export interface FoundFiles {
  /** Sorted by name. */
  readonly files: readonly FoundFile[];
  /** Folders and files that could not be looked at, in sentences. */
  readonly problems: readonly string[];
}

/** Files looked at together: more of them would keep the process from all else. */
const AT_ONCE = 64;

interface Place {
  readonly path: Buffer;
  readonly name: string;
}

/**
 * Links are followed, but real files and folders come first and each is found once, told by device and number: neither
 * a link to a folder above nor a second name (a hard link, a bind mount) makes a second sound. Hidden files are left out.
 *
 * @param leftOut a folder whose files are not meant, wherever it lies.
 * @throws Error that names the folder when it cannot be listed itself.
 */
export async function findSoundFiles(folder: string, leftOut?: string): Promise<FoundFiles> {
  const search = new Search();
  if (leftOut !== undefined) await search.leaveOut(leftOut);
  await search.list({ path: Buffer.from(folder), name: "" }).catch((error: Error) => {
    throw new Error(folderProblem(folder, error), { cause: error });
  });
  await search.finish();
  const files = search.files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { files, problems: search.problems };
}

class Search {
  readonly files: FoundFile[] = [];
  readonly problems: string[] = [];
  readonly #seen = new Set<string>();
  readonly #folders: Place[] = [];
  /** Followed when all that is real was found. */
  readonly #links: Place[] = [];

  async leaveOut(folder: string): Promise<void> {
    const stats = await stat(folder, { bigint: true }).catch(() => undefined);
    if (stats) this.#known(stats);
  }

  async finish(): Promise<void> {
    for (;;) {
      const folder = this.#folders.shift();
      if (folder) await this.list(folder).catch((error: Error) => this.#cannot(folder, error));
      else {
        const link = this.#links.shift();
        if (!link) return;
        this.#take(link, await this.#look(link));
      }
    }
  }

  async list(folder: Place): Promise<void> {
    if (this.#known(await stat(folder.path, { bigint: true }))) return;
    const entries = await readdir(folder.path, { encoding: "buffer", withFileTypes: true });
    const places = entries.map((entry) => ({ entry, place: below(folder, entry.name) }));
    places.sort((a, b) => Buffer.compare(a.entry.name, b.entry.name));
    const files = places.filter(({ entry, place }) => this.#sortOut(entry, place));
    for (let at = 0; at < files.length; at += AT_ONCE) {
      const some = files.slice(at, at + AT_ONCE);
      const looks = await Promise.all(some.map(({ place }) => this.#look(place)));
      // In their order, so that of two names of a file it is always the same that counts.
      for (const [n, { place }] of some.entries()) this.#take(place, looks[n]);
    }
  }

  /** Whether it is to be looked at now. */
  #sortOut(entry: Dirent<Buffer>, place: Place): boolean {
    const sound = isSoundName(place.name);
    if (entry.isDirectory()) this.#folders.push(place);
    else if (entry.isSymbolicLink()) this.#links.push(place);
    // Some file systems do not say what an entry is.
    else return entry.isFile() ? sound : !isSpecial(entry);
    return false;
  }

  #look(place: Place): Promise<BigIntStats | undefined> {
    return stat(place.path, { bigint: true }).catch((error: Error) => {
      this.#cannot(place, error);
      return undefined;
    });
  }

  #take(place: Place, stats: BigIntStats | undefined): void {
    if (stats?.isDirectory()) this.#folders.push(place);
    else if (stats?.isFile() && isSoundName(place.name) && !this.#known(stats)) {
      this.files.push({ name: place.name, path: pathOf(place.path), stats });
    }
  }

  /** Not for file systems without numbers: everything would be one file there. */
  #known({ dev, ino }: BigIntStats): boolean {
    const key = `${dev}:${ino}`;
    const known = ino !== 0n && this.#seen.has(key);
    this.#seen.add(key);
    return known;
  }

  #cannot(place: Place, error: Error): void {
    const { code } = error as NodeJS.ErrnoException;
    // Gone since it was listed, or a link to nothing, or to itself.
    if (code === "ENOENT" || code === "ELOOP") return;
    this.problems.push(`${place.name} cannot be looked at: ${reasonFor(code) ?? error.message}`);
  }
}

function isSoundName(name: string): boolean {
  const last = name.slice(name.lastIndexOf(sep) + 1);
  return SOUND_FILE.test(last) && !last.startsWith(".");
}

function isSpecial(entry: Dirent<Buffer>): boolean {
  return entry.isFIFO() || entry.isSocket() || entry.isCharacterDevice() || entry.isBlockDevice();
}

function below({ path, name }: Place, entry: Buffer): Place {
  const shown = shownBytes(entry);
  return {
    path: Buffer.concat([path, Buffer.from(sep), entry]),
    name: name === "" ? shown : `${name}${sep}${shown}`,
  };
}

function pathOf(path: Buffer): string | Buffer {
  const text = path.toString();
  return Buffer.from(text).equals(path) ? text : path;
}

/** Bytes as text; those that are no UTF-8 as \xE9. */
export function shownBytes(bytes: Buffer): string {
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return text;
  let shown = "";
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((count) => isCharacter(bytes.subarray(at, at + count)));
    shown += length
      ? bytes.toString("utf8", at, at + length)
      : `\\x${bytes[at]!.toString(16).toUpperCase().padStart(2, "0")}`;
    at += length ?? 1;
  }
  return shown;
}

function isCharacter(bytes: Buffer): boolean {
  const text = bytes.toString();
  return [...text].length === 1 && Buffer.from(text).equals(bytes);
}

function folderProblem(folder: string, error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return `there is no folder ${folder}`;
  if (code === "ENOTDIR") return `${folder} is no folder`;
  return `the folder ${folder} cannot be listed: ${reasonFor(code) ?? error.message}`;
}

function reasonFor(code: string | undefined): string | undefined {
  return code === "EACCES" || code === "EPERM" ? "reading it is not allowed" : undefined;
}

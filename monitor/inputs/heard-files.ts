/**
 * What is remembered of recordings in watched folders. A recording is known by what was heard of it, not by its name or
 * times: a file that grew, was renamed, touched or written anew with more at its end is the same one and is heard from
 * where it stopped; a file that begins otherwise is another, whatever its name.
 */
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { FoundFile } from "../../models/sound/find-sound-files-node.ts";
import { readAt } from "./found-file.ts";
import type { Checkpoint } from "./input.ts";

/** What the system says of a file: all the same as long as nobody touched it. */
export interface FileFacts {
  /** As text, from the root on. */
  readonly path: string;
  /** Its number on its disk; "0" where there are none. */
  readonly inode: string;
  readonly size: number;
  /** Times of its last changes. */
  readonly changed: string;
}

export interface HeardFile extends FileFacts {
  /** Of its bytes up to `size`. */
  readonly print: string;
  /** Milliseconds since 1970: when it was begun with. Events' times count from there, however often it is gone on with. */
  readonly startedAt: number;
  readonly checkpoint: Checkpoint;
  /** Heard to its end, and all its events are kept. */
  readonly done: boolean;
}

export interface HeardFiles {
  /** Those with this path, and those with this number on a disk. */
  find(facts: FileFacts): readonly HeardFile[];
  /** @param before what it was known as. @throws Error when it cannot be written. */
  save(file: HeardFile, before?: HeardFile): void;
  /** Whether an earlier version heard it, which knew files by path as it was given, size and time of change. */
  knew?(path: string, size: number, changedMs: number): boolean;
}

/** Headers are filled in when a recorder stops; what they say is not what was heard. */
const HEADER = 4096;
const PROBES = 16;
const PROBE = 65_536;

export function factsOf(file: FoundFile, path: string): FileFacts {
  const { ino, size, mtimeNs, ctimeNs } = file.stats;
  return { path, inode: `${ino}`, size: Number(size), changed: `${mtimeNs} ${ctimeNs}` };
}

export function sameFacts(a: FileFacts, b: FileFacts): boolean {
  return a.path === b.path && a.inode === b.inode && a.size === b.size && a.changed === b.changed;
}

/** The file as it is known; else as a new one. */
export async function recognised(
  facts: FileFacts,
  file: FileHandle,
  known: readonly HeardFile[],
  now: number,
): Promise<{ readonly heard: HeardFile; readonly before?: HeardFile | undefined }> {
  const print = await fingerprint(file, facts.size);
  for (const before of known) {
    if (before.size > facts.size) continue;
    const same = before.size === facts.size ? print : await fingerprint(file, before.size);
    if (same !== before.print) continue;
    return { before, heard: { ...before, ...facts, print, done: before.done && before.size === facts.size } };
  }
  return { heard: { ...facts, print, startedAt: now, checkpoint: BEGINNING, done: false } };
}

export const BEGINNING: Checkpoint = { seconds: 0, detector: { cool: {}, carried: {} } };

/** Of the file's first `size` bytes: of all behind the header, or of pieces all over it where those are many. */
async function fingerprint(file: FileHandle, size: number): Promise<string> {
  const from = Math.min(HEADER, Math.floor(size / 2));
  const length = size - from;
  const hash = createHash("sha256");
  if (length <= PROBES * PROBE) hash.update(await readAt(file, from, length));
  else {
    for (let n = 0; n < PROBES; n++) {
      const at = from + Math.floor((n * (length - PROBE)) / (PROBES - 1));
      hash.update(await readAt(file, at, PROBE));
    }
  }
  return hash.digest("base64");
}

/** For as long as the process lives. */
export class HeardInMemory implements HeardFiles {
  readonly #files = new Set<HeardFile>();

  find({ path, inode }: FileFacts): HeardFile[] {
    const found = [...this.#files].reverse();
    const atPath = found.filter((file) => file.path === path);
    return [
      ...atPath,
      ...found.filter((file) => file.path !== path && inode !== "0" && file.inode === inode),
    ];
  }

  save(file: HeardFile, before?: HeardFile): void {
    for (const other of this.#files) {
      if (isOf(other, file) || (before && isOf(other, before))) this.#files.delete(other);
    }
    this.#files.add(file);
  }
}

function isOf(a: FileFacts, b: FileFacts): boolean {
  return a.path === b.path && a.inode === b.inode;
}

/** A memory that cannot be written now, as on a full disk, is written later; until then it holds here. */
export class PatientHeardFiles implements HeardFiles {
  readonly #unsaved = new Map<string, { readonly file: HeardFile; readonly before: HeardFile | undefined }>();

  constructor(private readonly heard: HeardFiles) {}

  knew(path: string, size: number, changedMs: number): boolean {
    return this.heard.knew?.(path, size, changedMs) ?? false;
  }

  find(facts: FileFacts): HeardFile[] {
    const unsaved = [...this.#unsaved.values()].map(({ file }) => file);
    const here = unsaved.filter(
      ({ path, inode }) => path === facts.path || (inode !== "0" && inode === facts.inode),
    );
    return [...here, ...this.heard.find(facts).filter((file) => !here.some((other) => isOf(other, file)))];
  }

  save(file: HeardFile, before?: HeardFile): void {
    const known = this.#unsaved.get(file.path)?.before ?? before;
    try {
      this.heard.save(file, known);
      this.#unsaved.delete(file.path);
    } catch {
      this.#unsaved.set(file.path, { file, before: known });
    }
  }

  saveAgain(): void {
    for (const { file, before } of this.#unsaved.values()) this.save(file, before);
  }
}

/** What this process knows of the files of a watched folder: which are finished, done, or to be tried again. */
import { join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { FoundFile } from "../../models/sound/find-sound-files-node.ts";
import { type BackOff, backOffMs } from "../../protocol/back-off.ts";
import { withHandle } from "./found-file.ts";
import { type FileFacts, factsOf, type HeardFile, sameFacts } from "./heard-files.ts";
import { saysItIsWhole } from "./whole-file.ts";

/** A file that did not change for so long counts as finished. */
const QUIET_MS = 30_000;
/** Files looked at without a pause. */
const AT_ONCE = 100;
/** For a file that cannot be read. */
const UNREADABLE: BackOff = { firstMs: 10_000, longestMs: 600_000 };

export interface WatchedFile {
  readonly file: FoundFile;
  readonly facts: FileFacts;
  /** When it was first seen as it is, and how often. */
  readonly since: number;
  looks: number;
  /** As it is, all of it was heard and is kept. */
  done: boolean;
  /** Undefined until it was looked into. */
  whole?: boolean;
  failures: number;
  retryAt: number;
  /** What was last said to be wrong with it. */
  told: string;
}

export class WatchedFiles {
  #files = new Map<string, WatchedFile>();

  constructor(
    private readonly folder: string,
    private readonly find: (facts: FileFacts) => readonly HeardFile[],
    private readonly now: () => number,
    /** As files are dated, in milliseconds. */
    private readonly wall: () => number,
    private readonly random: () => number = Math.random,
  ) {}

  /** Those that are there now; others are forgotten. */
  async look(found: readonly FoundFile[]): Promise<WatchedFile[]> {
    const files: WatchedFile[] = [];
    for (const [n, file] of found.entries()) {
      // The memory is asked about each that is new, and thousands may be.
      if (n % AT_ONCE === AT_ONCE - 1) await setImmediate();
      if (file.stats.size > 0n) files.push(this.#look(file));
    }
    this.#files = new Map(files.map((file) => [file.facts.path, file]));
    return files;
  }

  #look(file: FoundFile): WatchedFile {
    const facts = factsOf(file, resolve(join(this.folder, file.name)));
    const known = this.#files.get(facts.path);
    if (known && sameFacts(known.facts, facts)) {
      known.looks++;
      return known;
    }
    const done = this.find(facts).some((heard) => heard.done && sameFacts(heard, facts));
    const fresh = { file, facts, since: this.now(), looks: 1, done, failures: 0, retryAt: 0 };
    return { ...fresh, told: known?.told ?? "" };
  }

  /** Whether it is finished by its writer and there is something of it to hear. */
  async isDue(file: WatchedFile): Promise<boolean> {
    if (file.done || file.looks < 2 || this.now() < file.retryAt) return false;
    if (this.now() - file.since >= QUIET_MS || this.wall() - changedAt(file.file) >= QUIET_MS) return true;
    // What cannot be looked into is due too, so that its error is told.
    file.whole ??= await withHandle(file.file, (handle) => saysItIsWhole(handle, file.facts.size)).catch(
      () => true,
    );
    return file.whole;
  }

  /** It is tried again, later and later. @returns whether that is to be told: not at each time. */
  failed(file: WatchedFile, problem: string): boolean {
    file.retryAt = this.now() + backOffMs(file.failures++, UNREADABLE, this.random);
    const news = file.told !== problem;
    file.told = problem;
    return news;
  }

  heard(file: WatchedFile): void {
    file.done = true;
    file.failures = 0;
    file.told = "";
  }

  /** How many are tried again. */
  get failing(): number {
    return [...this.#files.values()].filter(({ failures }) => failures > 0).length;
  }
}

/** Who copies a file may date it as the old one was; the system's own note of its last change is of the copy. */
function changedAt({ stats: { mtimeNs, ctimeNs } }: FoundFile): number {
  return Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
}

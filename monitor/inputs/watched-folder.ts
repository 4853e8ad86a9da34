/**
 * A folder whose files are heard as they come, each once. A file is begun with when it is finished: it says itself that
 * all of it is there, and did not change from one look to the next; or it did not change for half a minute, as recorders
 * write in bursts. What still comes after that is heard from where the file stopped. A file is done when it was heard to
 * its end and all its events are kept; until then it is tried again.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type FoundFile, findSoundFiles } from "../../models/sound/find-sound-files-node.ts";
import type { BackOff } from "../../protocol/back-off.ts";
import { sleep } from "../sleep.ts";
import { endless } from "./endless.ts";
import { FileHearing } from "./file-hearing.ts";
import { withHandle } from "./found-file.ts";
import { type HeardFiles, HeardInMemory, PatientHeardFiles, recognised } from "./heard-files.ts";
import type { Input, InputReport, Stretch } from "./input.ts";
import type { FileOptions } from "./recorded-stretch.ts";
import { type WatchedFile, WatchedFiles } from "./watched-files.ts";

export interface WatchOptions extends FileOptions {
  /** Which files were heard, and how far. Default: forgotten when the process ends. */
  readonly heard?: HeardFiles;
  readonly random?: () => number;
}

const POLL_MS = 2000;
/** So many times as long as a look takes, the next one waits. */
const LOOK_SHARE = 10;
/** Looking at a folder that is away costs little, and its files wait. */
const AWAY: BackOff = { firstMs: POLL_MS, longestMs: 15_000 };

/** Looked at again and again rather than watched by the system, which misses files on network shares. */
export function watchedFolder(name: string, folder: string, options: WatchOptions = {}): Input {
  const watch = new Watch(folder, options);
  return {
    name,
    source: folder,
    live: false,
    stretches: (report, signal) =>
      endless(report, signal, (wentWell) => watch.hear(report, signal, wentWell), {
        ...options,
        backOff: AWAY,
      }),
  };
}

class Watch {
  readonly #heard: PatientHeardFiles;
  readonly #files: WatchedFiles;
  readonly #now: () => number;
  /** Of parts of the folder, as told. */
  #problems: readonly string[] = [];
  /** The folder's disk and its number there. */
  #place: { readonly dev: bigint; readonly ino: bigint } | undefined;

  constructor(
    private readonly folder: string,
    private readonly options: WatchOptions,
  ) {
    const { heard = new HeardInMemory(), random } = options;
    this.#heard = new PatientHeardFiles(heard);
    // No wall clock, where there is a choice: that may be set.
    this.#now = options.now ?? (() => performance.now());
    const wall = options.now ?? Date.now;
    this.#files = new WatchedFiles(folder, (facts) => this.#heard.find(facts), this.#now, wall, random);
  }

  async *hear(report: InputReport, signal: AbortSignal, wentWell: () => void): AsyncGenerator<Stretch> {
    while (!signal.aborted) {
      const began = this.#now();
      const { files, problems } = await findSoundFiles(this.folder, this.options.leftOut);
      await this.#checkPlace(files.length === 0, report);
      wentWell();
      this.#tellProblems(problems, report);
      this.#heard.saveAgain();
      const watched = await this.#files.look(files);
      const took = this.#now() - began;
      for (const file of watched) {
        if (signal.aborted) return;
        if (!(await this.#files.isDue(file))) continue;
        yield* this.#hearFile(file, report, signal);
        report.unread?.(this.#files.failing);
      }
      report.unread?.(this.#files.failing);
      report.state("idle", "for new files");
      // A folder with very many files must not keep a processor busy.
      await (this.options.sleep ?? sleep)(Math.max(POLL_MS, LOOK_SHARE * took), signal);
    }
  }

  async *#hearFile(watched: WatchedFile, report: InputReport, signal: AbortSignal): AsyncGenerator<Stretch> {
    const hearing = await this.#begin(watched).catch((error: Error) => error);
    let problem: string | undefined;
    if (isGone(hearing)) return;
    if (hearing instanceof Error) problem = hearing.message;
    else if (hearing) {
      report.state("running", watched.file.name);
      try {
        yield await hearing.stretch(this.options, report, signal);
      } catch (error) {
        hearing.failed(error);
      } finally {
        await hearing.close();
      }
      // Where it stopped is remembered.
      if (signal.aborted) return;
      problem = hearing.problem;
    }
    if (problem === undefined) this.#files.heard(watched);
    else if (this.#files.failed(watched, problem)) report.failed(problem);
  }

  /** Undefined when all of it was heard: it was only touched, renamed or copied over itself. */
  async #begin({ file, facts }: WatchedFile): Promise<FileHearing | undefined> {
    const known = this.#heard.find(facts);
    const now = (this.options.now ?? Date.now)();
    const found = await withHandle(file, (handle) => recognised(facts, handle, known, now));
    const { before } = found;
    const heard = known.length === 0 && this.#wasHeard(file) ? { ...found.heard, done: true } : found.heard;
    this.#heard.save(heard, before);
    if (heard.done) return undefined;
    return new FileHearing(file, heard, before !== undefined, (reached) => this.#heard.save(reached));
  }

  /** By an earlier version. */
  #wasHeard({ name, stats }: FoundFile): boolean {
    const changedMs = Math.round(Number(stats.mtimeNs / 1000n) / 1000);
    return this.#heard.knew(join(this.folder, name), Number(stats.size), changedMs);
  }

  /** Each once, until it is another. */
  #tellProblems(problems: readonly string[], report: InputReport): void {
    for (const problem of problems) if (!this.#problems.includes(problem)) report.failed(problem);
    this.#problems = problems;
  }

  /** @throws Error when the folder is only the empty place at which its disk was mounted. */
  async #checkPlace(empty: boolean, report: InputReport): Promise<void> {
    const { dev, ino } = await stat(this.folder, { bigint: true });
    const before = this.#place;
    if (before && before.dev !== dev && empty) {
      throw new Error(`${this.folder} is empty and on another disk than before; is its own still there?`);
    }
    if (before && (before.dev !== dev || before.ino !== ino)) {
      report.failed(`${this.folder} is another folder than before`);
    }
    this.#place = { dev, ino };
  }
}

/** Taken away since it was looked at. */
function isGone(result: unknown): boolean {
  return result instanceof Error && (result as NodeJS.ErrnoException).code === "ENOENT";
}

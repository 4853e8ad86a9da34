/**
 * Answers as they come, one JSON object a line. What was acknowledged has reached the disk, in the file that has the name:
 * one that was taken away, exchanged or cut meanwhile is noticed before anything more is acknowledged.
 */
import { createHash } from "node:crypto";
import { type FileHandle, readFile, stat, truncate, unlink } from "node:fs/promises";
import { openPrivate, writePrivate } from "../server/private-files.ts";

/** A results file that is damaged elsewhere than in the line it ends with. */
export class JournalError extends Error {
  override name = "JournalError";
}

/** The line is not on the disk, and will be tried again with the next one; `cause` says why. */
export class NotWritten extends Error {
  override name = "NotWritten";
}

/** The file is not the one that was written to; `how` says what became of it. */
export class JournalChanged extends Error {
  override name = "JournalChanged";

  constructor(
    readonly path: string,
    readonly how: "removed" | "replaced" | "cut" | "changed" | "written to by somebody else",
  ) {
    super(`${path} was ${how} while it was in use`);
  }
}

/**
 * Reads a journal; a file that does not exist is empty. A last line without its line feed was never acknowledged: it is
 * left out, and `end` is where it begins.
 */
export async function readJournal(
  path: string,
): Promise<{ readonly lines: unknown[]; readonly end: number }> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  const end = bytes.lastIndexOf(0x0a) + 1;
  const texts = bytes.toString("utf8", 0, end).split("\n").slice(0, -1);
  const lines = texts.map((text, k) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new JournalError(`${path}, line ${k + 1} is not JSON; put the file right or take the line out`);
    }
  });
  return { lines, end };
}

/** Appends lines; those that wait while the disk is busy go together. */
export class Journal {
  /** In their order; a line leaves when it is on the disk. */
  readonly #waiting: string[] = [];
  /** The write that will take what waits. */
  #next: Promise<void> | undefined;
  /** Writes, looks and renewals come one after the other: a look during a write would take our own line for another's. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Of what is safe; it is only compared when the file was touched since. */
  #content = createHash("sha256");
  #touchedMs = Number.NaN;
  /** Whether there may be a part of a write behind `#size` that failed. */
  #remains = false;

  private constructor(
    private readonly path: string,
    private file: FileHandle,
    /** Bytes that are safe. */
    private size: number,
  ) {}

  /** Opens the file for appending behind `end`, where `readJournal` found it to be whole. */
  static async open(path: string, end: number): Promise<Journal> {
    const file = await openPrivate(path, "a");
    await truncate(path, end);
    const journal = new Journal(path, file, end);
    journal.#content.update(await readFile(path));
    return journal;
  }

  /** Resolves when the line is on the disk; rejects with NotWritten. */
  append(line: unknown): Promise<void> {
    this.#waiting.push(lineOf(line));
    return this.flushed();
  }

  /** Resolves when all that was appended so far is on the disk, what failed before included; rejects with NotWritten. */
  flushed(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    // A write that runs has taken its lines: these go with the one after it.
    this.#next ??= this.#alone(() => {
      this.#next = undefined;
      return this.#write();
    });
    return this.#next;
  }

  /** @throws JournalChanged when the name stands for another file than the one that was written to, or for less or more. */
  look(): Promise<void> {
    return this.#alone(async () => {
      if (!this.#remains) await this.#compare(this.size);
    });
  }

  /**
   * Begins anew where the file was removed.
   *
   * @param lines all that it should hold, what waits included; asked at once, so that nothing comes in between.
   */
  renew(lines: () => readonly unknown[]): Promise<void> {
    return this.#alone(() => this.#renew(lines));
  }

  async close(): Promise<void> {
    await this.flushed().catch(() => {});
    await this.#alone(() => this.file.close());
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #renew(lines: () => readonly unknown[]): Promise<void> {
    const file = await openPrivate(this.path, "wx");
    const text = lines().map(lineOf).join("");
    const waited = this.#waiting.splice(0);
    try {
      await file.appendFile(text);
      await file.sync();
    } catch (error) {
      this.#waiting.unshift(...waited);
      await Promise.allSettled([file.close(), unlink(this.path)]);
      throw error;
    }
    await this.file.close().catch(() => {});
    this.file = file;
    this.size = Buffer.byteLength(text);
    this.#content = createHash("sha256").update(text);
    this.#remains = false;
  }

  async #write(): Promise<void> {
    const count = this.#waiting.length;
    const text = this.#waiting.join("");
    try {
      await this.#compare(this.size);
      this.#remains = true;
      await this.file.appendFile(text);
      await this.file.sync();
      const size = this.size + Buffer.byteLength(text);
      this.#touchedMs = (await this.file.stat()).mtimeMs;
      await this.#compare(size);
      this.size = size;
      this.#content.update(text);
      this.#remains = false;
      this.#waiting.splice(0, count);
    } catch (cause) {
      throw new NotWritten(`the answer could not be written: ${(cause as Error).message}`, { cause });
    }
  }

  async #compare(size: number): Promise<void> {
    const gone = (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") throw new JournalChanged(this.path, "removed");
      throw error;
    };
    const named = await stat(this.path).catch(gone);
    const ours = await this.file.stat();
    if (named.dev !== ours.dev || named.ino !== ours.ino) throw new JournalChanged(this.path, "replaced");
    if (ours.size < this.size) throw new JournalChanged(this.path, "cut");
    if (ours.mtimeMs !== this.#touchedMs) {
      const bytes = await readFile(this.path).catch(gone);
      const content = createHash("sha256").update(bytes.subarray(0, this.size));
      if (content.digest("hex") !== this.#content.copy().digest("hex"))
        throw new JournalChanged(this.path, "changed");
      this.#touchedMs = ours.mtimeMs;
    }
    // What a write that failed left behind is ours to take away.
    if (this.#remains && size === this.size) {
      await this.file.truncate(size);
      this.#touchedMs = (await this.file.stat()).mtimeMs;
    } else if (ours.size !== size) throw new JournalChanged(this.path, "written to by somebody else");
  }
}

function lineOf(line: unknown): string {
  return `${JSON.stringify(line)}\n`;
}

/** Writes lines to a file that is not there yet. */
export async function writeJournal(path: string, lines: readonly unknown[]): Promise<void> {
  await writePrivate(path, lines.map(lineOf).join(""), { flags: "wx", synced: true });
}

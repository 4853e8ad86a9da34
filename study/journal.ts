/** Answers as they come, one JSON object a line; what was acknowledged has reached the disk. */
import { type FileHandle, readFile, truncate } from "node:fs/promises";
import { openPrivate } from "../server/private-files.ts";

/** A results file that is damaged elsewhere than in the line it ends with. */
export class JournalError extends Error {
  override name = "JournalError";
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
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(private readonly file: FileHandle) {}

  /** Opens the file for appending behind `end`, where `readJournal` found it to be whole. */
  static async open(path: string, end: number): Promise<Journal> {
    const file = await openPrivate(path, "a");
    await truncate(path, end);
    return new Journal(file);
  }

  /** Resolves when the line is on the disk. After a failure, as of a full disk, every further line is refused. */
  async append(line: unknown): Promise<void> {
    this.#waiting.push(`${JSON.stringify(line)}\n`);
    await this.flushed();
  }

  /** Resolves when all that was appended so far is on the disk. */
  async flushed(): Promise<void> {
    while (this.#waiting.length > 0 || this.#writing) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
      await this.#writing;
    }
    if (this.#failure) throw this.#failure;
  }

  async close(): Promise<void> {
    await this.flushed().catch(() => {});
    await this.file.close();
  }

  async #write(): Promise<void> {
    const lines = this.#waiting.splice(0).join("");
    try {
      if (this.#failure) throw this.#failure;
      await this.file.appendFile(lines);
      await this.file.sync();
    } catch (error) {
      this.#failure ??= error as Error;
      throw this.#failure;
    }
  }
}

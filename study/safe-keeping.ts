/** What becomes of answers when their file is exchanged, cut or removed, or its disk is full: nothing acknowledged is lost. */
import { join } from "node:path";
import { makePrivateFolder } from "../server/private-files.ts";
import { ANSWERS_FILE } from "./answers.ts";
import { type Journal, JournalChanged, NotWritten, writeJournal } from "./journal.ts";

/** Nothing can be kept now, so nothing is acknowledged; the same again may be. */
export class NotSaved extends Error {
  override name = "NotSaved";
}

export interface KeepingLog {
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
  error(facts: object, text: string): void;
}

interface KeepingOptions {
  /** Folder of the answers. */
  readonly results: string;
  /** All that was taken so far. */
  readonly lines: () => readonly unknown[];
  readonly log: KeepingLog;
  readonly now: () => Date;
}

/** Times that the file may be removed while it is written anew. */
const MOST_RENEWALS = 3;

export class SafeKeeping {
  /** What is wrong now, as it was told. */
  #trouble: string | undefined;
  #renewing: Promise<void> | undefined;

  constructor(
    private readonly journal: Journal,
    private readonly options: KeepingOptions,
  ) {}

  /** Whether answers are saved, as far as was seen last. */
  get works(): boolean {
    return this.#trouble === undefined;
  }

  /** Resolves when all that was taken so far is on the disk; rejects with NotSaved. */
  flushed(): Promise<void> {
    return this.#safely(() => this.journal.flushed());
  }

  /** The same, and looks whether the file is still the one that was written to. */
  look(): Promise<void> {
    return this.#safely(async () => {
      await this.journal.flushed();
      await this.journal.look();
    });
  }

  async #safely(work: () => Promise<void>, renewals = MOST_RENEWALS): Promise<void> {
    try {
      await work();
    } catch (error) {
      const cause = error instanceof NotWritten ? error.cause : error;
      if (!(cause instanceof JournalChanged) || cause.how !== "removed" || renewals === 0) {
        await this.#tell(cause as Error);
        throw new NotSaved("Answers cannot be saved just now; the page keeps them and tries again.", {
          cause,
        });
      }
      await this.#renew();
      return this.#safely(work, renewals - 1);
    }
    if (this.#trouble !== undefined) this.options.log.info({}, "answers are saved again");
    this.#trouble = undefined;
  }

  /** Everything is known here, so that a file that is gone can be written as it was. */
  #renew(): Promise<void> {
    const { results, lines, log } = this.options;
    const renew = async () => {
      await makePrivateFolder(results);
      await this.journal.renew(lines).catch((error: NodeJS.ErrnoException) => {
        // Somebody put a file there in between: the next look says what it is.
        if (error.code !== "EEXIST") throw error;
      });
      log.warn(
        {},
        `${join(results, ANSWERS_FILE)} was removed while the study runs: it was written anew, with all answers`,
      );
    };
    this.#renewing ??= renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing.catch(async (cause: Error) => {
      await this.#tell(cause);
      throw new NotSaved("Answers cannot be saved just now; the page keeps them and tries again.", { cause });
    });
  }

  /** Once for each trouble. */
  async #tell(cause: Error): Promise<void> {
    if (this.#trouble === cause.message) return;
    this.#trouble = cause.message;
    const meanwhile = "answers are refused until that is put right, and pages keep them and try again";
    const way = cause instanceof JournalChanged ? await this.#setAside() : "";
    this.options.log.error({ reason: cause.message }, `${cause.message}: ${meanwhile}${way}`);
  }

  /** @returns the way out, for people. */
  async #setAside(): Promise<string> {
    const { results, lines, now } = this.options;
    const time = now()
      .toISOString()
      .replace(/[-:]|\.\d+Z/g, "")
      .replace("T", "-");
    const kept = join(results, `answers-kept-${time}.jsonl`);
    try {
      await writeJournal(kept, lines());
    } catch (error) {
      return `. All that was acknowledged is in this command's memory alone (${(error as Error).message}): put the file back before you end it`;
    }
    return (
      `. All that was acknowledged is in ${kept}: put the file back as it was, or end this command, put that one in the ` +
      `place of ${ANSWERS_FILE} and start again`
    );
  }
}

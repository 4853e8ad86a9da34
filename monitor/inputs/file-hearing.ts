/** A file of a watched folder while it is heard: how far it came, and what stopped it. */
import type { FoundFile } from "../../models/sound/find-sound-files-node.ts";
import { type ReadablePath, readablePath } from "./found-file.ts";
import type { HeardFile } from "./heard-files.ts";
import type { InputReport, Stretch } from "./input.ts";
import { type FileOptions, openStretch } from "./recorded-stretch.ts";

/** Seconds that are heard again before a checkpoint: a window, and what a clip has before its event. */
const LEAD_SECONDS = 10;

export class FileHearing {
  #heard: HeardFile;
  #path: ReadablePath | undefined;
  #problem: string | undefined;

  /** @param begun whether it was begun with before; @param save called with every step forward. */
  constructor(
    private readonly file: FoundFile,
    heard: HeardFile,
    private readonly begun: boolean,
    private readonly save: (heard: HeardFile) => void,
  ) {
    this.#heard = heard;
  }

  /** Why it is not done; undefined when it is. */
  get problem(): string | undefined {
    if (this.#problem !== undefined) return this.#path?.told(this.#problem) ?? this.#problem;
    return this.#heard.done ? undefined : `${this.file.name} was not heard to its end`;
  }

  /** From the checkpoint on. @throws AudioFileError or Error when the file cannot be read. */
  async stretch(
    options: FileOptions,
    report: Pick<InputReport, "noted">,
    signal: AbortSignal,
  ): Promise<Stretch> {
    const { startedAt, checkpoint } = this.#heard;
    this.#path = await readablePath(this.file);
    const from = Math.max(0, checkpoint.seconds - LEAD_SECONDS);
    const path = this.#path;
    const noted = (message: string) => report.noted?.(path.told(message));
    const { timeOf: _, ...stretch } = await openStretch(
      ...([this.#path.path, this.file.name, options, { noted }, signal, from] as const),
    );
    return {
      ...stretch,
      // The same for every part of the file, whenever it is heard: events are known again by it.
      startedAt: new Date(startedAt),
      after: this.begun ? checkpoint : undefined,
      blocks: this.#watched(stretch.blocks),
      onKept: (reached, end) => {
        this.#heard = { ...this.#heard, checkpoint: reached, done: end && this.#problem === undefined };
        this.save(this.#heard);
      },
    };
  }

  failed(error: unknown): void {
    this.#problem = error instanceof Error ? error.message : String(error);
  }

  async close(): Promise<void> {
    await this.#path?.close();
  }

  /** A file that breaks off ends here: what was heard of it counts, and it is not done. */
  async *#watched(blocks: AsyncIterable<Float32Array>): AsyncGenerator<Float32Array> {
    try {
      yield* blocks;
    } catch (error) {
      this.failed(error);
    }
  }
}

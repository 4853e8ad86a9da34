/**
 * Lines into a log or pipe for a program that must outlive it: writing never waits, throws or ends anything. What cannot be
 * written now (a full disk, a reader that is slow or gone) waits in bounded memory and is tried again; the newest lines are
 * left out where it is full, and their number is told as soon as something can be written again.
 */
import { write, writeSync } from "node:fs";

export interface Trouble {
  /** As the system calls it, "ENOSPC"; undefined when the reader was only slow. */
  readonly reason: string | undefined;
  /** Lines that are missing. */
  readonly lost: number;
}

interface SinkOptions {
  /** Called when writing works again; a line to write into the same place, if any. */
  readonly recovered: (trouble: Trouble) => string | undefined;
  /** Bytes that may wait. Default 1 MiB. */
  readonly most?: number;
  /** Whether the process waits for a slow reader before it ends. Default: no. */
  readonly waits?: boolean;
  /** How it writes. Default: Node's own. */
  readonly writer?: Writer;
  /** Until it tries again what failed. Default 1 s. */
  readonly troubleMs?: number;
}

/** A part of `bytes`, as much as goes at once; `done` gets its size. */
type Writer = (
  file: number,
  bytes: Buffer,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

const toFile: Writer = (file, bytes, done) => write(file, bytes, 0, bytes.length, null, done);

const MOST_BYTES = 1024 * 1024;
const SLOW_MS = 20;
const TROUBLE_MS = 1_000;

export class LineSink {
  #waiting: Buffer[] = [];
  #bytes = 0;
  #busy = false;
  #lost = 0;
  /** Bytes that are older than the first line that was left out: it is told behind them. */
  #older = 0;
  #trouble: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #waits: boolean;

  /** Ends with the process: what waits then is tried once more. */
  constructor(
    private readonly file: number,
    private readonly options: SinkOptions,
  ) {
    this.#waits = options.waits ?? false;
    process.on("exit", () => this.#last());
  }

  /** From now on the process waits for nobody who reads here. */
  hurry(): void {
    this.#waits = false;
    this.#timer?.unref();
  }

  /** @param text one line or more, each with its line feed. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#bytes + bytes.length > (this.options.most ?? MOST_BYTES)) {
      if (this.#lost++ === 0) this.#older = this.#bytes;
      return;
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#timer === undefined) this.#next();
  }

  #next(): void {
    if (this.#busy || this.#bytes === 0) return;
    this.#busy = true;
    this.#waiting = [Buffer.concat(this.#waiting)];
    const [all] = this.#waiting;
    (this.options.writer ?? toFile)(this.file, all, (error, written) => {
      this.#busy = false;
      if (error) this.#later(error);
      else this.#done(written);
    });
  }

  #done(written: number): void {
    this.#waiting[0] = this.#waiting[0].subarray(written);
    this.#bytes -= written;
    this.#older -= written;
    if (this.#waiting[0].length === 0) {
      this.#waiting.shift();
      this.#tell();
    }
    this.#next();
  }

  #tell(): void {
    if ((this.#trouble === undefined && this.#lost === 0) || this.#older > 0) return;
    const line = this.options.recovered({ reason: this.#trouble, lost: this.#lost });
    this.#trouble = undefined;
    this.#lost = 0;
    if (line === undefined) return;
    this.#waiting.unshift(Buffer.from(line));
    this.#bytes += this.#waiting[0].length;
  }

  #later({ code = "unknown" }: NodeJS.ErrnoException): void {
    const slow = code === "EAGAIN";
    if (!slow) this.#trouble = code;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#next();
      },
      slow ? SLOW_MS : (this.options.troubleMs ?? TROUBLE_MS),
    );
    if (!slow || !this.#waits) this.#timer.unref();
  }

  #last(): void {
    if (this.#busy || this.#bytes === 0) return;
    try {
      writeSync(this.file, Buffer.concat(this.#waiting));
    } catch {
      // Nobody is left who could be told.
    }
  }
}

/**
 * Results on disk, one JSON line each, written as they come: an interrupted run goes on where it stopped, and a
 * finished one reads its figures. A key says all that a result depends on, so that nothing stale is found.
 */
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export class ResultStore {
  readonly #results = new Map<string, unknown>();
  readonly #path: string;
  #file: number | undefined;
  #broken = false;

  /** @throws when the file is there and cannot be read. */
  constructor(path: string) {
    this.#path = path;
    const text = readIfThere(path);
    // A process killed while it wrote leaves half a line, which counts as not written.
    this.#broken = text !== "" && !text.endsWith("\n");
    for (const line of text.split("\n")) {
      const entry = parsed(line);
      if (entry) this.#results.set(entry.key, entry.value);
    }
  }

  has(key: string): boolean {
    return this.#results.has(key);
  }

  get<T>(key: string): T | undefined {
    return this.#results.get(key) as T | undefined;
  }

  /** On disk before it returns. */
  add(key: string, value: unknown): void {
    if (this.#file === undefined) {
      mkdirSync(dirname(this.#path), { recursive: true });
      this.#file = openSync(this.#path, "a");
      if (this.#broken) writeSync(this.#file, "\n");
    }
    writeSync(this.#file, `${JSON.stringify({ key, value })}\n`);
    this.#results.set(key, value);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** A short hash of everything that is given, in its order. */
export function keyOf(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 24);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new Error(`${path} cannot be read; remove it to start anew`, { cause: error });
  }
}

function parsed(line: string): { key: string; value: unknown } | undefined {
  try {
    const entry = JSON.parse(line);
    return typeof entry?.key === "string" ? entry : undefined;
  } catch {
    return undefined;
  }
}

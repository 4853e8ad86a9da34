/** Files that others publish: fetched or read, and taken only when they are what is known of them. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { UsageError } from "../errors.ts";
import type { Follow } from "../progress.ts";

/** What is known of a file before it is had. */
export interface Expected {
  readonly bytes: number;
  readonly sha256: string;
}

export interface FetchOptions extends Follow {
  /** How long a server may send nothing. */
  readonly patienceMs?: number;
  /** How the address is named in messages; one of a user's may hold secrets. */
  readonly shown?: string;
}

const PATIENCE_MS = 30_000;
const WAY_OUT = "with --from FILE a file that you have is taken";

/**
 * Fetches a file into `path`. What lies there after an error is no file to use.
 *
 * @param expected absent for a file of which nothing is known.
 * @returns its SHA-256.
 * @throws Error that says whether there is no network, no such file, a part of one or another one; the signal's reason.
 */
export async function fetchFile(
  address: string,
  path: string,
  expected: Expected | undefined,
  { signal, onProgress = () => {}, patienceMs = PATIENCE_MS, shown = address }: FetchOptions = {},
): Promise<string> {
  const patience = new Patience(patienceMs, signal);
  const file = await open(path, "wx");
  try {
    const response = await answer(address, shown, patience);
    const length = Number(response.headers.get("content-length")) || null;
    const total = expected?.bytes ?? length;
    const report = (done: number) =>
      onProgress({ stage: "fetch", done, total, detail: `${megabytes(done)} MB` });
    const { done, sha256 } = await store(response, file, expected, report, patience).catch((cause) => {
      if (cause instanceof Oversized) throw notThePublished(shown, `more than ${expected?.bytes} bytes`);
      signal?.throwIfAborted();
      throw new Error(`${shown} broke off: try again; or ${WAY_OUT}`, { cause });
    });
    if (total !== null && done < total) {
      throw new Error(`${shown} broke off after ${done} of ${total} bytes: try again; or ${WAY_OUT}`);
    }
    if (expected && sha256 !== expected.sha256) throw notThePublished(shown, `SHA-256 ${sha256}`);
    return sha256;
  } finally {
    patience.end();
    await file.close();
  }
}

/**
 * Reads a user's own file to see whether it is the one that is known.
 *
 * @returns its SHA-256.
 * @throws UsageError for a file that cannot be read; Error for one that was cut or is another.
 */
export async function checkFile(path: string, expected: Expected | undefined): Promise<string> {
  const { bytes, sha256 } = await sumOfFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--from ${path} cannot be read (${cause.code})`, { cause });
  });
  if (!expected || sha256 === expected.sha256) return sha256;
  if (bytes < expected.bytes) {
    throw new Error(
      `${path} has ${bytes} bytes, and the published file ${expected.bytes}: it was cut off or is another one; fetch it again`,
    );
  }
  throw notThePublished(path, `SHA-256 ${sha256}`);
}

/** Its length and its SHA-256, read piece by piece. */
export async function sumOfFile(path: string): Promise<Expected> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const part of createReadStream(path)) {
    hash.update(part);
    bytes += part.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

async function answer(address: string, shown: string, patience: Patience): Promise<Response> {
  const response = await fetch(address, {
    signal: patience.signal,
    // The length that servers tell is then that of the file.
    headers: { "accept-encoding": "identity" },
  }).catch((cause: Error & { cause?: NodeJS.ErrnoException }) => {
    patience.throwIfAsked();
    const reason = patience.signal.aborted ? "no answer" : (cause.cause?.code ?? cause.message);
    throw new Error(`${shown} cannot be reached (${reason}): is there a network? Without one, ${WAY_OUT}`, {
      cause,
    });
  });
  if (response.ok && response.body) return response;
  await response.body?.cancel();
  throw new Error(
    `${shown} answered with status ${response.status}: the file is not there any more, or just now; ${WAY_OUT}`,
  );
}

async function store(
  response: Response,
  file: FileHandle,
  expected: Expected | undefined,
  report: (done: number) => void,
  patience: Patience,
): Promise<{ done: number; sha256: string }> {
  const hash = createHash("sha256");
  let done = 0;
  report(done);
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    patience.wait();
    done += part.length;
    if (expected && done > expected.bytes) throw new Oversized();
    hash.update(part);
    await file.writeFile(part);
    report(done);
  }
  return { done, sha256: hash.digest("hex") };
}

/** The server has more to send than the file that is known has. */
class Oversized extends Error {}

function notThePublished(where: string, what: string): Error {
  return new Error(`${where} is not the published file that Listenable knows (${what}): nothing was added`);
}

/** Ends a fetch whose server says nothing for too long, or that somebody asked to end. */
class Patience {
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly ms: number,
    private readonly asked: AbortSignal | undefined,
  ) {
    if (asked?.aborted) this.#stop();
    asked?.addEventListener("abort", this.#stop);
    this.wait();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** From now on for as long again. */
  wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#stop, this.ms);
  }

  throwIfAsked(): void {
    this.asked?.throwIfAborted();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.asked?.removeEventListener("abort", this.#stop);
  }

  readonly #stop = () => this.#abort.abort();
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

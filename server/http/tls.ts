/** TLS with certificate files of one's own, read again when they change. */
import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";

export interface TlsFiles {
  /** PEM files: the certificate with its chain, and its private key. */
  readonly cert: string;
  readonly key: string;
}

interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws Error that names both files when they cannot be read or do not belong together. */
export async function readTlsFiles({ cert, key }: TlsFiles): Promise<TlsPair> {
  try {
    const pair = { cert: await readFile(cert), key: await readFile(key) };
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new Error(
      `the certificate ${cert} and the key ${key} cannot be used for TLS: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/**
 * Calls `onChange` when either file changes. It looks every `everyMs`: certificates are often swapped by moving links,
 * which file watching misses.
 *
 * @returns ends the watch.
 */
export function watchTlsFiles(files: TlsFiles, everyMs: number, onChange: () => void): () => void {
  let seen: string | undefined;
  const look = async () => {
    const found = await Promise.all([stat(files.cert), stat(files.key)]).catch(() => undefined);
    // Missing in the middle of a swap: the next look finds them.
    if (!found) return;
    const now = found.map(({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`).join();
    if (seen !== undefined && now !== seen) onChange();
    seen = now;
  };
  void look();
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

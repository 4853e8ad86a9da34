/** A file that was found, for those who want a path that is text, or its bytes. */
import { type FileHandle, open } from "node:fs/promises";
import { type FoundFile, shownBytes } from "../../models/sound/find-sound-files-node.ts";

export interface ReadablePath {
  readonly path: string;
  /** What a message about the path says to people. */
  told(message: string): string;
  close(): Promise<void>;
}

/**
 * A path that everybody takes, ffmpeg included, until it is closed. A name that is no UTF-8 has none; on Linux the open
 * file itself has one. @throws Error elsewhere.
 */
export async function readablePath({ path }: Pick<FoundFile, "path">): Promise<ReadablePath> {
  if (typeof path === "string") return { path, told: (message) => message, close: async () => {} };
  const shown = shownBytes(path);
  if (process.platform !== "linux") throw new Error(`${shown}: its name is no UTF-8; rename it`);
  const file = await open(path, "r");
  const opened = `/proc/${process.pid}/fd/${file.fd}`;
  return {
    path: opened,
    told: (message) => message.replaceAll(opened, shown),
    close: () => file.close(),
  };
}

export async function withHandle<T>(
  { path }: Pick<FoundFile, "path">,
  read: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, "r");
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}

/** Reads from `at` on; fewer bytes at the file's end. */
export async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

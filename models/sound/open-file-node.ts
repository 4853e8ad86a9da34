/** A plain file as a source of bytes, read where it is asked for. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { ByteSource } from "../../dsp/index.ts";
import { AudioFileError, messageOf } from "./audio-file-error.ts";

export interface OpenFile extends ByteSource {
  close(): void;
}

/** Throws an AudioFileError for what is no plain file, or is not to be read. */
export function openFile(path: string): OpenFile {
  // Asked before opening: opening a named pipe would wait for its writer.
  const status = attempt(path, () => statSync(path));
  if (!status.isFile()) {
    throw new AudioFileError(
      `${path} is ${status.isDirectory() ? "a folder" : "no plain file"}; name a sound file`,
    );
  }
  const handle = attempt(path, () => openSync(path, "r"));
  return {
    size: status.size,
    read(start, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, status.size - start)));
      let filled = 0;
      while (filled < bytes.length) {
        const count = readSync(handle, bytes, filled, bytes.length - filled, start + filled);
        if (count === 0) break;
        filled += count;
      }
      return bytes.subarray(0, filled);
    },
    close: () => closeSync(handle),
  };
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EACCES"
          ? "reading it is not allowed"
          : messageOf(error);
    throw new AudioFileError(`${path}: ${reason}`, { cause: error });
  }
}

/** Sound files: one, or all of a folder. They wait for their analysis. */
import { readdir, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { SOUND_FILE } from "../../lab/data/sound-folder.ts";
import { openRecording } from "../../models/sound/open-recording-node.ts";
import { type Sleep, sleep } from "../sleep.ts";
import type { Input, Stretch } from "./input.ts";

interface FileOptions {
  /** Give the sound as slowly as it was recorded, so that it can be watched and listened to. */
  readonly realTime?: boolean | undefined;
  readonly sleep?: Sleep;
  readonly now?: () => number;
}

export function fileInput(name: string, path: string, options: FileOptions = {}): Input {
  return {
    name,
    source: path,
    live: false,
    async *stretches(report, signal) {
      report.state("running");
      yield await openStretch(path, basename(path), options, signal);
      report.state("ended");
    },
  };
}

/** Remembers which files were heard, so that a restart does not hear them again. */
interface HeardFiles {
  has(key: string): boolean;
  add(key: string): void;
}

export interface FolderOptions extends FileOptions {
  /** Wait for new files for ever, instead of ending with the last one. */
  readonly watch?: boolean | undefined;
  readonly heard?: HeardFiles;
}

const POLL_MS = 2000;

/** Looked at again and again rather than watched by the system, which misses files on network shares. */
export function folderInput(name: string, folder: string, options: FolderOptions = {}): Input {
  const { watch = false, heard } = options;
  return {
    name,
    source: folder,
    live: false,
    async *stretches(report, signal) {
      const done = new Set<string>();
      let before = new Set<string>();
      while (!signal.aborted) {
        const found = await soundFiles(folder);
        for (const { path, key } of found) {
          // A file that is still being written has another size the next time.
          const settled = !watch || before.has(key);
          if (signal.aborted || done.has(key) || !settled || (watch && heard?.has(key))) continue;
          done.add(key);
          report.state("running", relative(folder, path));
          const stretch = await openStretch(path, relative(folder, path), options, signal).catch(
            (error: Error) => {
              report.failed(error.message);
              return undefined;
            },
          );
          if (!stretch) continue;
          yield stretch;
          if (!signal.aborted) heard?.add(key);
        }
        if (!watch) break;
        before = new Set(found.map(({ key }) => key));
        report.state("waiting", "for new files");
        await (options.sleep ?? sleep)(POLL_MS, signal);
      }
      report.state("ended");
    },
  };
}

/** A file is known by its path, size and time: one that was replaced counts as new. */
async function soundFiles(folder: string): Promise<{ path: string; key: string }[]> {
  const names = (await readdir(folder, { recursive: true }))
    .filter((file) => SOUND_FILE.test(file) && !basename(file).startsWith("."))
    .sort();
  const found = await Promise.all(
    names.map(async (file) => {
      const path = join(folder, file);
      const facts = await stat(path).catch(() => undefined);
      return facts?.isFile() && facts.size > 0
        ? [{ path, key: `${path}\n${facts.size}\n${Math.round(facts.mtimeMs)}` }]
        : [];
    }),
  );
  return found.flat();
}

async function openStretch(
  path: string,
  file: string,
  options: FileOptions,
  signal: AbortSignal,
): Promise<Stretch> {
  const { sampleRate, blocks } = await openRecording(path);
  const now = options.now ?? Date.now;
  return {
    file,
    sampleRate,
    startedAt: new Date(now()),
    blocks: options.realTime ? paced(blocks, sampleRate, options, signal) : blocks,
  };
}

/** Pieces of a tenth of a second, each not before its time. */
async function* paced(
  blocks: AsyncIterable<Float32Array>,
  sampleRate: number,
  options: FileOptions,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  const now = options.now ?? Date.now;
  const started = now();
  const size = Math.round(sampleRate / 10);
  let given = 0;
  for await (const block of blocks) {
    for (let at = 0; at < block.length && !signal.aborted; at += size) {
      const piece = block.subarray(at, at + size);
      given += piece.length;
      const early = started + (1000 * given) / sampleRate - now();
      if (early > 0) await (options.sleep ?? sleep)(early, signal);
      yield piece;
    }
  }
}

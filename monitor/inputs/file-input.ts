/** Sound files: one, or all of a folder. They wait for their analysis. */
import { basename, join } from "node:path";
import { findSoundFiles } from "../../models/sound/find-sound-files-node.ts";
import { readablePath } from "./found-file.ts";
import type { Input } from "./input.ts";
import { type FileOptions, openStretch } from "./recorded-stretch.ts";
import { type WatchOptions, watchedFolder } from "./watched-folder.ts";

export function fileInput(name: string, path: string, options: FileOptions = {}): Input {
  return {
    name,
    source: path,
    live: false,
    async *stretches(report, signal) {
      report.state("running");
      yield await openStretch(path, basename(path), options, report, signal);
      report.state("ended");
    },
  };
}

export interface FolderOptions extends WatchOptions {
  /** Wait for new files for ever, instead of ending with the last one. */
  readonly watch?: boolean | undefined;
}

export function folderInput(name: string, folder: string, options: FolderOptions = {}): Input {
  if (options.watch) return watchedFolder(name, folder, options);
  return {
    name,
    source: folder,
    live: false,
    async *stretches(report, signal) {
      const { files, problems } = await findSoundFiles(folder, options.leftOut);
      for (const problem of problems) report.failed(`${join(folder, problem)}`);
      for (const file of files) {
        if (signal.aborted) break;
        if (file.stats.size === 0n) continue;
        report.state("running", file.name);
        const path = await readablePath(file).catch((error: Error) => error);
        if (path instanceof Error) report.failed(path.message);
        else {
          const noted = (message: string) => report.noted?.(path.told(message));
          const stretch = await openStretch(path.path, file.name, options, { noted }, signal).catch(
            (error: Error) => report.failed(path.told(error.message)),
          );
          if (stretch) yield stretch;
          await path.close();
        }
      }
      report.state("ended");
    },
  };
}

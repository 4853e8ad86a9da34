/** How a command follows long work of the lab: bars on a terminal, notices on standard error, Ctrl+C. */
import type { Follow } from "../lab/progress.ts";
import { interruptible } from "./interrupt.ts";
import { type Progress, showProgress } from "./progress.ts";
import { say } from "./say.ts";

/** Runs the work with a progress line for each of its stages. */
export async function followed<T>(work: (follow: Required<Follow>) => Promise<T>): Promise<T> {
  let stage = "";
  let bar: Progress | undefined;
  const end = () => bar?.end();
  try {
    return await interruptible((signal) =>
      work({
        signal,
        onProgress(progress) {
          if (bar === undefined || progress.stage !== stage) {
            end();
            stage = progress.stage;
            bar = showProgress(stage, progress.total);
          }
          if (progress.total !== null) bar.setTotal(progress.total);
          bar.update(progress.done, progress.detail);
        },
        onNotice(sentence) {
          end();
          bar = undefined;
          say(sentence);
        },
      }),
    );
  } finally {
    end();
  }
}

/** Progress on a terminal: one line on standard error with percentage, time left and a detail of the caller's. */
import { SingleBar } from "cli-progress";
import { oneLine } from "../protocol/shown-text.ts";

export interface Progress {
  /** `done` of `total` steps; the detail is shown behind the time left. */
  update(done: number, detail?: string): void;
  /** For totals that become known late. */
  setTotal(total: number): void;
  end(): void;
}

const SILENT: Progress = { update() {}, setTotal() {}, end() {} };

/**
 * A progress line, or one that does nothing when standard error is not a terminal. A total of null is one that nobody
 * knows: then only the time gone and the detail are shown.
 */
export function showProgress(title: string, total: number | null, stream = process.stderr): Progress {
  if (!stream.isTTY) return SILENT;
  const known = "{bar} {percentage} % · {duration_formatted} gone, {eta_formatted} left";
  const bar = new SingleBar({
    format: `${oneLine(title)} ${total === null ? "{duration_formatted} gone" : known} {detail}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    fps: 5,
    etaBuffer: 50,
    stream,
    clearOnComplete: true,
  });
  bar.start(total ?? Number.MAX_SAFE_INTEGER, 0, { detail: "" });
  return {
    update: (done, detail = "") => bar.update(done, { detail: oneLine(detail) }),
    setTotal: (value) => bar.setTotal(value),
    end: () => bar.stop(),
  };
}

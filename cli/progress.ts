/** Progress on a terminal: one line on standard error with percentage, time left and a detail of the caller's. */
import { SingleBar } from "cli-progress";

export interface Progress {
  /** `done` of `total` steps; the detail is shown behind the time left. */
  update(done: number, detail?: string): void;
  /** For totals that become known late. */
  setTotal(total: number): void;
  end(): void;
}

const SILENT: Progress = { update() {}, setTotal() {}, end() {} };

/** A progress line, or one that does nothing when standard error is not a terminal. */
export function showProgress(title: string, total: number, stream = process.stderr): Progress {
  if (!stream.isTTY) return SILENT;
  const bar = new SingleBar({
    format: `${title} {bar} {percentage} % · {duration_formatted} gone, {eta_formatted} left {detail}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    fps: 5,
    etaBuffer: 50,
    stream,
    clearOnComplete: true,
  });
  bar.start(total, 0, { detail: "" });
  return {
    update: (done, detail = "") => bar.update(done, { detail }),
    setTotal: (value) => bar.setTotal(value),
    end: () => bar.stop(),
  };
}

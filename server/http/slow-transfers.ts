/** Ends transfers that hardly get on, so that nobody holds connections and memory by reading or sending slowly. */
import type { ServerResponse } from "node:http";
import { onceEnded } from "./answer-end.ts";

/** What a transfer must manage to stay. */
interface LeastPace {
  /** It must get on by so much... */
  readonly leastBytes: number;
  /** ...or to its end, in so long. */
  readonly patienceMs: number;
}

/** Of answers to clients. */
export const LEAST_DOWNLOAD: LeastPace = { leastBytes: 65_536, patienceMs: 30_000 };
/** Of bodies from clients: far less than any network manages, as a body has a few kilobytes. */
export const LEAST_UPLOAD: LeastPace = { leastBytes: 256, patienceMs: 10_000 };

export const SWEEP_MS = 5_000;

interface Transfer {
  /** Bytes that have passed so far. */
  readonly moved: () => number;
  /** Whether the client is waited for now; where it is not, the transfer takes its time for reasons of its own. */
  readonly waiting: () => boolean;
  /** Called once, when it was too slow; it is watched no more then. */
  readonly cut: () => void;
}

interface Progress {
  moved: number;
  since: number;
}

export class SlowTransfers {
  readonly #watched = new Map<Transfer, Progress>();
  /** Runs while there is something to watch. */
  #timer: NodeJS.Timeout | undefined;

  /** @param now a clock in milliseconds. */
  constructor(
    private readonly least: LeastPace,
    private readonly now: () => number,
    private readonly sweepMs = SWEEP_MS,
  ) {}

  get size(): number {
    return this.#watched.size;
  }

  /** @returns ends the watch; calling it twice is fine. */
  watch(transfer: Transfer): () => void {
    this.#watched.set(transfer, { moved: transfer.moved(), since: this.now() });
    this.#timer ??= setInterval(() => this.sweep(), this.sweepMs).unref();
    return () => this.#forget(transfer);
  }

  sweep(): void {
    const now = this.now();
    for (const [transfer, progress] of this.#watched) {
      const moved = transfer.moved();
      if (!transfer.waiting() || moved - progress.moved >= this.least.leastBytes) {
        progress.moved = moved;
        progress.since = now;
      } else if (now - progress.since > this.least.patienceMs) {
        this.#forget(transfer);
        transfer.cut();
      }
    }
  }

  #forget(transfer: Transfer): void {
    this.#watched.delete(transfer);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Watches an answer to its end, whatever is written to it: also one without an end, as live sound. */
export function watchDownload(downloads: SlowTransfers, response: ServerResponse, onCut: () => void): void {
  const end = downloads.watch({
    moved: () => (response.socket ? response.socket.bytesWritten - response.socket.writableLength : 0),
    waiting: () => (response.socket?.writableLength ?? 0) > 0,
    cut: () => {
      onCut();
      response.destroy();
    },
  });
  onceEnded(response, end);
}

/** Ends answers that their clients hardly read, so that nobody holds connections and memory by reading slowly. */
import type { ServerResponse } from "node:http";

/** An answer must get on by so much... */
export const LEAST_BYTES = 65_536;
/** ...or to its end, in so long. */
export const PATIENCE_MS = 30_000;
const SWEEP_MS = 5_000;

interface Download {
  /** Bytes that have left this process. */
  gone: number;
  since: number;
}

export class SlowDownloads {
  readonly #downloads = new Map<ServerResponse, Download>();
  /** Runs while there is something to watch. */
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly now: () => number,
    private readonly onCut: () => void,
  ) {}

  get size(): number {
    return this.#downloads.size;
  }

  watch(response: ServerResponse): void {
    this.#downloads.set(response, { gone: gone(response), since: this.now() });
    this.#timer ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    response.once("close", () => this.#forget(response));
  }

  sweep(): void {
    const now = this.now();
    for (const [response, download] of this.#downloads) {
      const sofar = gone(response);
      if (sofar - download.gone >= LEAST_BYTES) {
        download.gone = sofar;
        download.since = now;
      } else if (now - download.since > PATIENCE_MS) {
        this.#forget(response);
        this.onCut();
        response.destroy();
      }
    }
  }

  #forget(response: ServerResponse): void {
    this.#downloads.delete(response);
    if (this.#downloads.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function gone({ socket }: ServerResponse): number {
  return socket ? socket.bytesWritten - socket.writableLength : 0;
}

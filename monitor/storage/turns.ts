/** Work over many events is done in pieces, one a turn of the event loop whoever wants it: all else runs in between. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** When it is the caller's turn: what it does until it next waits is one piece. */
  next(): Promise<void> {
    const turn = this.#last.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    this.#last = turn;
    return turn;
  }
}

/** How many rows a piece takes: so many that it lasts some milliseconds, whatever a row costs. */
export class PieceSize {
  #rows = 128;

  constructor(private readonly elapsed: () => number) {}

  get rows(): number {
    return this.#rows;
  }

  /** Does a piece of work, and learns from how long it took. */
  measure<T>(work: () => T): T {
    const began = this.elapsed();
    const result = work();
    const ms = this.elapsed() - began;
    if (ms > 2 * PIECE_MS) this.#rows = Math.max(LEAST_ROWS, this.#rows >> 1);
    else if (ms < PIECE_MS / 2) this.#rows = Math.min(MOST_ROWS, this.#rows << 1);
    return result;
  }
}

const PIECE_MS = 8;
const LEAST_ROWS = 16;
/** Below the most events that a query gives. */
const MOST_ROWS = 256;

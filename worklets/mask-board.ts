/** Masks by frame: a slot for each of the newest `capacity` frames, tagged with the frame it holds. */

/** Whether any mask was ever written. */
const BEGUN = 0;
const CONTROL_WORDS = 1;
const TAG_NONE = -1;

/** Bytes of a board of `capacity` rows of `bins` values. */
export function maskBoardBytes(capacity: number, bins: number): number {
  return 4 * (CONTROL_WORDS + capacity * (1 + bins));
}

/**
 * One side writes rows and the other reads them, from two threads when the buffer is shared, without locks.
 * A row may be rewritten at any time before its frame goes out. A reader that meets a rewrite gets part of the
 * older and part of the newer mask of the same frame, both of them valid, so nothing is done about it. Writer and
 * reader must stay less than `capacity` frames apart.
 * Allocates at construction only.
 */
export class MaskBoard {
  readonly capacity: number;
  readonly #control: Int32Array;
  readonly #tags: Int32Array;
  readonly #rows: Float32Array;

  /** `buffer` of `maskBoardBytes`; a fresh one must hold zeros. The side that made it calls `clear` once. */
  constructor(
    buffer: ArrayBufferLike,
    readonly bins: number,
  ) {
    this.capacity = Math.floor((buffer.byteLength / 4 - CONTROL_WORDS) / (1 + bins));
    this.#control = new Int32Array(buffer, 0, CONTROL_WORDS);
    this.#tags = new Int32Array(buffer, 4 * CONTROL_WORDS, this.capacity);
    this.#rows = new Float32Array(buffer, 4 * (CONTROL_WORDS + this.capacity), this.capacity * bins);
  }

  /** Whether any mask was ever written, in time or not. */
  get begun(): boolean {
    return Atomics.load(this.#control, BEGUN) === 1;
  }

  clear(): void {
    Atomics.store(this.#control, BEGUN, 0);
    for (let slot = 0; slot < this.capacity; slot++) Atomics.store(this.#tags, slot, TAG_NONE);
  }

  /** Writes the mask of `frame` from `source` [bins], `offset` on. */
  write(frame: number, source: Float32Array, offset = 0): void {
    const slot = frame % this.capacity;
    const start = slot * this.bins;
    // Tags have 32 bits, and frames pass 2^31 after 198 days: their low 32 bits tell neighbours apart as well.
    const tag = frame | 0;
    // Another frame's reader must not take the new values for its own.
    if (Atomics.load(this.#tags, slot) !== tag) Atomics.store(this.#tags, slot, TAG_NONE);
    for (let bin = 0; bin < this.bins; bin++) this.#rows[start + bin] = source[offset + bin];
    Atomics.store(this.#tags, slot, tag);
    Atomics.store(this.#control, BEGUN, 1);
  }

  /** Copies the mask of `frame` to `row` [bins] from `offset` on; false, and `row` untouched, if there is none. */
  read(frame: number, row: Float32Array, offset = 0): boolean {
    const slot = frame % this.capacity;
    if (Atomics.load(this.#tags, slot) !== (frame | 0)) return false;
    const start = slot * this.bins;
    for (let bin = 0; bin < this.bins; bin++) row[offset + bin] = this.#rows[start + bin];
    return true;
  }
}

import { type AudioShape, framesIn } from "../protocol/audio-shape.ts";
import type { RecentHops } from "../protocol/port.ts";

/** What is kept of the sound that went out. */
export const RECENT_MS = 10_000;
/** Kept beyond that, so that a reader may take this long to copy before the oldest is overwritten. */
const SPARE_MS = 500;

/** Hops so far, in the low 32 bits, and what pads the frame numbers to their alignment. */
const HEADER_BYTES = 8;
const WRITTEN = 0;

function capacityOf(shape: AudioShape): number {
  return 2 ** Math.ceil(Math.log2(framesIn(shape, RECENT_MS + SPARE_MS)));
}

export function recentBytes(shape: AudioShape): number {
  return HEADER_BYTES + capacityOf(shape) * (8 + 4 * (2 * shape.hop + shape.bins) + 1);
}

/** Room for so many hops. */
export function emptyHops(hops: number, { hop, bins }: Pick<AudioShape, "hop" | "bins">): RecentHops {
  return {
    frames: new Float64Array(hops),
    original: new Float32Array(hops * hop),
    explanation: new Float32Array(hops * hop),
    mask: new Float32Array(hops * bins),
    states: new Uint8Array(hops),
  };
}

/**
 * The last 10 seconds of what went out, hop by hop at the model's rate: the audio thread writes, and another thread or
 * the same one copies. At the model's rate and before the output is resampled, as that is where sound, frames and masks
 * lie at whole numbers of hops and original = explanation + rest holds to the sample.
 *
 * Without locks: the writer never waits, and a reader sees afterwards whether it was overtaken.
 * Allocates at construction only.
 */
export class Recent {
  /** Hops kept; a power of two. */
  readonly capacity: number;
  /** Hops in `RECENT_MS`. */
  readonly wanted: number;
  readonly #hop: number;
  readonly #bins: number;
  readonly #written: Int32Array;
  readonly #frames: Float64Array;
  readonly #original: Float32Array;
  readonly #explanation: Float32Array;
  readonly #mask: Float32Array;
  readonly #states: Uint8Array;

  /** `buffer` of `recentBytes(shape)`; a fresh one holds zeros. */
  constructor(buffer: ArrayBufferLike, shape: AudioShape) {
    const { hop, bins } = shape;
    const capacity = capacityOf(shape);
    this.capacity = capacity;
    this.wanted = framesIn(shape, RECENT_MS);
    this.#hop = hop;
    this.#bins = bins;
    this.#written = new Int32Array(buffer, 0, 1);
    this.#frames = new Float64Array(buffer, HEADER_BYTES, capacity);
    let at = HEADER_BYTES + 8 * capacity;
    const floats = (count: number) => {
      const array = new Float32Array(buffer, at, count);
      at += 4 * count;
      return array;
    };
    this.#original = floats(capacity * hop);
    this.#explanation = floats(capacity * hop);
    this.#mask = floats(capacity * bins);
    this.#states = new Uint8Array(buffer, at, capacity);
  }

  /** Hops that went out so far; it begins anew after 2^32, more than a year. */
  get written(): number {
    return Atomics.load(this.#written, WRITTEN) >>> 0;
  }

  /** Writing thread only: one hop of both sounds, and from `offset` on in `masks` the mask [bins] of `frame` and its state. */
  write(
    frame: number,
    original: Float32Array,
    explanation: Float32Array,
    masks: Float32Array,
    offset: number,
    state: number,
  ): void {
    const written = this.written;
    const slot = written & (this.capacity - 1);
    const sound = slot * this.#hop;
    const row = slot * this.#bins;
    this.#frames[slot] = frame;
    for (let n = 0; n < this.#hop; n++) {
      this.#original[sound + n] = original[n];
      this.#explanation[sound + n] = explanation[n];
    }
    for (let bin = 0; bin < this.#bins; bin++) this.#mask[row + bin] = masks[offset + bin];
    this.#states[slot] = state;
    // Only now may a reader see it.
    Atomics.store(this.#written, WRITTEN, (written + 1) | 0);
  }

  /**
   * Copies hops [first, first + count), counted as `written` does, to `target` from hop `at` on.
   * Any thread. False when the writer overtook the reader, so that what was copied is of no use.
   */
  copy(first: number, count: number, target: RecentHops, at = 0): boolean {
    for (let n = 0; n < count; n++) {
      const slot = (first + n) & (this.capacity - 1);
      target.frames[at + n] = this.#frames[slot];
      target.states[at + n] = this.#states[slot];
      copyRow(this.#original, slot, target.original, at + n, this.#hop);
      copyRow(this.#explanation, slot, target.explanation, at + n, this.#hop);
      copyRow(this.#mask, slot, target.mask, at + n, this.#bins);
    }
    // The slot that is written next may be half written already.
    return (this.written - first) >>> 0 < this.capacity;
  }
}

/** By hand, as `subarray` would allocate on the audio thread. */
function copyRow(from: Float32Array, row: number, to: Float32Array, toRow: number, length: number): void {
  for (let n = 0; n < length; n++) to[toRow * length + n] = from[row * length + n];
}

/**
 * Queue of float samples between two threads, one that pushes and one that pops: no locks, no allocation, no
 * exception after construction. What does not fit is not written, and the caller is told how much was.
 */

/** Positions of reader and writer come first, 4 bytes each, then the samples. */
const HEADER_BYTES = 8;
const READ = 0;
const WRITE = 1;

/** Memory for a queue of up to `capacity` samples; `shared` for two threads, else for use within one. */
export function ringBufferStorage(capacity: number, shared: boolean): SharedArrayBuffer | ArrayBuffer {
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new RangeError(`a ring buffer of ${capacity} samples can't be made; give a whole number from 1`);
  }
  // One place stays empty: a full queue would otherwise look like an empty one.
  const bytes = HEADER_BYTES + 4 * (capacity + 1);
  return shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

export class RingBuffer {
  readonly capacity: number;
  readonly #positions: Int32Array;
  readonly #samples: Float32Array;

  /** Both threads construct one over the same storage from `ringBufferStorage`. */
  constructor(readonly storage: SharedArrayBuffer | ArrayBuffer) {
    this.#positions = new Int32Array(storage, 0, 2);
    this.#samples = new Float32Array(storage, HEADER_BYTES);
    this.capacity = this.#samples.length - 1;
  }

  /** Samples that can be popped. Either thread; the other may have changed it meanwhile, to its caller's good. */
  get available(): number {
    const size = this.#samples.length;
    return (Atomics.load(this.#positions, WRITE) - Atomics.load(this.#positions, READ) + size) % size;
  }

  /** Samples that can be pushed. */
  get room(): number {
    return this.capacity - this.available;
  }

  /** Writing thread only. Takes samples [from, to) as far as there is room; returns the number taken. */
  push(samples: Float32Array, from = 0, to = samples.length): number {
    const store = this.#samples;
    const count = Math.max(0, Math.min(to - from, this.room));
    let position = Atomics.load(this.#positions, WRITE);
    for (let n = 0; n < count; n++) {
      store[position] = samples[from + n];
      position = position + 1 === store.length ? 0 : position + 1;
    }
    // Only now may the reader see them.
    Atomics.store(this.#positions, WRITE, position);
    return count;
  }

  /** Reading thread only. Fills out [from, to) as far as there are samples; returns the number given. */
  pop(out: Float32Array, from = 0, to = out.length): number {
    const store = this.#samples;
    const count = Math.max(0, Math.min(to - from, this.available));
    let position = Atomics.load(this.#positions, READ);
    for (let n = 0; n < count; n++) {
      out[from + n] = store[position];
      position = position + 1 === store.length ? 0 : position + 1;
    }
    Atomics.store(this.#positions, READ, position);
    return count;
  }
}

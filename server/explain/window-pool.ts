/** Memory of windows that were explained, for the next ones: at hundreds of windows a second, garbage would stop the server. */
/** A session has one window running, one waiting and one that is made. */
const MOST = 3;

export class WindowPool {
  readonly #free: Float32Array[] = [];

  /** @param size of a window in values. */
  constructor(readonly size: number) {}

  /** What it holds is old: whoever takes it writes all of it. */
  take(): Float32Array {
    return this.#free.pop() ?? new Float32Array(this.size);
  }

  /** Memory that was taken here, or any other of the size; more than a few are left to the garbage. */
  give(window: Float32Array): void {
    if (window.length === this.size && this.#free.length < MOST) this.#free.push(window);
  }
}

/**
 * Owns everything that must be released: listeners, timers, tracks, nodes, workers, ports, subscriptions. What is
 * not registered with a scope may not be started, so nothing can leak over start and stop.
 */
export class Scope {
  readonly #releases = new Set<() => unknown>();
  readonly #abort = new AbortController();
  #closing: Promise<void> | undefined;

  /** Aborts when the scope closes, for everything that takes a signal. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Registers how to release something; released at once when the scope has closed already. */
  add(release: () => unknown): void {
    if (this.closed) void release();
    else this.#releases.add(release);
  }

  /** Registers and returns `thing`, for use in the middle of an expression. */
  own<T>(thing: T, release: (thing: T) => unknown): T {
    this.add(() => release(thing));
    return thing;
  }

  listen(target: EventTarget, type: string, listener: (event: Event) => void): void {
    target.addEventListener(type, listener, { signal: this.signal });
  }

  /** Runs after `ms`, unless the scope closes first. */
  timeout(run: () => void, ms: number): void {
    if (this.closed) return;
    const cancel = () => clearTimeout(timer);
    const timer = setTimeout(() => {
      this.#releases.delete(cancel);
      run();
    }, ms);
    this.#releases.add(cancel);
  }

  /** Resolves after `ms`, or as soon as the scope closes. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.signal.removeEventListener("abort", done);
        resolve();
      };
      this.timeout(done, ms);
      if (this.closed) resolve();
      else this.signal.addEventListener("abort", done);
    });
  }

  /** Throws an `AbortError` when the scope has closed; to be asked after every wait. */
  check(): void {
    this.signal.throwIfAborted();
  }

  /**
   * Releases everything, newest first, once; whoever calls it again waits for the same end. A release that fails
   * doesn't keep the others from happening; the failures are thrown together at the end.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#abort.abort();
    const failures: unknown[] = [];
    for (const release of [...this.#releases].reverse()) {
      try {
        await release();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#releases.clear();
    if (failures.length > 0) throw new AggregateError(failures, "some resources could not be released");
  }
}

/**
 * The page's audio context, kept from one stream to the next as long as they follow on one another: a new one would load the
 * processor anew. One that was held back is not kept.
 */
export class KeptContext {
  readonly #create: () => AudioContext;
  #context: AudioContext | null = null;

  constructor(create: () => AudioContext) {
    this.#create = create;
  }

  /** @throws what the browser throws where there is no sound. */
  take(): AudioContext {
    const kept = this.#context;
    if (kept && isGood(kept)) return kept;
    void this.close();
    this.#context = this.#create();
    return this.#context;
  }

  /** Lets go of the sound device; what sounds in it is to be disconnected before. */
  async close(): Promise<void> {
    const context = this.#context;
    this.#context = null;
    if (context && context.state !== "closed") await context.close();
  }
}

/** It runs, or has yet to begin. */
function isGood({ state, currentTime }: AudioContext): boolean {
  return state === "running" || (state === "suspended" && currentTime === 0);
}

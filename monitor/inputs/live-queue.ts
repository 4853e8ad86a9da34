/** Live sound that waits for its analysis. When it is full the oldest half goes, so that gaps are few. */
export class LiveQueue {
  readonly #pieces: Float32Array[] = [];
  #samples = 0;
  #gap = false;
  #ended = false;
  #wake: () => void = () => {};

  /** @param limit samples; @param onDropped is told how many were thrown away. */
  constructor(
    private readonly limit: number,
    private readonly onDropped: (samples: number) => void,
  ) {}

  /** Samples that wait. */
  get length(): number {
    return this.#samples;
  }

  push(samples: Float32Array): void {
    if (this.#ended || samples.length === 0) return;
    this.#pieces.push(samples);
    this.#samples += samples.length;
    if (this.#samples > this.limit) this.#drop();
    this.#wake();
  }

  /** No more will come; what waits can still be read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** The next piece; "gap" once where sound was thrown away; "end" when all was read. */
  async read(): Promise<Float32Array | "gap" | "end"> {
    while (!this.#gap && this.#pieces.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#gap) {
      this.#gap = false;
      return "gap";
    }
    const piece = this.#pieces.shift();
    if (!piece) return "end";
    this.#samples -= piece.length;
    return piece;
  }

  #drop(): void {
    let dropped = 0;
    while (this.#samples > this.limit / 2 && this.#pieces.length > 1) {
      const piece = this.#pieces.shift() as Float32Array;
      this.#samples -= piece.length;
      dropped += piece.length;
    }
    this.#gap = true;
    this.onDropped(dropped);
  }
}

/**
 * A smooth move from 0 to 1 over a fixed number of samples, along half a period of a cosine: neither its value nor
 * its slope jumps, so a signal faded with it does not click.
 * Allocates at construction only.
 */
export class Fade {
  readonly #curve: Float32Array;
  /** Of the new, from 0 to 1. A field, as a number that a call returns may be an object made for it. */
  share = 1;
  #position: number;

  constructor(readonly samples: number) {
    this.#curve = Float32Array.from(
      { length: samples + 1 },
      (_, n) => 0.5 - 0.5 * Math.cos((Math.PI * n) / samples),
    );
    this.#position = samples;
  }

  get done(): boolean {
    return this.#position === this.samples;
  }

  /** From the beginning again. */
  start(): void {
    this.#position = 0;
  }

  /** Moves `share` on to the next sample. */
  step(): void {
    if (this.#position < this.samples) this.#position++;
    this.share = this.#curve[this.#position];
  }
}

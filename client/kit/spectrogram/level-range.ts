/**
 * Which levels the colours span. The top follows the loudest sound at once and sinks slowly when it gets quieter,
 * so that a distant microphone and a mastered recording are both well lit and the picture does not pump.
 */
export class LevelRange {
  #top: number;

  /** Decibels relative to a full-scale sine; `fall` in decibels a frame. */
  constructor(
    readonly span = 70,
    readonly quietestTop = -50,
    readonly loudestTop = 12,
    readonly fall = 0.01,
  ) {
    this.#top = quietestTop + 20;
  }

  /** The level shown brightest. */
  get top(): number {
    return this.#top;
  }

  /** Takes in one column's loudest level. */
  follow(loudest: number): void {
    const sunk = Math.max(this.quietestTop, this.#top - this.fall);
    this.#top = Math.min(this.loudestTop, Math.max(loudest, sunk));
  }

  /** A level as a fraction of the range, 0 to 1; of the range as it was when its top was `top`. */
  fraction(decibels: number, top = this.#top): number {
    const f = (decibels - top) / this.span + 1;
    // Not a number counts as silence.
    return f > 0 ? Math.min(f, 1) : 0;
  }
}

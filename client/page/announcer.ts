/**
 * Decides what a screen reader is told of a label that may change ten times a second: only what has stayed the
 * same for a while, never twice in a row, and not more often than every few seconds.
 */
export class Announcer {
  #candidate = "";
  #since = 0;
  #said = "";
  #saidAt = -Infinity;

  constructor(
    readonly settleMs = 1000,
    readonly gapMs = 4000,
  ) {}

  /** Offers what is true now; returns it when it should be said, else undefined. */
  offer(sentence: string, nowMs: number): string | undefined {
    if (sentence !== this.#candidate) {
      this.#candidate = sentence;
      this.#since = nowMs;
    }
    if (sentence === this.#said || nowMs - this.#since < this.settleMs || nowMs - this.#saidAt < this.gapMs) {
      return undefined;
    }
    this.#said = sentence;
    this.#saidAt = nowMs;
    return sentence;
  }
}

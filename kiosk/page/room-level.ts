/** Whether a room is louder than it usually is: somebody came in. */

import { fullScale } from "../../client/kit/spectrogram/axis.ts";
import type { SpectrogramColumns } from "../../client/live/live-explainer.ts";

/** Louder than the floor by this much is somebody, and below this level nobody is. */
const ABOVE_FLOOR_DB = 12;
const LEAST_DB = -70;
/** A slammed door next door is shorter. */
const LEAST_MS = 300;
/** The floor is the quietest second of the last two minutes, so that a fan that is switched on becomes part of it. */
const BLOCK_MS = 1_000;
const BLOCKS = 120;

export class RoomLevel {
  readonly #hopMs: number;
  /** Mean power of each finished second, newest last. */
  #blocks: number[] = [];
  #sum = 0;
  #count = 0;
  #loudMs = 0;

  constructor(hopMs: number) {
    this.#hopMs = hopMs;
  }

  /** Takes in new columns; returns whether it is loud now. In its first second it never is. */
  push({ magnitudes, frames, bins }: Pick<SpectrogramColumns, "magnitudes" | "frames" | "bins">): boolean {
    const full = fullScale(bins) ** 2;
    for (let frame = 0; frame < frames; frame++) {
      let power = 0;
      for (let k = frame * bins; k < (frame + 1) * bins; k++) power += magnitudes[k] ** 2;
      this.#frame(power / full);
    }
    return this.#loudMs >= LEAST_MS;
  }

  #frame(power: number): void {
    this.#sum += power;
    this.#count++;
    const floor = Math.min(...this.#blocks);
    const loud =
      Number.isFinite(floor) && decibels(power) > Math.max(LEAST_DB, decibels(floor) + ABOVE_FLOOR_DB);
    // Speech and footsteps have gaps: what is loud most of the time counts.
    this.#loudMs = loud ? this.#loudMs + this.#hopMs : Math.max(0, this.#loudMs - this.#hopMs / 2);
    this.#loudMs = Math.min(this.#loudMs, 2 * LEAST_MS);
    if (this.#count * this.#hopMs < BLOCK_MS) return;
    this.#blocks.push(this.#sum / this.#count);
    if (this.#blocks.length > BLOCKS) this.#blocks.shift();
    this.#sum = this.#count = 0;
  }
}

function decibels(power: number): number {
  return 10 * Math.log10(power + 1e-12);
}

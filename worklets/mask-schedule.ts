import { MaskState } from "../protocol/mask-state.ts";
import type { MaskBoard } from "./mask-board.ts";

interface ScheduleOptions {
  readonly bins: number;
  /** Frames that are remembered after their masks were settled; a power of two. */
  readonly capacity: number;
  /** Frames without a mask of their own, right after one that had it, that count as late and not as missed. */
  readonly lateFrames: number;
  /** Frames for which the last mask is held when newer ones fail to come. */
  readonly holdFrames: number;
  /** Frames over which a held mask then fades to the neutral one. */
  readonly fadeFrames: number;
}

/** The mask of a frame about which nothing is known: everything passes, so nobody hears a hole. */
const NEUTRAL = 1;

/**
 * Settles which mask a frame gets at its deadline, once, and remembers it: a second reading of the same frame
 * (while the delay changes) must not hear another mask, and the picture shows what was really applied.
 *
 * A frame without a mask of its own at its deadline gets the last frame's mask for `holdFrames`, then a mix of that
 * and the neutral mask that reaches the neutral one after `fadeFrames`. The first `lateFrames` in a row count as late,
 * as a mask hardly changes in so short a time, and the others as missed. Until the first mask of any frame has come,
 * frames get the neutral mask and are neither: nothing was promised yet. `states` tells each frame's.
 * Allocates at construction only.
 */
export class MaskSchedule {
  /** Frames that went out without a mask of their own, but for late ones. */
  missed = 0;
  /** Frames that went out under a mask held for at most `lateFrames`. */
  late = 0;
  readonly #options: ScheduleOptions;
  /** [capacity, bins]: the settled masks, frame after frame. */
  readonly rows: Float32Array;
  /** [capacity]: how each came by its mask. */
  readonly states: Uint8Array;
  readonly #frames: Int32Array;
  readonly #last: Float32Array;
  #heldInARow = 0;
  /** Whether any frame had a mask of its own: before, there is nothing to hold. */
  #hadOne = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.rows = new Float32Array(options.capacity * options.bins);
    this.states = new Uint8Array(options.capacity).fill(MaskState.none);
    this.#frames = new Int32Array(options.capacity).fill(-1);
    this.#last = new Float32Array(options.bins).fill(NEUTRAL);
  }

  /** Settles `frame` from what `board` holds now; the mask lies in `rows` from the returned offset on. */
  settle(frame: number, board: MaskBoard): number {
    const { bins, capacity } = this.#options;
    const slot = frame & (capacity - 1);
    const offset = slot * bins;
    // The low 32 bits, as on the board.
    if (this.#frames[slot] === (frame | 0)) return offset;
    this.#frames[slot] = frame;
    if (board.read(frame, this.rows, offset)) {
      this.#heldInARow = 0;
      this.#hadOne = true;
      this.states[slot] = MaskState.own;
      for (let bin = 0; bin < bins; bin++) this.#last[bin] = this.rows[offset + bin];
    } else {
      this.#fillMissing(slot, board.begun);
    }
    return offset;
  }

  /** How `frame`, which was settled, came by its mask. */
  stateOf(frame: number): number {
    return frame < 0 ? MaskState.none : this.states[frame & (this.#options.capacity - 1)];
  }

  #fillMissing(slot: number, begun: boolean): void {
    const { bins, lateFrames, holdFrames, fadeFrames } = this.#options;
    if (begun) {
      this.#heldInARow++;
      if (this.#heldInARow <= lateFrames) this.late++;
      else this.missed++;
    }
    const faded = (this.#heldInARow - holdFrames) / fadeFrames;
    const share = this.#hadOne ? Math.min(1, Math.max(0, faded)) : 1;
    this.states[slot] = share === 0 ? MaskState.held : share < 1 ? MaskState.fading : MaskState.none;
    const offset = slot * bins;
    for (let bin = 0; bin < bins; bin++) {
      this.rows[offset + bin] = this.#last[bin] + share * (NEUTRAL - this.#last[bin]);
    }
  }
}

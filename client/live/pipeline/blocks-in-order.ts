import type { Restart } from "../told.ts";
import type { Waiting } from "./when-free.ts";

/** Frames that are explained in one call: whole blocks. */
export interface Blocks {
  readonly firstFrame: number;
  readonly frames: number;
  /** The engine is to forget what it heard: "start" of the stream, or why it can't go on from there; null where it can. */
  readonly begins: "start" | Restart | null;
}

export interface BlockSettings {
  /** Frames of one block. */
  readonly blockFrames: number;
  /** Frames that may wait; older ones have gone out long ago. */
  readonly mostFrames: number;
  /** Frames that one call can take, the fewest first: a block, and multiples of it. */
  readonly sizes: () => readonly number[];
  /** Frames that one call should take at least; fewer where there is no such size. */
  readonly least: () => number;
  /** So many blocks were dropped. */
  readonly onDropped: (blocks: number) => void;
}

/**
 * What waits for the engine of a streaming pack: every block of frames once, and in order. Whoever fell behind is given
 * several blocks at once, as many as there is a size for.
 *
 * The queue is bounded, and its policy when it is full is _begin anew_: all that waits is dropped and the next block is one
 * that begins. To drop the oldest alone would leave a gap as well, and the engine as far behind as it was.
 *
 * A frame that is missing, or that comes again, begins anew too; what waits before it is still explained, and the frames of
 * a block that can't be completed are dropped.
 */
export class BlocksInOrder implements Waiting<{ readonly frame: number }, Blocks> {
  readonly #settings: BlockSettings;
  /** Whole blocks, by their first frames; those without `begins` follow on the one before. */
  readonly #blocks: { readonly firstFrame: number; readonly begins: Blocks["begins"] }[] = [];
  /** The block that is being collected. */
  #firstFrame = Number.NaN;
  #begins: Blocks["begins"] = "start";
  #collected = 0;

  constructor(settings: BlockSettings) {
    this.#settings = settings;
  }

  add({ frame }: { readonly frame: number }): void {
    const { blockFrames, mostFrames, onDropped } = this.#settings;
    const expected = this.#firstFrame + this.#collected;
    if (frame !== expected) {
      if (!Number.isNaN(expected)) this.#begins ??= "frames-lost";
      if (this.#collected > 0) onDropped(1);
      this.#firstFrame = frame;
      this.#collected = 0;
    }
    this.#collected++;
    if (this.#collected < blockFrames) return;
    if ((this.#blocks.length + 1) * blockFrames > mostFrames) {
      onDropped(this.#blocks.length);
      this.#blocks.length = 0;
      this.#begins = "behind";
    }
    this.#blocks.push({ firstFrame: this.#firstFrame, begins: this.#begins });
    this.#firstFrame = frame + 1;
    this.#begins = null;
    this.#collected = 0;
  }

  take(): Blocks | null {
    const [first] = this.#blocks;
    if (!first) return null;
    const { blockFrames, sizes, least } = this.#settings;
    const fitting = (most: number) =>
      sizes()
        .filter((size) => size <= most)
        .at(-1) ?? blockFrames;
    let inARow = 1;
    while (inARow < this.#blocks.length && this.#blocks[inARow].begins === null) inARow++;
    const there = inARow * blockFrames;
    // To what waits before a gap nothing will be added.
    if (inARow === this.#blocks.length && there < fitting(least())) return null;
    const frames = fitting(there);
    this.#blocks.splice(0, frames / blockFrames);
    return { ...first, frames };
  }
}

/**
 * How a streaming pack is heard on and on: block by block, each block once, by a state that whoever listens keeps from call
 * to call. One sound is one state; a server hears many sounds in one call, a row each.
 *
 *   let state = streaming.begin();                          // of a sound that begins, or of which something is missing
 *   for (const block of blocks) {
 *     const heard = await streaming.hear(block, [state]);   // probabilities and masks of this block
 *     [state] = heard.states;                               // only once it was heard
 *   }
 */
import type { MethodResult } from "./load-method.ts";

/** What a graph remembers of one sound. Plain data: it may be sent to another thread that has the same pack. Never changed. */
export interface StreamState {
  /** Pack, version and method whose graph made it: "everyday 1.0.0 lmac". No other understands its numbers. */
  readonly of: string;
  /** Frames that were heard since it began. */
  readonly frames: number;
  /** [S]: zeros where nothing was heard. */
  readonly values: Float32Array;
}

export interface HeardBlocks extends Omit<MethodResult, "masks"> {
  /** Row-major [sounds, blocks, classes]: what is believed at the end of each block. */
  readonly probabilities: Float32Array;
  /** Row-major [sounds, frames, bins], in [0, 1]: of the very frames that were given. */
  readonly masks: Float32Array;
  /** For the blocks that follow, a state for each sound. */
  readonly states: readonly StreamState[];
}

/** `HeardBlocks` of many sounds, whose states lie in one piece. */
export interface HeardTogether extends Omit<HeardBlocks, "states"> {
  /** Row-major [sounds, S]. */
  readonly states: Float32Array;
}

export interface Streaming {
  /** What its states are of, as in `StreamState.of`. */
  readonly of: string;
  /** How many blocks one run of a graph may take, the fewest first: 1, and more where the pack has graphs for it. */
  readonly blocks: readonly number[];
  /** The state of a sound of which nothing was heard. */
  begin(): StreamState;
  /**
   * Hears the next blocks of each sound; one call at a time. Any number of blocks: several are heard in as few runs as the
   * pack's graphs allow, and what comes out is the same to rounding. When it rejects, nothing was heard, and the states that
   * were given still hold.
   *
   * @param magnitudes row-major [sounds, frames, bins], whole blocks, as many of each sound; as in `LoadedMethod.run`.
   * @param states of the sounds, in their order, as `begin` or the call before gave them.
   * @param target the class to explain, one for all or one a sound; -1 or absent is the class that wins each block. It may
   *   change from call to call.
   * @param phases as in `LoadedMethod.run`.
   * @throws StateError for a state that can't be heard on with, naming whose; MethodInputError for wrong sizes or classes;
   *   PackError when the graph gives no usable numbers.
   */
  hear(
    magnitudes: Float32Array,
    states: readonly StreamState[],
    target?: number | readonly number[],
    phases?: Float32Array,
  ): Promise<HeardBlocks>;
  /**
   * As `hear`, for a server that has the states of many sounds in one piece, row-major [sounds, S]: none is copied, and none is
   * looked at. Whose they are, and that a call of this method gave them, is the caller's to know.
   */
  hearTogether(
    magnitudes: Float32Array,
    states: Float32Array,
    target?: number | readonly number[],
    phases?: Float32Array,
  ): Promise<HeardTogether>;
}

/**
 * - "foreign": it was made by another pack, another version of it or another method;
 * - "size": it has not as many numbers as the pack says;
 * - "not-finite": it holds numbers that are none, or would after these blocks.
 */
export type StateErrorCode = "foreign" | "size" | "not-finite";

/** A state that nothing can be heard on with: the sound is begun anew. Nothing was heard, of no sound of the call. */
export class StateError extends Error {
  override name = "StateError";
  constructor(
    message: string,
    readonly code: StateErrorCode,
    /** Which of the call's sounds: those whose states are to be forgotten; the others may be asked about again. */
    readonly sounds: readonly number[],
  ) {
    super(message);
  }
}

/** How the frames of a sound are heard: in windows that overlap, or block by block. */
import type { WindowDecision } from "./clip-decision.ts";
import type { FrameBuffer } from "./frame-buffer.ts";

/**
 * Runs the pack's graph on one window, row-major [frames, bins]; phases only where `pack.phases` says so. Of a streaming pack it
 * is given the blocks of one sound instead, one or several at a time, each once and in order: it remembers the sound.
 */
export interface ExplainWindow {
  (
    magnitudes: Float32Array,
    phases?: Float32Array,
  ): Promise<{
    /** [classes]; of streaming packs row-major [blocks, classes]. */
    readonly probabilities: Float32Array;
    readonly mask: Float32Array;
  }>;
  /** Of streaming packs: so many frames are best given at once, whole blocks. One block without. */
  readonly frames?: number | undefined;
}

/** Frames whose masks are final. */
export interface HeardFrames {
  readonly windows: readonly WindowDecision[];
  /** The frame after the last of them. */
  readonly end: number;
  /** Row-major [frames, bins], of the frames since the `end` before. */
  readonly mask: Float32Array;
}

export interface Listener {
  /** Hears what is complete; the frames that it is done with are to be taken out of the buffer before it goes on. */
  hear(frames: FrameBuffer): AsyncIterable<HeardFrames>;
  /** The sound has ended with the buffer's newest frame: hears the rest. */
  finish(frames: FrameBuffer): AsyncIterable<HeardFrames>;
}

/** |X| of a full-scale sine is a quarter of the window; 80 dB below it nobody hears anything. */
const SILENCE = 1e-4 / 4;

/** How loud frames are: the highest magnitude in them, and the mean of their squares. */
export interface Loudness {
  readonly peak: number;
  readonly power: number;
}

/** In a loop: `reduce` takes ten times as long, which is a sixth of what a streaming pack takes. */
export function loudnessOf(magnitudes: Float32Array): Loudness {
  let peak = 0;
  let power = 0;
  for (let i = 0; i < magnitudes.length; i++) {
    const value = magnitudes[i];
    if (value > peak) peak = value;
    power += value * value;
  }
  return { peak, power: power / magnitudes.length };
}

/** @param window samples of a frame. */
export function isSilent({ peak }: Loudness, window: number): boolean {
  return peak < SILENCE * window;
}

/** Between frames of a sound and seconds of it: frame k ends (k + 1) hops after the beginning. */
import type { Pack } from "../pack/pack.ts";

type Timing = Pick<Pack, "sampleRate" | "windowFrames"> &
  Partial<Pick<Pack, "streaming">> & {
    readonly stft: Pick<Pack["stft"], "hop" | "window">;
  };

/** Seconds from the sound's beginning to that of the window that begins with the frame; the first begins before it. */
export function windowStart(firstFrame: number, { sampleRate, stft }: Omit<Timing, "windowFrames">): number {
  return ((firstFrame + 1) * stft.hop - stft.window) / sampleRate;
}

/**
 * Seconds from the sound's beginning to the middle of the window that begins with the frame. Of a streaming pack's block: to the
 * middle of what its answer is about, the second that it ends, or less where the sound began within that.
 */
export function windowCentre(firstFrame: number, timing: Timing): number {
  const { sampleRate, windowFrames, stft } = timing;
  const middle = middleFrame(firstFrame, windowFrames, framesAnswered(timing));
  return ((middle + 0.5) * stft.hop - stft.window / 2) / sampleRate;
}

/**
 * The frame, with its fraction, in the middle of what an answer is about.
 *
 * @param windowFrames of the window or the block that begins with the frame.
 * @param answered frames that the answer at its end is about, as `framesAnswered` has them.
 */
export function middleFrame(firstFrame: number, windowFrames: number, answered: number): number {
  const end = firstFrame + windowFrames;
  return end - Math.min(answered, end) / 2;
}

/** The frame, with its fraction, that lies at a second of the sound: a window's middle is `firstFrame + windowFrames / 2`. */
export function frameAt(seconds: number, { sampleRate, stft }: Omit<Timing, "windowFrames">): number {
  return (seconds * sampleRate + stft.window / 2) / stft.hop - 0.5;
}

/** Of streaming packs, whose graphs say of no answer how far back it reaches: as long as the windows of released packs. */
const ANSWERED_SECONDS = 1.024;

/**
 * Frames that an answer is about: a window's, or those of the last second or so that a streaming pack's block ends, in whole
 * blocks.
 */
export function framesAnswered({ sampleRate, windowFrames, stft, streaming }: Timing): number {
  if (!streaming) return windowFrames;
  const blocks = Math.round((ANSWERED_SECONDS * sampleRate) / (stft.hop * windowFrames));
  return Math.max(1, blocks) * windowFrames;
}

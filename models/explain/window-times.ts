/** Between frames of a sound and seconds of it: frame k ends (k + 1) hops after the beginning. */
import type { Pack } from "../pack/pack.ts";

type Timing = Pick<Pack, "sampleRate" | "windowFrames"> & {
  readonly stft: Pick<Pack["stft"], "hop" | "window">;
};

/** Seconds from the sound's beginning to that of the window that begins with the frame; the first begins before it. */
export function windowStart(firstFrame: number, { sampleRate, stft }: Omit<Timing, "windowFrames">): number {
  return ((firstFrame + 1) * stft.hop - stft.window) / sampleRate;
}

/** Seconds from the sound's beginning to the middle of the window that begins with the frame. */
export function windowCentre(firstFrame: number, { sampleRate, windowFrames, stft }: Timing): number {
  return ((firstFrame + (windowFrames + 1) / 2) * stft.hop - stft.window / 2) / sampleRate;
}

/** The frame, with its fraction, that lies at a second of the sound: a window's middle is `firstFrame + windowFrames / 2`. */
export function frameAt(seconds: number, { sampleRate, stft }: Omit<Timing, "windowFrames">): number {
  return (seconds * sampleRate + stft.window / 2) / stft.hop - 0.5;
}

/** Of streaming packs, whose graphs say of no answer how far back it reaches. */
const ANSWERED_SECONDS = 1;

/**
 * Frames that an answer is about: a window's, or those of the last second or so that a streaming pack's block ends, in whole
 * blocks.
 */
export function framesAnswered({
  sampleRate,
  windowFrames,
  stft,
  streaming,
}: Pick<Pack, "sampleRate" | "windowFrames" | "stft" | "streaming">): number {
  if (!streaming) return windowFrames;
  const blocks = Math.round((ANSWERED_SECONDS * sampleRate) / (stft.hop * windowFrames));
  return Math.max(1, blocks) * windowFrames;
}

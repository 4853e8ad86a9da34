/** How much of a window's mask a live stream can still use, and how much of a streaming pack's sound is explained at once. */
import { type Pack, packMethod } from "./pack.ts";

/** Pages hold sound back for this long at most, and want no masks of what has gone out. */
const LONGEST_DELAY_MS = 300;

/** Every number of mask frames has a graph of its own, so servers offer only a few: eighths of the window. */
const MASK_STEPS = 8;

type Shape = Pick<Pack, "sampleRate" | "stft" | "windowFrames">;

/** What a session that wants masks of so many of a window's newest frames gets; 0 is all. */
export function heldMaskFrames(wanted: number, windowFrames: number): number {
  if (wanted === 0 || wanted >= windowFrames) return windowFrames;
  const step = Math.ceil(windowFrames / MASK_STEPS);
  return Math.min(windowFrames, step * Math.ceil(wanted / step));
}

/** What the session of a page gets, in all likelihood. */
export function pagesMaskFrames({ sampleRate, stft, windowFrames }: Shape): number {
  const wanted = Math.ceil((LONGEST_DELAY_MS * sampleRate) / (1_000 * stft.hop));
  return heldMaskFrames(wanted, windowFrames);
}

/**
 * The numbers of newest frames that a pack is prepared for, the fewest first: the longest delay that is left after a frame's
 * framing and, on devices of another rate than the pack's, up to a frame more for resampling; and what servers make of it.
 */
export function liveFrames(shape: Shape): number[] {
  const { sampleRate, stft, windowFrames } = shape;
  const longest = Math.floor(((LONGEST_DELAY_MS * sampleRate) / 1_000 - stft.window) / stft.hop);
  const asked = [longest - 1, longest].map((frames) => Math.max(1, frames));
  const held = asked.map((frames) => heldMaskFrames(frames, windowFrames));
  const wanted = new Set([...asked, ...held, pagesMaskFrames(shape)]);
  return [...wanted].filter((frames) => frames < windowFrames).sort((a, b) => a - b);
}

/**
 * Frames that a method of a streaming pack can take at once, the fewest first: a block, and what it has graphs of several blocks
 * for. Undefined for packs of windows.
 */
export function blockSizes(pack: Pack, method?: string): readonly number[] | undefined {
  if (!pack.streaming) return undefined;
  const longer = packMethod(pack, method).blocks ?? [];
  return [pack.windowFrames, ...longer.map(({ frames }) => frames)];
}

/** The masks that a live stream would have heard of a recording, by the live path's own merger on a simulated clock. */
import { HEARD_AFTER_MS, MaskMerger } from "../../client/live/pipeline/mask-merger.ts";

/** Times of one stream, in frames. */
export interface StreamTimes {
  readonly lookAhead: number;
  readonly stride: number;
  /** Frames that the audio thread makes between a window's newest frame and its mask. */
  readonly lag: number;
}

/** D, as live/delay-policy.ts has it where every window takes the same time. */
export function delayOf({ lookAhead, stride, lag }: StreamTimes): number {
  return lookAhead + stride + lag;
}

/** Masks of the windows that end with each frame, as a stream sees them. */
export interface EndingWindows {
  /** T: frames in a window. */
  readonly frames: number;
  readonly bins: number;
  /** Milliseconds from one frame to the next. */
  readonly hopMs: number;
  /** The mask, row-major [frames, bins], of the window whose newest frame this is; absent for frames before the first. */
  mask(newest: number): Float32Array | undefined;
}

/**
 * Masks for the frames from `from` to `to` (excluded), row-major: each the weighted mean of the windows that covered it
 * and whose masks were there before it went out.
 */
export function streamMasks(
  windows: EndingWindows,
  times: StreamTimes,
  from: number,
  to: number,
): Float32Array {
  const { frames, bins, hopMs } = windows;
  const delay = delayOf(times);
  const merger = new MaskMerger(frames + delay, bins, Math.round(HEARD_AFTER_MS / hopMs));
  const heard = new Float32Array((to - from) * bins);
  for (let newest = from; newest < to + delay; newest++) {
    const mask = (newest + 1) % times.stride === 0 ? windows.mask(newest) : undefined;
    if (!mask) continue;
    // Frames before this have gone out; the last window that speaks of a frame in time leaves what is heard.
    const oldest = newest + times.lag - delay + 1;
    const merged = merger.merge({ firstFrame: newest - frames + 1, mask }, oldest);
    for (let n = 0; n < merged.rows.length / bins; n++) {
      const frame = merged.firstFrame + n;
      if (frame >= from && frame < to)
        heard.set(merged.rows.subarray(n * bins, (n + 1) * bins), (frame - from) * bins);
    }
  }
  return heard;
}

/** Cuts sounds into the windows that classifiers see, and turns those into magnitudes. */
import { magnitudes, StreamingStft } from "../../dsp/index.ts";
import { BINS, HOP, OWN_STFT, WINDOW } from "../networks/own-shape.ts";

/** T: frames in one window. */
export const WINDOW_FRAMES = 128;

/** Samples that `WINDOW_FRAMES` whole frames cover: 1.048 s. */
export const WINDOW_SAMPLES = (WINDOW_FRAMES - 1) * HOP + WINDOW;

const stft = new StreamingStft(OWN_STFT);
/** The first frames of a stream reach back before its start; a cut-out window has none of those. */
const LEADING = WINDOW / HOP - 1;

/** Samples that so many whole frames cover. */
export function samplesOf(frames: number): number {
  return (frames - 1) * HOP + WINDOW;
}

/** Magnitudes [frames, BINS] of the samples from `start` on (zeros past the end), into `out`. */
export function windowMagnitudes(
  samples: Float32Array,
  start: number,
  out: Float32Array,
  frames = WINDOW_FRAMES,
): Float32Array {
  const length = samplesOf(frames);
  stft.reset();
  const write = (spectrum: Float32Array, frame: number) => {
    if (frame < LEADING) return;
    const row = frame - LEADING;
    magnitudes(spectrum, out.subarray(row * BINS, (row + 1) * BINS));
  };
  const end = Math.min(samples.length, start + length);
  stft.push(samples, write, start, end);
  if (end - start < length) stft.push(new Float32Array(length - (end - start)), write);
  return out;
}

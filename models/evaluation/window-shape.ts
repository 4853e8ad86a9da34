/** The windows that a pack's graphs take. */
import { magnitudes, phases, StreamingStft } from "../../dsp/index.ts";
import { audibleAmong } from "../data/waves.ts";
import { AUDIBLE_RANGE_DB } from "../explain/clip-decision.ts";
import type { Pack } from "../pack.ts";

export interface WindowShape {
  readonly sampleRate: number;
  /** Frames in a window. */
  readonly frames: number;
  readonly bins: number;
  /** Samples in a frame, and from one to the next. */
  readonly window: number;
  readonly hop: number;
  /** Samples that the window's whole frames cover. */
  readonly samples: number;
  /** Whether the classifier hears the waveform, so that its graphs take phases too. */
  readonly phases: boolean;
}

/** What a graph is given of one window, [frames, bins] each. */
export interface SoundWindow {
  readonly magnitudes: Float32Array;
  /** In radians; only where the shape says so. */
  readonly phases?: Float32Array;
}

export function windowShape({ sampleRate, windowFrames, stft, phases: withPhases }: Pack): WindowShape {
  const { window, hop, bins } = stft;
  const samples = (windowFrames - 1) * hop + window;
  return { sampleRate, frames: windowFrames, bins, window, hop, samples, phases: withPhases ?? false };
}

/**
 * Start samples of the windows of a sound: one every `stride` frames and one that ends with the sound, as far as they
 * lie within 30 dB of its loudest window. None for digital silence.
 */
export function windowStarts(samples: Float32Array, shape: WindowShape, stride: number): number[] {
  const last = Math.max(0, Math.floor((samples.length - shape.samples) / shape.hop));
  const frames: number[] = [];
  for (let frame = 0; frame < last; frame += stride) frames.push(frame);
  const starts = [...frames, last].map((frame) => frame * shape.hop);
  return audibleAmong(samples, shape.samples, starts, AUDIBLE_RANGE_DB);
}

/** The window's samples from `start` on, zeros past the end. */
export function windowSamples(samples: Float32Array, start: number, shape: WindowShape): Float32Array {
  const out = new Float32Array(shape.samples);
  out.set(samples.subarray(start, start + shape.samples));
  return out;
}

/** The window that starts at each sample. */
export function windowsAt(
  samples: Float32Array,
  starts: readonly number[],
  shape: WindowShape,
): SoundWindow[] {
  const { frames, bins, window, hop } = shape;
  const stft = new StreamingStft({ window, hop });
  /** The first frames of a stream reach back before its start; a cut-out window has none of those. */
  const leading = window / hop - 1;
  return starts.map((start) => {
    const out = {
      magnitudes: new Float32Array(frames * bins),
      phases: shape.phases ? new Float32Array(frames * bins) : undefined,
    };
    stft.reset();
    stft.push(windowSamples(samples, start, shape), (spectrum, frame) => {
      if (frame < leading) return;
      const row = (frame - leading) * bins;
      magnitudes(spectrum, out.magnitudes, row);
      if (out.phases) phases(spectrum, out.phases, row);
    });
    return out;
  });
}

/**
 * The windows that a pack is measured by: those that its graphs take. A streaming pack takes none. It is measured by as much sound as
 * its answers are about, each window heard as a sound of its own from the beginning on, and its answer is that at the end: with
 * no memory of what came before it, so that it is set beside other packs on the same windows.
 */
import { AUDIBLE_RANGE_DB } from "../../../models/explain/clip-decision.ts";
import { framesAnswered } from "../../../models/explain/window-times.ts";
import type { Pack } from "../../../models/pack/pack.ts";
import { audibleAmong } from "../../data/waves.ts";
import { type SoundWindow, WindowCutter } from "../../data/window-cutter.ts";

export type { SoundWindow } from "../../data/window-cutter.ts";

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

export function windowShape(pack: Pack): WindowShape {
  const { sampleRate, phases: withPhases } = pack;
  const { window, hop, bins } = pack.stft;
  const frames = framesAnswered(pack);
  const samples = (frames - 1) * hop + window;
  return { sampleRate, frames, bins, window, hop, samples, phases: withPhases ?? false };
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

/** The window that starts at each sample; what lies beyond the sound's end counts as silence. */
export function windowsAt(
  samples: Float32Array,
  starts: readonly number[],
  shape: WindowShape,
): SoundWindow[] {
  const cutter = new WindowCutter({ ...shape, stft: shape, needsPhases: shape.phases });
  return starts.map((start) => cutter.cut(samples, start));
}

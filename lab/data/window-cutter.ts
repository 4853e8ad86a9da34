/** Cuts windows for any STFT out of sounds: magnitudes, and phases where they are wanted. */
import {
  type FrameShape,
  magnitudes as magnitudesOf,
  phases as phasesOf,
  StreamingStft,
} from "../../dsp/index.ts";

interface CutShape {
  /** Frames in a window. */
  readonly frames: number;
  readonly bins: number;
  readonly stft: FrameShape;
  readonly needsPhases: boolean;
}

/** What a graph is given of one window, row-major [frames, bins] each. */
export interface SoundWindow {
  readonly magnitudes: Float32Array;
  /** In radians; only where the shape says so. */
  readonly phases?: Float32Array | undefined;
}

/** Makes windows of one shape; the transform's tables are made once. */
export class WindowCutter {
  /** Samples that the frames of one window cover. */
  readonly length: number;
  readonly #stft: StreamingStft;

  constructor(private readonly shape: CutShape) {
    this.length = (shape.frames - 1) * shape.stft.hop + shape.stft.window;
    this.#stft = new StreamingStft(shape.stft);
  }

  /** The window that starts at sample `start`; what lies beyond the end counts as silence. */
  cut(samples: Float32Array, start = 0): SoundWindow {
    const { frames, bins, needsPhases, stft } = this.shape;
    const magnitudes = new Float32Array(frames * bins);
    const phases = needsPhases ? new Float32Array(frames * bins) : undefined;
    // The first frames of a stream reach back before its start; a window has none of those.
    const leading = stft.window / stft.hop - 1;
    const piece = new Float32Array(this.length);
    piece.set(samples.subarray(start, start + this.length));
    this.#stft.reset();
    this.#stft.push(piece, (spectrum, frame) => {
      if (frame < leading) return;
      magnitudesOf(spectrum, magnitudes, (frame - leading) * bins);
      if (phases) phasesOf(spectrum, phases, (frame - leading) * bins);
    });
    return { magnitudes, phases };
  }
}

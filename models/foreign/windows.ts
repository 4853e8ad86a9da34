/** Cuts windows for any STFT out of sounds: magnitudes, and phases where they are wanted. */
import { magnitudes as magnitudesOf, phases as phasesOf, StreamingStft } from "../../dsp/index.ts";
import type { ExplainedClassifier } from "../methods/explained-classifier.ts";
import type { StftShape } from "./waveform.ts";

export interface WindowValues {
  /** Row-major [frames, bins]. */
  readonly magnitudes: Float32Array;
  readonly phases?: Float32Array;
}

type Windowed = Pick<ExplainedClassifier, "frames" | "bins" | "needsPhases"> & { readonly stft: StftShape };

/** Samples that the frames of one window cover. */
export function windowSamples({ frames, stft }: Pick<Windowed, "frames" | "stft">): number {
  return (frames - 1) * stft.hop + stft.window;
}

/** Makes windows of one classifier's shape; the transform's tables are made once. */
export class WindowCutter {
  readonly length: number;
  readonly #stft: StreamingStft;

  constructor(private readonly shape: Windowed) {
    this.length = windowSamples(shape);
    this.#stft = new StreamingStft(shape.stft);
  }

  /** The window that starts at sample `start`; what lies beyond the end counts as silence. */
  cut(samples: Float32Array, start = 0): WindowValues {
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

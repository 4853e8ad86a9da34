/** The way back to samples inside a graph, as a plain transposed convolution. */
import { hann } from "../../dsp/frames.ts";
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import type { StftShape } from "../networks/explained-classifier.ts";

/** Frames that together give `samples` samples on which all their windows overlap. */
export function framesFor(samples: number, { window, hop }: StftShape): number {
  return Math.ceil((samples + window - hop) / hop);
}

/** Samples on which all windows of `frames` frames overlap: those that the frames alone determine. */
export function samplesOf(frames: number, { window, hop }: StftShape): number {
  return (frames + 1) * hop - window;
}

/**
 * Magnitudes and phases [B, T, F] to the samples [B, 1, samples] from the first on at which all windows overlap. Equals
 * dsp's weighted overlap-add (Griffin and Lim 1984): unchanged spectra give back the samples they came from.
 */
export function samplesFrom(
  g: GraphBuilder,
  magnitudes: Tensor,
  phases: Tensor,
  { window, hop }: StftShape,
  samples: number,
): Tensor {
  const bins = window / 2 + 1;
  const parts = g.concat(
    [g.mul(magnitudes, g.op("Cos", [phases])), g.mul(magnitudes, g.op("Sin", [phases]))],
    2,
  );
  const kernel = g.constant(inverseKernel(window, hop), "float32", [2 * bins, 1, window]);
  const sum = g.op("ConvTranspose", [g.transpose(parts, [0, 2, 1]), kernel], {
    kernel_shape: [window],
    strides: [hop],
  });
  return g.slice(sum, 2, window - hop, window - hop + samples);
}

/** [2 bins, window]: what a unit of each real, then of each imaginary part adds to the samples of its frame. */
function inverseKernel(window: number, hop: number): Float32Array {
  const bins = window / 2 + 1;
  const shape = hann(window);
  const squares = new Float64Array(hop);
  for (let n = 0; n < window; n++) squares[n % hop] += shape[n] ** 2;
  const kernel = new Float32Array(2 * bins * window);
  for (let bin = 0; bin < bins; bin++) {
    // Every frequency but the first and the last stands for its mirror image too.
    const weight = (bin === 0 || bin === bins - 1 ? 1 : 2) / window;
    for (let n = 0; n < window; n++) {
      const angle = (2 * Math.PI * ((bin * n) % window)) / window;
      const synthesis = (weight * shape[n]) / squares[n % hop];
      kernel[bin * window + n] = synthesis * Math.cos(angle);
      kernel[(bins + bin) * window + n] = -synthesis * Math.sin(angle);
    }
  }
  return kernel;
}

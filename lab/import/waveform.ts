/** The way back to samples inside a graph, and from there to any other spectrum; both as plain (transposed) convolutions. */
import { hann } from "../../dsp/frames.ts";
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import type { StftShape } from "../networks/explained-classifier.ts";
import type { Front } from "./front.ts";

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

/** Samples that the front's own transform needs for `frames` frames. */
export function samplesForFront({ nFft = 0, hop = nFft / 4 }: Front, frames: number): number {
  return (frames - 1) * hop + nFft;
}

/** Samples [B, 1, S] to the squared magnitudes [B, T, F] of the front's own transform; nothing is padded. */
export function ownPower(g: GraphBuilder, samples: Tensor, front: Front): Tensor {
  const { nFft = 0, hop = nFft / 4 } = front;
  const bins = nFft / 2 + 1;
  const kernel = g.constant(forwardKernel(front), "float32", [2 * bins, 1, nFft]);
  const parts = g.op("Conv", [samples, kernel], { kernel_shape: [nFft], strides: [hop] });
  const squares = g.mul(parts, parts);
  return g.transpose(g.add(g.slice(squares, 1, 0, bins), g.slice(squares, 1, bins, 2 * bins)), [0, 2, 1]);
}

function forwardKernel({ nFft = 0, winLength = nFft, window }: Front): Float32Array {
  const bins = nFft / 2 + 1;
  const shape = new Float64Array(nFft);
  const start = Math.floor((nFft - winLength) / 2);
  const cosine = (a: number, b: number) => (_: number, n: number) =>
    a - b * Math.cos((2 * Math.PI * n) / winLength);
  const values = { hann: cosine(0.5, 0.5), hamming: cosine(0.54, 0.46), rectangular: () => 1 }[window];
  shape.set(Float64Array.from({ length: winLength }, values), start);
  const kernel = new Float32Array(2 * bins * nFft);
  for (let bin = 0; bin < bins; bin++) {
    for (let n = 0; n < nFft; n++) {
      const angle = (2 * Math.PI * ((bin * n) % nFft)) / nFft;
      kernel[bin * nFft + n] = shape[n] * Math.cos(angle);
      kernel[(bins + bin) * nFft + n] = -shape[n] * Math.sin(angle);
    }
  }
  return kernel;
}

/** A classifier's own transform of samples, as one convolution: frames, their emphasis, window and Fourier transform. */
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import type { Front } from "./front.ts";

interface Sizes {
  readonly nFft: number;
  readonly hop: number;
  readonly winLength: number;
}

function sizesOf({ nFft = 0, hop = nFft / 4, winLength = nFft }: Front): Sizes {
  return { nFft, hop, winLength };
}

/** Samples that are put before the sound, so that frames are centred; as many, or one more, behind it. */
function paddingOf(front: Front): readonly [number, number] {
  if (front.pad === "none") return [0, 0];
  const { nFft, winLength } = sizesOf(front);
  // A window shorter than the transform lies in its middle, where zeros are no samples that have to be there.
  const around = Math.floor((nFft - winLength) / 2);
  return [nFft / 2 - around, nFft / 2 - (nFft - winLength - around)];
}

/** Samples of sound that the transform needs for `frames` frames. */
export function samplesForFront(front: Front, frames: number): number {
  const { hop, winLength } = sizesOf(front);
  const [before, after] = paddingOf(front);
  const framed = (frames - 1) * hop + winLength - before - after;
  return Math.max(framed + lostSamples(front), front.samples ?? 0);
}

/** Frames that `samples` samples of sound give. */
export function framesFromSamples(front: Front, samples: number): number {
  const { hop, winLength } = sizesOf(front);
  const [before, after] = paddingOf(front);
  return Math.floor((samples - lostSamples(front) + before + after - winLength) / hop) + 1;
}

/** Samples that the emphasis takes from the sound. */
export function lostSamples({ preEmphasis, preEmphasisBy }: Front): number {
  return preEmphasis !== undefined && preEmphasisBy === "valid" ? 1 : 0;
}

/** Samples [B, 1, S] to the squared magnitudes [B, frames, F]. */
export function ownPower(g: GraphBuilder, samples: Tensor, front: Front, frames: number): Tensor {
  const { nFft, hop, winLength } = sizesOf(front);
  const bins = nFft / 2 + 1;
  const kernel = g.constant(forwardKernel(front), "float32", [2 * bins, 1, winLength]);
  const parts = g.op("Conv", [padded(g, samples, front), kernel], {
    kernel_shape: [winLength],
    strides: [hop],
  });
  const squares = g.mul(parts, parts);
  const power = g.add(g.slice(squares, 1, 0, bins), g.slice(squares, 1, bins, 2 * bins));
  return g.transpose(g.slice(power, 2, 0, frames), [0, 2, 1]);
}

function padded(g: GraphBuilder, samples: Tensor, front: Front): Tensor {
  const [before, after] = paddingOf(front);
  if (before === 0 && after === 0) return samples;
  return g.op("Pad", [samples, g.int64([0, 0, before, 0, 0, after])], { mode: front.pad });
}

/** [2 bins, winLength]: what each sample of a frame adds to each real, then to each imaginary part. */
function forwardKernel(front: Front): Float32Array {
  const { nFft, winLength } = sizesOf(front);
  const bins = nFft / 2 + 1;
  const shape = windowShape(front, winLength);
  const angles = Float64Array.from({ length: nFft }, (_, n) => (2 * Math.PI * n) / nFft);
  const [cosine, sine] = [angles.map(Math.cos), angles.map((angle) => -Math.sin(angle))];
  const kernel = new Float32Array(2 * bins * winLength);
  for (let row = 0; row < 2 * bins; row++) {
    const bin = row % bins;
    const wave = row < bins ? cosine : sine;
    const values = shape.map((height, n) => height * wave[(bin * n) % nFft]);
    kernel.set(beforeWindow(values, front), row * winLength);
  }
  return kernel;
}

/** The weights on a frame under the window as weights on the frame as it came: linear steps, turned round. */
function beforeWindow(weights: Float64Array, { preEmphasis, preEmphasisBy, removeDc }: Front): Float64Array {
  let values = weights;
  if (preEmphasis !== undefined && preEmphasisBy === "frame") {
    values = weights.map((weight, n) => weight - preEmphasis * (weights[n + 1] ?? 0));
    values[0] -= preEmphasis * weights[0];
  }
  if (!removeDc) return values;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function windowShape({ window, windowForm }: Front, length: number): Float64Array {
  const form = windowForm ?? (window === "povey" ? "symmetric" : "periodic");
  const period = form === "symmetric" ? length - 1 : length;
  const heightAt = {
    hann: (x: number) => 0.5 - 0.5 * Math.cos(x),
    hamming: (x: number) => 0.54 - 0.46 * Math.cos(x),
    blackman: (x: number) => 0.42 - 0.5 * Math.cos(x) + 0.08 * Math.cos(2 * x),
    povey: (x: number) => (0.5 - 0.5 * Math.cos(x)) ** 0.85,
    rectangular: () => 1,
  }[window];
  return Float64Array.from({ length }, (_, n) => heightAt((2 * Math.PI * n) / period));
}

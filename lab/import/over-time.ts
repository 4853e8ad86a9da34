/** Steps of a front that look from frame to frame, as products with a matrix [frames, frames]. */
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import type { Front } from "./front.ts";

/**
 * Per-channel energy normalisation (Wang et al. 2017, arXiv 1607.05666) as in librosa.pcen: each value of `x` [B, T, bands] is
 * divided by what its band was lately, M[t] = (1 − b)·M[t − 1] + b·x[t].
 */
export function pcen(g: GraphBuilder, x: Tensor, front: Front, frames: number, floor: number): Tensor {
  const { sampleRate, nFft = 0, hop = nFft / 4, pcenTime, pcenGain, pcenBias, pcenPower, pcenStart } = front;
  const slowness = (pcenTime * sampleRate) / hop;
  const b = (Math.sqrt(1 + 4 * slowness ** 2) - 1) / (2 * slowness ** 2);
  const weights = new Float32Array(frames * frames);
  for (let t = 0; t < frames; t++) {
    for (let k = 0; k <= t; k++) weights[t * frames + k] = b * (1 - b) ** (t - k);
    if (pcenStart === "first") weights[t * frames] = (1 - b) ** t;
  }
  let lately = g.matmul(g.constant(weights, "float32", [frames, frames]), x);
  if (typeof pcenStart === "number") {
    const decay = Float32Array.from({ length: frames }, (_, t) => pcenStart * (1 - b) ** (t + 1));
    lately = g.add(lately, g.constant(decay, "float32", [frames, 1]));
  }
  const raised = (y: Tensor, exponent: number) => g.exp(g.mul(g.log(y), exponent));
  const levelled = g.mul(x, raised(g.add(lately, floor), -pcenGain));
  return g.sub(raised(g.add(levelled, pcenBias), pcenPower), pcenBias ** pcenPower);
}

/** `x` [B, T, bands] with its differences over time behind its bands, as often as the front says. */
export function withDeltas(g: GraphBuilder, x: Tensor, front: Front, frames: number): Tensor {
  const { deltas, deltaWidth: width, deltaEdge } = front;
  if (deltas === 0) return x;
  const slopes = (order: 1 | 2) =>
    g.constant(fittedSlopes(frames, width, order, deltaEdge), "float32", [frames, frames]);
  const first = g.matmul(slopes(1), x);
  if (deltas === 1) return g.concat([x, first], 2);
  // librosa fits a parabola to the bands themselves; the others take the differences of the differences.
  const second = deltaEdge === "fit" ? g.matmul(slopes(2), x) : g.matmul(slopes(1), first);
  return g.concat([x, first, second], 2);
}

/** [frames, frames]: the slope (order 1) or bend (2) of the polynomial fitted to `width` frames around each. */
function fittedSlopes(frames: number, width: number, order: 1 | 2, edge: Front["deltaEdge"]): Float32Array {
  const half = (width - 1) / 2;
  if (edge === "fit" && frames < width) {
    throw new RangeError(
      `${frames} frames are fewer than deltaWidth ${width}; give more frames or a smaller width`,
    );
  }
  const places = Array.from({ length: width }, (_, i) => i - half);
  const square = places.reduce((sum, n) => sum + n * n, 0) / width;
  const heights = places.map((n) => (order === 1 ? n : 2 * (n * n - square)));
  const scale = places.reduce((sum, n) => sum + (order === 1 ? n * n : (n * n - square) ** 2), 0);
  const weights = new Float32Array(frames * frames);
  for (let t = 0; t < frames; t++) {
    const middle = edge === "fit" ? Math.min(frames - 1 - half, Math.max(half, t)) : t;
    for (const [i, n] of places.entries()) {
      const at = Math.min(frames - 1, Math.max(0, middle + n));
      weights[t * frames + at] += heights[i] / scale;
    }
  }
  return weights;
}

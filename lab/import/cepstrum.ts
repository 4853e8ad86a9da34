/** Mel cepstral coefficients: the cosine transform of a frame's bands, as one product with a matrix. */
import type { GraphBuilder, Tensor } from "../../models/graph/index.ts";
import type { Front } from "./front.ts";

/** `x` [B, T, mels] to [B, T, coefficients]. */
export function cepstrum(g: GraphBuilder, x: Tensor, front: Front): Tensor {
  const { nMels: mels = 0, nMfcc: count = 0, lifter, dctNorm } = front;
  const weights = new Float32Array(mels * count);
  for (let n = 0; n < count; n++) {
    const lift = lifter === undefined ? 1 : 1 + (lifter / 2) * Math.sin((Math.PI * n) / lifter);
    const norm = { none: 2, htk: Math.sqrt(2 / mels), ortho: Math.sqrt((n === 0 ? 1 : 2) / mels) }[dctNorm];
    for (let mel = 0; mel < mels; mel++)
      weights[mel * count + n] = lift * norm * Math.cos((Math.PI * n * (mel + 0.5)) / mels);
  }
  return g.matmul(x, g.constant(weights, "float32", [mels, count]));
}

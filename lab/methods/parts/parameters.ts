/** Parameters that several methods have. */
import type { MethodParameter } from "../method.ts";

export const LAYER: MethodParameter = {
  name: "layer",
  description: "which latent: 0 is the shallowest, -1 the deepest",
  default: -1,
  range: [-1000, 999],
  whole: true,
};

export const SEED: MethodParameter = {
  name: "seed",
  description: "of the noise, which is part of the graph: the same window always gets the same mask",
  default: 1,
  range: [0, 1e9],
  whole: true,
};

/** A graph of 128 gradients loads in five seconds, one of 256 in half a minute. */
export const MOST_POINTS = 128;

export const SAMPLES: MethodParameter = {
  name: "samples",
  description: "copies of the window, one gradient each",
  default: 16,
  range: [1, MOST_POINTS],
  whole: true,
};

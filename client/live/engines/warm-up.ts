import type { Engine, SpectralWindow } from "../../../protocol/engine.ts";

export interface WarmUpShape {
  /** Of streaming packs: that are asked about at once, as many as the stride. */
  readonly windowFrames: number;
  readonly bins: number;
  /** Whether the windows carry phases. */
  readonly phases?: boolean;
  readonly strideFrames: number;
  /** Of the first window; 0 when left out. */
  readonly firstFrame?: number;
}

const ROUNDS = 6;

/**
 * Runs a few windows of noise, each a stride further on as in a live stream, and returns the slowest time in
 * milliseconds. The first one is not counted: it compiles, allocates and sends everything.
 */
export async function warmUp(engine: Engine, shape: WarmUpShape, now: () => number): Promise<number> {
  const { firstFrame = 0 } = shape;
  let slowest = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const window = noiseWindow(firstFrame + round * shape.strideFrames, shape);
    const started = now();
    await engine.explain(window);
    if (round > 0) slowest = Math.max(slowest, now() - started);
  }
  return slowest;
}

/** Frame k of the noise is the same in every window that holds it, so that a remote engine sends only new frames. */
function noiseWindow(firstFrame: number, { windowFrames, bins, phases }: WarmUpShape): SpectralWindow {
  const magnitudes = new Float32Array(windowFrames * bins);
  for (let n = 0; n < magnitudes.length; n++) {
    const seed = Math.imul(firstFrame * bins + n + 1, 0x9e3779b1) >>> 0;
    magnitudes[n] = (4 * seed) / 2 ** 32;
  }
  // From -2 to 2, as angles are.
  return phases
    ? { firstFrame, magnitudes, phases: magnitudes.map((value) => value - 2) }
    : { firstFrame, magnitudes };
}

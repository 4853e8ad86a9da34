/** What a streaming classifier is built of. */
export interface StreamShape {
  /** Frames it hears at once: in training a whole sequence, live a block. */
  readonly frames: number;
  readonly bins: number;
  readonly mels: number;
  readonly sampleRate: number;
  /** Channels of the five stages, shallow to deep. */
  readonly channels: readonly number[];
  /** Channels behind them, where frequency is gone. */
  readonly deep: number;
  /** Steps apart in time that the layers behind the stages look back, each its own. */
  readonly lookBack: readonly number[];
  readonly classes: number;
}

/** Frames to one step of the deep layers, which is the shortest block: 32 ms. */
export const STEP_FRAMES = 4;

export const EVERYDAY_SHAPE = {
  mels: 64,
  channels: [16, 32, 64, 96, 144],
  deep: 224,
  lookBack: [2, 4, 8],
} as const;

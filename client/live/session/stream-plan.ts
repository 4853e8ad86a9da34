import { type AudioShape, framesIn, hopMs } from "../../../protocol/audio-shape.ts";
import { framingSeconds } from "../../../worklets/explainer.ts";
import { type DelaySetting, delaySettings } from "../live-explainer.ts";

/** What a page may choose; what is left out follows from the setting and the pack. */
export interface StreamWishes {
  readonly lookAheadFrames?: number;
  readonly strideFrames?: number;
  readonly minLatencyMs?: number;
  readonly maxLatencyMs?: number;
}

/** The times of one stream in the frames of its pack. */
export interface StreamPlan {
  readonly strideFrames: number;
  readonly lookAheadFrames: number;
  /** Limits of D. */
  readonly minDelayFrames: number;
  readonly maxDelayFrames: number;
  /** What framing, overlap-add and resampling hold back. */
  readonly framingMs: number;
}

interface SettingTimes {
  /** What a window should have heard after the frames that it masks. */
  readonly lookAheadMs: number;
  /** From one window to the next. */
  readonly strideMs: number;
  /** What a sound may wait for its mask, beside its frame and a hop by which the parts of D are rounded up. */
  readonly waitMs: number;
}

/**
 * docs/latency.md says what each costs and brings. With a streaming pack a mask hears what is left of its block, whatever the
 * setting: there the look-ahead is nothing but a reserve for late masks, and only a long one is kept.
 */
const SETTINGS: Readonly<Record<DelaySetting, SettingTimes>> = {
  "low-delay": { lookAheadMs: 24, strideMs: 24, waitMs: 60 },
  balanced: { lookAheadMs: 32, strideMs: 64, waitMs: 160 },
  "high-quality": { lookAheadMs: 160, strideMs: 32, waitMs: 260 },
};
const BLOCK_SETTINGS: typeof SETTINGS = {
  "low-delay": { lookAheadMs: 0, strideMs: 32, waitMs: 60 },
  balanced: { lookAheadMs: 0, strideMs: 64, waitMs: 160 },
  "high-quality": { lookAheadMs: 160, strideMs: 64, waitMs: 260 },
};

/** A block and what its masks take on their way: less delay a streaming pack can't be heard at. */
const BLOCK_WAY_MS = 24;

/**
 * @param deviceRate of the audio context, in Hz.
 * @param blocks of streaming packs: frames that one call can take, the fewest first.
 */
export function planStream(
  shape: AudioShape,
  deviceRate: number,
  wishes: StreamWishes = {},
  setting: DelaySetting = "balanced",
  blocks?: readonly number[],
): StreamPlan {
  const { lookAheadMs, strideMs, waitMs } = (blocks ? BLOCK_SETTINGS : SETTINGS)[setting];
  const step = hopMs(shape);
  const windowMs = (1_000 * shape.window) / shape.sampleRate;
  const framingMs = 1_000 * framingSeconds(deviceRate, shape);
  const { minLatencyMs = 0, maxLatencyMs = waitMs + windowMs + step } = wishes;
  const strideFrames = wishes.strideFrames ?? framesIn(shape, strideMs);
  const shortest = blocks ? blocks[0] + framesIn(shape, BLOCK_WAY_MS) : 1;
  return {
    strideFrames: blocks
      ? (blocks.filter((frames) => frames <= strideFrames).at(-1) ?? blocks[0])
      : strideFrames,
    lookAheadFrames: wishes.lookAheadFrames ?? (lookAheadMs > 0 ? framesIn(shape, lookAheadMs) : 0),
    minDelayFrames: Math.max(0, Math.ceil((minLatencyMs - framingMs) / step)),
    maxDelayFrames: Math.max(shortest, Math.floor((maxLatencyMs - framingMs) / step)),
    framingMs,
  };
}

/** The most that D may become in any setting, as a listener may change it at any time: memory is set aside for it. */
export function longestDelay(
  shape: AudioShape,
  deviceRate: number,
  wishes: StreamWishes = {},
  blocks?: readonly number[],
): number {
  return Math.max(
    ...delaySettings.map((setting) => planStream(shape, deviceRate, wishes, setting, blocks).maxDelayFrames),
  );
}

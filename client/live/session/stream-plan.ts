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

/** docs/latency.md says what each costs and brings. */
const SETTINGS: Readonly<Record<DelaySetting, SettingTimes>> = {
  "low-delay": { lookAheadMs: 24, strideMs: 24, waitMs: 60 },
  balanced: { lookAheadMs: 32, strideMs: 64, waitMs: 160 },
  "high-quality": { lookAheadMs: 160, strideMs: 32, waitMs: 260 },
};

/** @param deviceRate of the audio context, in Hz. */
export function planStream(
  shape: AudioShape,
  deviceRate: number,
  wishes: StreamWishes = {},
  setting: DelaySetting = "balanced",
): StreamPlan {
  const { lookAheadMs, strideMs, waitMs } = SETTINGS[setting];
  const step = hopMs(shape);
  const windowMs = (1_000 * shape.window) / shape.sampleRate;
  const framingMs = 1_000 * framingSeconds(deviceRate, shape);
  const { minLatencyMs = 0, maxLatencyMs = waitMs + windowMs + step } = wishes;
  return {
    strideFrames: wishes.strideFrames ?? framesIn(shape, strideMs),
    lookAheadFrames: wishes.lookAheadFrames ?? framesIn(shape, lookAheadMs),
    minDelayFrames: Math.max(0, Math.ceil((minLatencyMs - framingMs) / step)),
    maxDelayFrames: Math.max(1, Math.floor((maxLatencyMs - framingMs) / step)),
    framingMs,
  };
}

/** The most that D may become in any setting, as a listener may change it at any time: memory is set aside for it. */
export function longestDelay(shape: AudioShape, deviceRate: number, wishes: StreamWishes = {}): number {
  return Math.max(
    ...delaySettings.map((setting) => planStream(shape, deviceRate, wishes, setting).maxDelayFrames),
  );
}

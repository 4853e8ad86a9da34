import { type AudioShape, framesIn, hopMs } from "../../protocol/audio-shape.ts";
import { framingSeconds } from "../../worklets/explainer.ts";

/** What a page may choose; what is left out follows from the pack. */
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

const LOOK_AHEAD_MS = 32;
const STRIDE_MS = 64;
/** What a sound may wait for its mask, beside its frame and a hop by which the parts of D are rounded up. */
const WAIT_MS = 160;

/** @param deviceRate of the audio context, in Hz. */
export function planStream(shape: AudioShape, deviceRate: number, wishes: StreamWishes = {}): StreamPlan {
  const step = hopMs(shape);
  const windowMs = (1_000 * shape.window) / shape.sampleRate;
  const framingMs = 1_000 * framingSeconds(deviceRate, shape);
  const { minLatencyMs = 0, maxLatencyMs = WAIT_MS + windowMs + step } = wishes;
  return {
    strideFrames: wishes.strideFrames ?? framesIn(shape, STRIDE_MS),
    lookAheadFrames: wishes.lookAheadFrames ?? framesIn(shape, LOOK_AHEAD_MS),
    minDelayFrames: Math.max(0, Math.ceil((minLatencyMs - framingMs) / step)),
    maxDelayFrames: Math.max(1, Math.floor((maxLatencyMs - framingMs) / step)),
    framingMs,
  };
}

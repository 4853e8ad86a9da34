/** What is told of channels, and what they take it to mean for a pack. */

import { framesAnswered } from "../models/explain/window-times.ts";
import { classThresholds, type Pack } from "../models/pack/pack.ts";
import type { DetectorOptions } from "./detector.ts";

export interface ChannelSettings {
  readonly pack: Pack;
  readonly method: string;
  /** Frames from one window to the next, or of the blocks that make one decision. */
  readonly stride: number;
  readonly detector: DetectorOptions;
  /** Seconds kept before and after an event. */
  readonly before: number;
  readonly after: number;
  /** Windows below this level, in dB of full scale, count as silence: a microphone's own noise sounds like rain. */
  readonly floor: number;
  /** Classes whose presence discards a clip, with the probability from which they count as present. */
  readonly discard: ReadonlyMap<string, number>;
}

export interface ChannelWishes {
  /** Seconds from one window to the next. Default 0.25. */
  readonly stride?: number;
  /** Default: the pack's thresholds, 2 of 3 windows, a gap of 1 s, a cool-down of 3 s, at most 60 s. */
  readonly detector?: Partial<Omit<ChannelSettings["detector"], "labels" | "stride">>;
  /** Decibels of full scale below which windows count as silence. Default -60. */
  readonly floor?: number;
  /** Seconds of a clip before and after its event. Default 2 each. */
  readonly before?: number;
  readonly after?: number;
  readonly discard?: ReadonlyMap<string, number>;
}

/** A threshold that is wished for all classes stands in the place of all of the pack's. */
export function channelSettingsOf(wishes: ChannelWishes, pack: Pack, method: string): ChannelSettings {
  const strideFrames = strideOf(wishes.stride ?? 0.25, pack);
  return {
    pack,
    method,
    stride: strideFrames,
    detector: {
      ignored: pack.other === undefined ? [] : [pack.other],
      threshold: pack.threshold,
      confirm: { hits: 2, of: 3 },
      gap: 1,
      coolDown: 3,
      longest: 60,
      ...wishes.detector,
      thresholds: new Map([
        ...(wishes.detector?.threshold === undefined ? thresholdsOf(pack) : []),
        ...(wishes.detector?.thresholds ?? []),
      ]),
      labels: pack.labels,
      parents: pack.parents,
      stride: (strideFrames * pack.stft.hop) / pack.sampleRate,
    },
    floor: wishes.floor ?? -60,
    before: wishes.before ?? 2,
    after: wishes.after ?? 2,
    discard: wishes.discard ?? new Map(),
  };
}

function thresholdsOf(pack: Pack): [string, number][] {
  const thresholds = classThresholds(pack);
  return pack.labels.map((label, k) => [label, thresholds[k]]);
}

/** In frames, at most a window: of a streaming pack whole blocks, at most what an answer is about. */
function strideOf(seconds: number, pack: Pack): number {
  const step = pack.streaming ? pack.windowFrames : 1;
  const steps = Math.round((seconds * pack.sampleRate) / (pack.stft.hop * step));
  return step * Math.max(1, Math.min(framesAnswered(pack) / step, steps));
}

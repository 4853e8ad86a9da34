/**
 * Where and when a mask lies, against where and when its class really was: of scenes whose parts are known, and of sounds that
 * are digitally silent in part. Masks and magnitudes are row-major [frames, bins], of all frames that a sound touches.
 */
import type { FrameShape } from "../../../dsp/index.ts";
import type { Span } from "../../data/active-regions.ts";
import { keptEnergy } from "./separation.ts";

/** Half the least step of 16 bits: what is below it in every sample is silence by the file. */
const DIGITAL_SILENCE = 1 / 65_536;

/** Of every frame that a sound touches, whether it holds nothing but digital silence. */
export function silentFrames(samples: Float32Array, shape: FrameShape): boolean[] {
  // Frame k ends before sample (k + 1) * hop: the last sound so far tells all frames that end later.
  const { window, hop } = shape;
  const frames = frameCount(samples.length, shape);
  const silent: boolean[] = [];
  let lastSound = Number.NEGATIVE_INFINITY;
  let at = 0;
  for (let frame = 0; frame < frames; frame++) {
    const end = (frame + 1) * hop;
    for (; at < Math.min(end, samples.length); at++)
      if (Math.abs(samples[at]) > DIGITAL_SILENCE) lastSound = at;
    silent.push(lastSound < end - window);
  }
  return silent;
}

/** Of every frame that a sound of so many samples touches, whether it reaches into the span. */
export function framesWithin(span: Span, samples: number, shape: FrameShape): boolean[] {
  const { window, hop } = shape;
  return Array.from({ length: frameCount(samples, shape) }, (_, frame) => {
    const end = (frame + 1) * hop;
    return end > span.from && end - window < span.to;
  });
}

function frameCount(samples: number, { window, hop }: FrameShape): number {
  return Math.ceil((samples + window - hop) / hop);
}

/** Share of the mask's sum that lies on silent frames, 0 to 1, lower is better; null for a mask of zeros or without silence. */
export function silenceMass(mask: Float32Array, silent: readonly boolean[]): number | null {
  if (!silent.includes(true)) return null;
  const sums = frameSums(mask, silent.length);
  return shareWithin(sums, silent);
}

/**
 * Share of the kept energy that is the class's own, Σ(g·|S|)² / (Σ(g·|S|)² + Σ(g·|R|)²), 0 to 1, higher is better: S is the
 * spectrum of the class's stem, R that of everything else. Null for a mask that keeps nothing.
 */
export function relevanceMass(gains: Float32Array, stem: Float32Array, rest: Float32Array): number | null {
  const own = keptEnergy(gains, stem);
  const others = keptEnergy(gains, rest);
  return own + others > 0 ? own / (own + others) : null;
}

/** The same in time alone: share of the mixture's kept energy, Σ(g·|X|)², that lies on frames within the event. */
export function relevanceInTime(
  gains: Float32Array,
  mixture: Float32Array,
  within: readonly boolean[],
): number | null {
  const energies = mixture.map((magnitude, k) => (gains[k] * magnitude) ** 2);
  return shareWithin(frameSums(energies, within.length), within);
}

/** How the mask's mean over the bins goes with the time of the event. */
export interface TimeFit {
  /** That a frame within has more of the mask than one outside, 0 to 1; ties count half. Null when all are on one side. */
  readonly timeAuc: number | null;
  /** Frames both within and above half of the profile's largest value, over frames that are either. */
  readonly timeIou: number | null;
  /** The same at the threshold at which it is largest. */
  readonly timeIouBest: number | null;
  /** 1 where the profile's largest value lies within, or the share of its largest values that do. */
  readonly pointing: number | null;
}

export function timeFit(mask: Float32Array, within: readonly boolean[]): TimeFit {
  const sums = frameSums(mask, within.length);
  const most = Math.max(...sums);
  if (!(most > 0)) return { timeAuc: null, timeIou: null, timeIouBest: null, pointing: null };
  // In millionths of the largest: what differs by the rounding of sums is the same.
  const largest = 1e6;
  const profile = sums.map((sum) => Math.round((sum / most) * largest));
  const inside = within.filter(Boolean).length;
  // Frames from the most of the mask down: those of one value come together.
  const order = Array.from(profile.keys()).sort((one, other) => profile[other] - profile[one]);
  let above = 0;
  let hits = 0;
  let ordered = 0;
  let atHalf = 0;
  let best = 0;
  let pointing = 0;
  for (let at = 0; at < order.length; ) {
    const value = profile[order[at]];
    const [aboveBefore, hitsBefore] = [above, hits];
    for (; at < order.length && profile[order[at]] === value; at++) {
      above++;
      if (within[order[at]]) hits++;
    }
    const iou = hits / (inside + above - hits);
    best = Math.max(best, iou);
    if (value >= largest / 2) atHalf = iou;
    if (value === largest) pointing = hits / above;
    const tiedHits = hits - hitsBefore;
    const tiedMisses = above - aboveBefore - tiedHits;
    ordered += tiedMisses * (hitsBefore + tiedHits / 2);
  }
  const outside = within.length - inside;
  const timeAuc = inside > 0 && outside > 0 ? ordered / (inside * outside) : null;
  return { timeAuc, timeIou: atHalf, timeIouBest: best, pointing };
}

function frameSums(values: Float32Array, frames: number): number[] {
  const bins = values.length / frames;
  return Array.from({ length: frames }, (_, frame) => {
    let sum = 0;
    for (let k = frame * bins; k < (frame + 1) * bins; k++) sum += values[k];
    return sum;
  });
}

function shareWithin(values: readonly number[], within: readonly boolean[]): number | null {
  const sum = values.reduce((total, value) => total + value, 0);
  return sum > 0 ? values.reduce((total, value, k) => (within[k] ? total + value : total), 0) / sum : null;
}

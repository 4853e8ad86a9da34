/**
 * What the streaming classifier hears of a frame, causally: log-mel against the level followed so far, and log-mel against
 * each band's own past, the background. Nothing below 50 Hz enters, so neither rumble nor a constant offset decides.
 */
import type { GraphBuilder, Tensor } from "../../../models/graph/index.ts";
import { LEVEL_FLOOR } from "../classifier.ts";
import { LOWEST_HZ, meanMelBands } from "../mel-bins.ts";
import type { Past } from "./past.ts";
import type { StreamShape } from "./stream-shape.ts";

/** Frames a second of the released STFT, 16 kHz and a hop of 128. */
const FRAME_RATE = 125;
/** The level falls by 30 dB a second after the loudest moment. */
const LEVEL_DECAY = 10 ** (-30 / 10 / FRAME_RATE);
/** The background is each band's mean logarithm over about the last 1.5 s. */
const BACKGROUND_DECAY = Math.exp(-1 / (1.5 * FRAME_RATE));
/** Floor under each band, relative to the level: −60 dB. */
const BAND_FLOOR = 1e-6;
const CENTRE = -6;
const SPREAD = 3.5;
const BACKGROUND_SPREAD = 2.5;
/** What rounding may leave of a band's floor. */
const ROUNDING = 1e-3 * BAND_FLOOR;
/** Mean power of a frame's bands beside the level below which there is nothing to be kept in it: −80 dB. */
const NOTHING = 1e-8;

/** Powers of a sound's frames. */
export interface FramePowers {
  /** [B, T, mels]: mean power of each band's bins. */
  readonly bands: Tensor;
  /** [B, T, 1]: mean power of all bins that are heard. */
  readonly all: Tensor;
  /** [B, T, 1]: mean of the bands. */
  readonly mean: Tensor;
}

/** What a frame is heard against. */
export interface Surroundings {
  /** [B, T, 1] */
  readonly level: Tensor;
  /** [B, T, mels] */
  readonly background: Tensor;
}

/** First bin that is heard: those of 0 and 31 Hz of the STFT lie below. */
export function lowestBin({ bins, sampleRate }: StreamShape): number {
  return Math.ceil((LOWEST_HZ * 2 * (bins - 1)) / sampleRate);
}

/** [bins, mels + 2]: bands that are weighted means of their bins, the mean of all bins that are heard, and that of the bands. */
function powerWeights(shape: StreamShape): Float32Array {
  const { bins, mels, sampleRate } = shape;
  const bands = meanMelBands(bins, mels, sampleRate);
  const first = lowestBin(shape);
  const width = mels + 2;
  const out = new Float32Array(bins * width);
  for (let bin = first; bin < bins; bin++) {
    const row = bands.subarray(bin * mels, (bin + 1) * mels);
    out.set(row, bin * width);
    out[bin * width + mels] = 1 / (bins - first);
    out[bin * width + mels + 1] = row.reduce((sum, weight) => sum + weight, 0) / mels;
  }
  return out;
}

/** Of magnitudes [B, T, F]. */
export function framePowers(g: GraphBuilder, magnitudes: Tensor, shape: StreamShape): FramePowers {
  const { bins, mels } = shape;
  const weights = g.constant(powerWeights(shape), "float32", [bins, mels + 2]);
  const powers = g.matmul(g.mul(magnitudes, magnitudes), weights);
  const [bands, all, mean] = g.ops("Split", [powers, g.int64([mels, 1, 1])], { axis: 2 }, { outputs: 3 });
  return { bands, all, mean };
}

function logarithm(g: GraphBuilder, bands: Tensor): Tensor {
  return g.log(g.add(bands, g.constant(LEVEL_FLOOR / 4)));
}

/** Follows level and background of a sound, frame by frame. */
export function follow(g: GraphBuilder, past: Past, { bands, all }: FramePowers): Surroundings {
  const level = g.add(past.peak("level", all, LEVEL_DECAY), g.constant(LEVEL_FLOOR));
  return { level, background: past.mean("background", logarithm(g, bands), [BACKGROUND_DECAY]) };
}

/** The classifier's input [B, 2, T, mels], of a sound or of a part of it, against the surroundings of the whole. */
export function heardAgainst(g: GraphBuilder, { bands }: FramePowers, around: Surroundings): Tensor {
  const [, frames, mels] = bands.shape;
  const picture = (x: Tensor) => g.reshape(x, [-1, 1, Number(frames), Number(mels)]);
  const relative = g.log(g.add(g.div(bands, around.level), g.constant(BAND_FLOOR)));
  const againstLevel = g.add(relative, g.constant(-CENTRE));
  const risen = g.sub(logarithm(g, bands), around.background);
  const spreads = g.constant([1 / SPREAD, 1 / BACKGROUND_SPREAD], "float32", [1, 2, 1, 1]);
  return g.mul(g.concat([picture(againstLevel), picture(risen)], 1), spreads);
}

/** As `presence`, from the powers themselves. */
export function presenceOf(g: GraphBuilder, { mean }: FramePowers, { level }: Surroundings): Tensor {
  return present(g, g.add(g.div(mean, level), g.constant(-ROUNDING)));
}

/** [B, T, 1], 0 to 1, of what the classifier hears: 0 in frames that hold nothing beside the level. */
export function presence(g: GraphBuilder, features: Tensor, { frames, mels }: StreamShape): Tensor {
  const againstLevel = g.reshape(g.slice(features, 1, 0, 1), [-1, frames, mels]);
  const relative = g.exp(g.add(g.mul(againstLevel, g.constant(SPREAD)), g.constant(CENTRE)));
  return present(g, g.sub(g.reduceMean(relative, [2], true), g.constant(BAND_FLOOR + ROUNDING)));
}

/** Of the mean power of each frame's bands beside the level, [B, T, 1]. */
function present(g: GraphBuilder, mean: Tensor): Tensor {
  const power = g.relu(mean);
  return g.div(power, g.add(power, g.constant(NOTHING)));
}

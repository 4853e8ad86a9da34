/** From a spectrum to the classifier's input picture [B, 1, T, bands]: bands, logarithm, cepstrum, deltas and normalisation. */
import { type MelScale, melFilterbank } from "../../dsp/index.ts";
import type { GraphBuilder, Operand, Tensor } from "../../models/graph/index.ts";
import { cepstrum } from "./cepstrum.ts";
import { bandsOf, type Front } from "./front.ts";
import { pcen, withDeltas } from "./over-time.ts";

const LN10 = Math.log(10);
/** Keeps the spread of a silent window away from zero. */
const LEAST_SPREAD = 1e-5;

/** `power` [B, T, F] holds squared magnitudes; the result is [B, 1, T, bands], frames of zeros behind those of the sound. */
export function pictureOf(
  g: GraphBuilder,
  spectrum: { readonly magnitudes?: Tensor; readonly power?: Tensor },
  front: Front,
  frames: number,
): Tensor {
  const power = spectrumOf(g, spectrum, front);
  const bands = banded(g, power, front);
  const level =
    front.log === "pcen" ? pcen(g, bands, front, frames, floorOf(front)) : logarithm(g, bands, front);
  const sound = withDeltas(
    g,
    front.input === "mfcc" ? coefficients(g, power, level, front) : level,
    front,
    frames,
  );
  const { emptyFrames: empty } = front;
  const whole = empty === 0 ? sound : g.op("Pad", [sound, g.int64([0, 0, 0, 0, empty, 0])]);
  return g.reshape(normalised(g, whole, front), [-1, 1, frames + empty, bandsOf(front)]);
}

/** What `pictureOf` gives where nothing is heard; undefined where that differs from band to band or window to window. */
export function silentValue(front: Front): number | undefined {
  const { input, log, reference, topDb, deltas, emptyFrames, normalise, mean, std } = front;
  if (normalise !== "none" || topDb !== undefined || reference === "max") return undefined;
  if (input === "mfcc" || log === "pcen" || deltas > 0 || emptyFrames > 0) return undefined;
  if (typeof mean !== "number" || typeof std !== "number") return undefined;
  const floor = floorOf(front);
  const silent = {
    none: 0,
    log1p: 0,
    ln: Math.log(floor),
    log10: Math.log10(floor),
    db: decibels(front) * Math.log10(floor / reference),
  }[log];
  return (silent - mean) / std;
}

/** Magnitudes or their squares, as the front wants them. */
function spectrumOf(
  g: GraphBuilder,
  { magnitudes, power }: { readonly magnitudes?: Tensor; readonly power?: Tensor },
  { power: exponent, gain }: Front,
): Tensor {
  const squares = () => power ?? g.mul(magnitudes as Tensor, magnitudes as Tensor);
  // The root's slope at zero is infinite: far below anything that can be heard it is cut.
  const roots = () => magnitudes ?? g.sqrt(g.add(power as Tensor, 1e-16));
  return g.mul(exponent === 2 ? squares() : roots(), gain ** exponent);
}

function banded(g: GraphBuilder, spectrum: Tensor, front: Front): Tensor {
  if (front.input === "spectrogram") return spectrum;
  const { sampleRate, nFft = 0, nMels: mels = 0, fMin: low, fMax: high, melScale, melNorm: norm } = front;
  const bins = nFft / 2 + 1;
  const scale = hzScaleOf(front);
  const straightIn = front.straightIn ?? (melScale === "kaldi" ? "mel" : "hz");
  const filters = melFilterbank({ sampleRate, bins, mels, low, high, scale, norm, straightIn });
  return g.matmul(spectrum, g.constant(filters, "float32", [bins, mels]));
}

/** The cepstrum of `level`, its lowest coefficient the energy of `power` where the front says so. */
function coefficients(g: GraphBuilder, power: Tensor, level: Tensor, front: Front): Tensor {
  const found = cepstrum(g, level, front);
  if (!front.energy) return found;
  const energy = g.op("Max", [g.reduceSum(power, [2], true), g.constant(floorOf(front))]);
  return g.concat([g.log(energy), g.slice(found, 2, 1, front.nMfcc as number)], 2);
}

/** Kaldi's mel is HTK's, but for a factor that nothing here depends on. */
export function hzScaleOf({ melScale }: Front): MelScale {
  return melScale === "kaldi" ? "htk" : melScale;
}

/** What keeps the logarithm away from zero. */
export function floorOf({ floor, log, power }: Front): number {
  if (log === "pcen") return floor ?? 1e-6;
  return floor ?? (log === "db" && power === 1 ? 1e-5 : 1e-10);
}

/** Decibels for a factor of ten. */
function decibels({ power }: Front): number {
  return power === 1 ? 20 : 10;
}

function logarithm(g: GraphBuilder, x: Tensor, front: Front): Tensor {
  const { log, reference, topDb } = front;
  if (log === "none") return x;
  if (log === "log1p") return g.log(g.add(x, 1));
  const floor = floorOf(front);
  const above = (value: Tensor) =>
    front.floorBy === "add" ? g.add(value, floor) : g.op("Max", [value, g.constant(floor)]);
  const ln = g.log(above(x));
  if (log === "ln") return ln;
  if (log === "log10") return g.mul(ln, 1 / LN10);
  const loudest = (value: Tensor) => g.reduceMax(value, [1, 2], true);
  const factor = decibels(front) / LN10;
  const zero: Operand = reference === "max" ? g.log(above(loudest(x))) : Math.log(reference);
  const db = g.mul(zero === 0 ? ln : g.sub(ln, zero), factor);
  return topDb === undefined ? db : g.op("Max", [db, g.sub(loudest(db), topDb)]);
}

function normalised(g: GraphBuilder, x: Tensor, front: Front): Tensor {
  const { mean, std, normalise } = front;
  const each = (values: number | number[]): Operand =>
    typeof values === "number" ? values : g.constant(values, "float32", [1, 1, values.length]);
  let y = x;
  if (mean !== 0) y = g.sub(y, each(mean));
  if (std !== 1) y = g.div(y, each(std));
  return normalisedWindow(g, y, front, normalise === "band" || normalise === "bandMean" ? [1] : [1, 2]);
}

/** Over the given axes: mean 0 and spread 1, or mean 0 alone, or the range from 0 to 1. */
export function normalisedWindow(
  g: GraphBuilder,
  x: Tensor,
  { normalise, epsilon }: Front,
  axes: readonly number[],
): Tensor {
  if (normalise === "none") return x;
  if (normalise === "range") {
    const low = g.op("ReduceMin", [x, g.int64(axes)], { keepdims: 1 });
    const high = g.reduceMax(x, axes, true);
    return g.div(g.sub(x, low), g.add(g.sub(high, low), LEAST_SPREAD));
  }
  const centred = g.sub(x, g.reduceMean(x, axes, true));
  if (normalise === "mean" || normalise === "bandMean") return centred;
  const variance = g.reduceMean(g.mul(centred, centred), axes, true);
  if (epsilon !== undefined) return g.div(centred, g.sqrt(g.add(variance, epsilon)));
  const spread = g.sqrt(g.add(variance, LEAST_SPREAD ** 2));
  return g.div(centred, g.add(spread, LEAST_SPREAD));
}

/**
 * What a recording of microphone and output tells of gaps, clicks and delay. On a busy machine the browser's made-up
 * microphone stutters and the recorder loses blocks, which both shows in the microphone's own sound: what follows such a
 * place within the longest delay is not held against the page.
 */
import type { TappedSound } from "../../cli/bench/live-page.ts";

/** Blocks of the audio thread. */
const QUANTUM = 128;
/** Alignment is looked for in pieces of 50 ms. */
const PIECE_SECONDS = 0.05;
const LEVEL_SECONDS = 0.02;
const MOST_DELAY_SECONDS = 0.45;
/**
 * A piece is the input moved in time when its difference has less energy than this share of its own (-33 dB). Delays are not
 * whole samples: a hop is 352.8 of them at 44.1 kHz, so every change of the delay by some hops leaves another fraction. Moved
 * by whole samples alone, the tones would differ by -21.5 dB at half a sample; moved between two samples along a straight
 * line, by -40 dB at most. Other sound, or none, is above -10 dB, and two delays mixed half and half are too.
 */
const SAME = 5e-4;
/** A step of the output is a click when it is larger than any of the input by this factor. */
const CLICK = 1.3;
/** Samples this small for half a millisecond are a gap: the tones are never so quiet for so long. */
const SILENT = 1e-6;
const GAP_SECONDS = 0.0005;
/** Far above the rounding of 16-bit files, far below the tones' level of 0.2. */
const UNLIKE = 0.01;

export interface Continuity {
  /** Gaps, blocks that are the block before once more, and clicks, where the microphone's sound was whole. */
  readonly gaps: number;
  readonly repeatedBlocks: number;
  readonly clicks: number;
  /** Milliseconds in which the output is below a quarter of its usual level. */
  readonly quietMs: number;
  /** Share of the recording that could be judged, where the microphone's own sound was whole. */
  readonly judged: number;
}

export interface Alignment {
  /** Delays in samples, with their fractions, one after the other as they were found. */
  readonly delays: readonly number[];
  /** Pieces that are no moved input, as during a cross-fade from one delay to the next. */
  readonly unlike: number;
  readonly pieces: number;
}

/**
 * Of a recording of two seconds or more of tones that are the same in every second; `largestStep` is the largest between
 * two of their samples at the recording's rate.
 */
export function continuity(sound: TappedSound, largestStep: number): Continuity {
  const { output, sampleRate } = sound;
  const broken = disturbances(sound);
  const excused = (at: number) => follows(broken, at, MOST_DELAY_SECONDS * sampleRate);
  const count = (places: readonly number[]) => places.filter((at) => !excused(at)).length;
  const levels = levelsOf(output, Math.round(sampleRate * LEVEL_SECONDS));
  const usual = [...levels].sort((a, b) => a - b)[Math.floor(levels.length / 2)];
  return {
    gaps: count(gapsOf(output, sampleRate)),
    repeatedBlocks: count(repeatsOf(output)),
    clicks: count(stepsAbove(output, CLICK * largestStep)),
    quietMs: 1000 * LEVEL_SECONDS * levels.filter((level) => level < usual / 4).length,
    judged: 1 - excusedShare(output.length, excused),
  };
}

/** Finds the output again in the microphone's sound, piece by piece. */
export function alignment(sound: TappedSound): Alignment {
  const { microphone, output, sampleRate } = sound;
  const length = Math.round(sampleRate * PIECE_SECONDS);
  const most = Math.round(sampleRate * MOST_DELAY_SECONDS);
  const broken = disturbances(sound);
  const delays: number[] = [];
  let unlike = 0;
  let pieces = 0;
  for (let at = most; at + length <= output.length; at += length) {
    if (follows(broken, at + length, most + length)) continue;
    pieces++;
    const piece = output.subarray(at, at + length);
    const energy = piece.reduce((sum, value) => sum + value * value, 0);
    const fits = (delay: number) => difference(piece, microphone, at, delay) < SAME * energy;
    const last = delays[delays.length - 1];
    if (last !== undefined && fits(last)) continue;
    const delay = withFraction(piece, microphone, at, wholeDelay(piece, microphone, at, most));
    if (fits(delay)) delays.push(delay);
    else unlike++;
  }
  return { delays, unlike, pieces };
}

/**
 * Blocks in which the microphone's sound is not what it was a second before: the tones are the same in every second, so
 * a lost or doubled block shows until both seconds lie behind it. Of the first second, those unlike the one after it.
 */
function disturbances({ microphone, sampleRate }: TappedSound): number[] {
  const places: number[] = [];
  for (let at = 0; at + QUANTUM <= microphone.length; at += QUANTUM) {
    const other = at < sampleRate ? at + sampleRate : at - sampleRate;
    for (let n = 0; n < QUANTUM; n++) {
      if (Math.abs(microphone[at + n] - microphone[other + n]) <= UNLIKE) continue;
      places.push(at);
      break;
    }
  }
  return places;
}

function excusedShare(length: number, excused: (at: number) => boolean): number {
  let count = 0;
  let blocks = 0;
  for (let at = 0; at < length; at += QUANTUM) {
    blocks++;
    if (excused(at)) count++;
  }
  return count / blocks;
}

/** Whether one of the places lies in (at - reach, at + a block]. */
function follows(places: readonly number[], at: number, reach: number): boolean {
  return places.some((place) => place > at - reach && place <= at + QUANTUM);
}

/** Ends of gaps. */
function gapsOf(samples: Float32Array, sampleRate: number): number[] {
  const places: number[] = [];
  let silent = 0;
  for (let n = 0; n <= samples.length; n++) {
    if (n < samples.length && Math.abs(samples[n]) < SILENT) silent++;
    else {
      if (silent >= GAP_SECONDS * sampleRate) places.push(n);
      silent = 0;
    }
  }
  return places;
}

function repeatsOf(samples: Float32Array): number[] {
  const places: number[] = [];
  for (let at = QUANTUM; at + QUANTUM <= samples.length; at += QUANTUM) {
    let same = Math.abs(samples[at]) >= SILENT;
    for (let n = at; n < at + QUANTUM && same; n++) same = samples[n] === samples[n - QUANTUM];
    if (same) places.push(at);
  }
  return places;
}

function stepsAbove(samples: Float32Array, most: number): number[] {
  const places: number[] = [];
  for (let n = 1; n < samples.length; n++) {
    if (Math.abs(samples[n] - samples[n - 1]) > most) places.push(n);
  }
  return places;
}

function wholeDelay(piece: Float32Array, input: Float32Array, at: number, most: number): number {
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  // No sound is heard before it was made, but blocks that the recorder lost of the input make it look so.
  const least = Math.max(-most, at + piece.length - input.length);
  for (let delay = least; delay <= most; delay++) {
    let product = 0;
    // Every fourth sample is enough to find it: the sound ends well below 6 kHz.
    for (let n = 0; n < piece.length; n += 4) product += piece[n] * input[at - delay + n];
    if (product <= highest) continue;
    highest = product;
    best = delay;
  }
  return best;
}

/** The delay within a sample of `whole` that leaves the least difference. */
function withFraction(piece: Float32Array, input: Float32Array, at: number, whole: number): number {
  const [shorter, longer] = [whole - 1, whole].map((least) => {
    // The share of the later of two samples, by least squares.
    let product = 0;
    let energy = 0;
    for (let n = 0; n < piece.length; n++) {
      const here = sample(input, at - least + n);
      const slope = sample(input, at - least + n - 1) - here;
      product += slope * (piece[n] - here);
      energy += slope * slope;
    }
    const share = energy > 0 ? product / energy : 0;
    return least + Math.min(1, Math.max(0, share));
  });
  const better = difference(piece, input, at, shorter) < difference(piece, input, at, longer);
  return better ? shorter : longer;
}

/** Energy of what `piece` is not of the input moved by `delay`, which runs straight from sample to sample. */
function difference(piece: Float32Array, input: Float32Array, at: number, delay: number): number {
  const whole = Math.floor(delay);
  const share = delay - whole;
  let sum = 0;
  for (let n = 0; n < piece.length; n++) {
    const here = sample(input, at - whole + n);
    const moved = here + share * (sample(input, at - whole + n - 1) - here);
    sum += (piece[n] - moved) ** 2;
  }
  return sum;
}

/** Silence outside of the recording. */
function sample(samples: Float32Array, at: number): number {
  return at >= 0 && at < samples.length ? samples[at] : 0;
}

function levelsOf(samples: Float32Array, length: number): number[] {
  const levels: number[] = [];
  for (let at = 0; at + length <= samples.length; at += length) {
    let energy = 0;
    for (let n = at; n < at + length; n++) energy += samples[n] ** 2;
    levels.push(Math.sqrt(energy / length));
  }
  return levels;
}

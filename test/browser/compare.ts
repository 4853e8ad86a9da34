/** How alike what a page plays is to what it should play. */
import type { TappedSound } from "../../cli/bench/live-page.ts";
import { resample, spectrogramMagnitudes, stft } from "../../dsp/offline.ts";
import { OWN_STFT } from "../../lab/networks/own-shape.ts";
import { type ExplainWindow, SignalExplainer } from "../../models/explain/signal-explainer.ts";
import type { Pack } from "../../models/pack/pack.ts";

const RATE = 16_000;
/** Compared piece by piece, each with its own delay: the page may change its delay at any time. */
const PIECE = 0.4 * RATE;
const MOST_DELAY = 0.4 * RATE;

export interface Comparison {
  /** Spectral distance of the output to the microphone's sound, and to what was expected of it. */
  readonly toInput: number;
  readonly toExpected: number;
}

/**
 * Compares the output with the microphone's sound, and with what `expect` makes of that (at 16 kHz), both moved to
 * the output's time. Medians over pieces of 0.4 s, so that a change of delay or a busy machine's hiccup in one of
 * them does not count.
 */
export async function compareOutput(
  sound: TappedSound,
  expect: (input: Float32Array) => Promise<Float32Array>,
): Promise<Comparison> {
  const input = resample(sound.microphone, sound.sampleRate, RATE);
  const output = resample(sound.output, sound.sampleRate, RATE);
  const expected = await expect(input);
  const toInput: number[] = [];
  const toExpected: number[] = [];
  for (let from = 0; from + PIECE + MOST_DELAY <= input.length; from += PIECE) {
    const piece = (samples: Float32Array, delay = 0) => samples.subarray(from + delay, from + delay + PIECE);
    const heard = piece(output, delayOf(piece(expected), output.subarray(from, from + PIECE + MOST_DELAY)));
    toInput.push(spectralDistance(heard, piece(input)));
    toExpected.push(spectralDistance(heard, piece(expected)));
  }
  return { toInput: median(toInput), toExpected: median(toExpected) };
}

/** ∑(|A| - |B|)² / ∑|B|² over the spectrogram: 0 for the same sound, 1 for silence against a sound. */
function spectralDistance(a: Float32Array, b: Float32Array): number {
  const [ours, theirs] = [a, b].map((samples) => spectrogramMagnitudes(stft(samples, OWN_STFT)));
  let difference = 0;
  let energy = 0;
  for (let i = 0; i < theirs.length; i++) {
    difference += (ours[i] - theirs[i]) ** 2;
    energy += theirs[i] ** 2;
  }
  return difference / energy;
}

/** Where in `later` the piece is found again. */
function delayOf(piece: Float32Array, later: Float32Array): number {
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let delay = 0; delay + piece.length <= later.length; delay++) {
    let product = 0;
    for (let n = 0; n < piece.length; n++) product += piece[n] * later[delay + n];
    if (product <= highest) continue;
    highest = product;
    best = delay;
  }
  return best;
}

function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("the recording is too short to be compared");
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** The offline explanation of a sound at 16 kHz. */
export async function explainOffline(
  samples: Float32Array,
  pack: Pack,
  explainWindow: ExplainWindow,
): Promise<Float32Array> {
  const explainer = new SignalExplainer({ pack, explainWindow, sampleRate: RATE, stride: 8 });
  const first = await explainer.push(samples);
  const last = await explainer.finish();
  const explanation = new Float32Array(samples.length);
  explanation.set(first.explanation);
  explanation.set(last.explanation, first.explanation.length);
  return explanation;
}

/** A scene of its recordings, as a loop without a seam, and the frequencies that its target has. */
import { addLooped, Biquad, renderLoop, rms, sampleRate } from "../../client/kit/sounds/synthetic/synth.ts";
import { spectrogramMagnitudes, stft } from "../../dsp/offline.ts";
import type { Recipe } from "./recipes.ts";
import type { SourceName } from "./sources.ts";

/** Recordings have rumble and offsets below this, which nobody hears and loudspeakers should not get. */
const RUMBLE_HZ = 60;
const FADE_SECONDS = 0.02;
const SEAM_SECONDS = 0.5;
const PEAK = 0.7;

interface Mixed {
  readonly target: Float32Array;
  readonly background: Float32Array;
  /** Their sum. */
  readonly scene: Float32Array;
}

type Read = (name: SourceName) => Promise<Float32Array>;

export async function mixScene(
  { seconds, events, background }: Recipe & { readonly seconds: number },
  read: Read,
): Promise<Mixed> {
  const target = new Float32Array(seconds * sampleRate);
  for (const { from, part, at, db } of events) {
    const cut = faded(atLevel(partOf(withoutRumble(await read(from)), part), db));
    for (const start of at) addLooped(target, cut, start);
  }
  const cut = partOf(withoutRumble(await read(background.from)), background.part);
  const around = atLevel(repeated(cut, seconds), background.db);
  const scene = target.map((value, n) => value + around[n]);
  const gain = PEAK / scene.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scaled = (samples: Float32Array) => samples.map((value) => gain * value);
  return { target: scaled(target), background: scaled(around), scene: scaled(scene) };
}

function withoutRumble(samples: Float32Array): Float32Array {
  const filter = new Biquad("highpass", RUMBLE_HZ);
  return samples.map((value) => filter.next(value));
}

function partOf(samples: Float32Array, part?: readonly [number, number]): Float32Array {
  return part ? samples.slice(...part.map((at) => Math.round(at * sampleRate))) : samples.slice();
}

function atLevel(samples: Float32Array, db: number): Float32Array {
  const gain = 10 ** (db / 20) / rms(samples);
  return samples.map((value) => gain * value);
}

function faded(samples: Float32Array): Float32Array {
  const fade = FADE_SECONDS * sampleRate;
  return samples.map((x, n) => x * Math.min(1, n / fade, (samples.length - 1 - n) / fade));
}

/** The cut again and again, each time faded into the next, and the end into the start. */
function repeated(cut: Float32Array, seconds: number): Float32Array {
  const seam = SEAM_SECONDS * sampleRate;
  const step = cut.length - seam;
  return renderLoop(seconds, (_, n) => {
    const into = n % step;
    const old = n >= step && into < seam ? cut[step + into] * Math.sqrt(1 - into / seam) : 0;
    return old + cut[into] * (n >= step && into < seam ? Math.sqrt(into / seam) : 1);
  });
}

const SHARE = 0.05;
const BAND_STEP = 10;

/** The frequencies in Hz, to the ten, below and above which a twentieth of the energy lies each. */
export function bandOf(samples: Float32Array): readonly [number, number] {
  const window = 1024;
  const shape = { window, hop: window / 2, bins: window / 2 + 1 };
  const magnitudes = spectrogramMagnitudes(stft(samples, shape));
  const energy = new Float64Array(shape.bins);
  for (const [n, magnitude] of magnitudes.entries()) energy[n % shape.bins] += magnitude ** 2;
  const all = energy.reduce((sum, each) => sum + each, 0);
  const below = (share: number) => {
    let sum = 0;
    const bin = energy.findIndex((each) => {
      sum += each;
      return sum >= share * all;
    });
    return BAND_STEP * Math.round((bin * sampleRate) / window / BAND_STEP);
  };
  return [below(SHARE), below(1 - SHARE)];
}

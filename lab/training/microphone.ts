/** What rooms, microphones and recorders do to a sound, for the streaming classifier's training. */
import { RealFft } from "../../dsp/real-fft.ts";
import type { Random } from "../data/random.ts";
import { MODEL_RATE } from "../networks/own-shape.ts";
import { meanPower, scale, toUnitPower } from "./augment.ts";

/** Longest part of a measured room that is heard: half a second. */
const LONGEST_ROOM = MODEL_RATE / 2;

/** A measured room: what it makes of a sound, from what it made of a click. */
export class MeasuredRoom {
  private readonly fft: RealFft;
  private readonly room: Float32Array;
  private readonly spectrum: Float32Array;
  private readonly padded: Float64Array;

  /** @param length samples of the sounds. */
  constructor(impulse: Float32Array, length: number) {
    const loudest = impulse.reduce(
      (best, value, k) => (Math.abs(value) > Math.abs(impulse[best]) ? k : best),
      0,
    );
    const response = impulse.slice(loudest, loudest + LONGEST_ROOM);
    scale(response, 1 / Math.sqrt(response.reduce((sum, value) => sum + value * value, 0)));
    const size = 2 ** Math.ceil(Math.log2(length + response.length));
    this.fft = new RealFft(size);
    this.padded = new Float64Array(size);
    this.room = new Float32Array(size + 2);
    this.spectrum = new Float32Array(size + 2);
    this.padded.set(response);
    this.fft.forward(this.padded, this.room);
  }

  /** The sound in this room, in place. */
  fill(samples: Float32Array): Float32Array {
    const { fft, room, spectrum, padded } = this;
    padded.fill(0).set(samples);
    fft.forward(padded, spectrum);
    for (let k = 0; k < spectrum.length; k += 2) {
      const re = spectrum[k] * room[k] - spectrum[k + 1] * room[k + 1];
      spectrum[k + 1] = spectrum[k] * room[k + 1] + spectrum[k + 1] * room[k];
      spectrum[k] = re;
    }
    fft.inverse(spectrum, padded);
    samples.set(padded.subarray(0, samples.length));
    return samples;
  }
}

/** An offset and a rumble of 3 to 25 Hz, which nobody hears and cheap microphones give: up to 25 dB over the sound. */
export function addRumble(random: Random, samples: Float32Array): void {
  const power = Math.sqrt(Math.max(1e-12, meanPower(samples)));
  const offset = random.chance(0.6)
    ? power * 10 ** (random.uniform(-30, 25) / 20) * (random.chance(0.5) ? 1 : -1)
    : 0;
  const rumble = random.chance(0.6) ? power * 10 ** (random.uniform(-30, 25) / 20) : 0;
  const step = (2 * Math.PI * random.logUniform(3, 25)) / MODEL_RATE;
  const phase = random.uniform(0, 2 * Math.PI);
  for (let i = 0; i < samples.length; i++) samples[i] += offset + rumble * Math.sin(step * i + phase);
}

/** Somebody turns it up or down, or another sound begins far louder: from some moment on all is 10 to 40 dB off. */
export function jumpLevel(random: Random, samples: Float32Array): void {
  const at = random.integer(samples.length);
  const gain = 10 ** ((random.chance(0.5) ? 1 : -1) * (random.uniform(10, 40) / 20));
  for (let i = at; i < samples.length; i++) samples[i] *= gain;
}

/** Driven beyond full scale. */
export function overdrive(random: Random, samples: Float32Array): void {
  toUnitPower(samples);
  const most = random.uniform(0.7, 2.5);
  for (let i = 0; i < samples.length; i++) samples[i] = Math.max(-most, Math.min(most, samples[i]));
}

/**
 * A gentle low-pass and a gentle high-pass, each now and then: copies and small loudspeakers lose their ends, and a
 * classifier must not go by that. Magnitudes [frames, bins], in place.
 */
export function dullBins(random: Random, magnitudes: Float32Array, bins: number): void {
  const low = random.chance(0.35);
  const high = random.chance(0.2);
  if (!low && !high) return;
  const [above, below] = [random.logUniform(2_500, 8_000), random.logUniform(60, 500)];
  const [steepAbove, steepBelow] = [1 + random.integer(4), 1 + random.integer(2)];
  const gains = Float32Array.from({ length: bins }, (_, bin) => {
    const hz = Math.max(1, (bin * MODEL_RATE) / (2 * (bins - 1)));
    const lowPass = low ? 1 / Math.sqrt(1 + (hz / above) ** (2 * steepAbove)) : 1;
    const highPass = high ? 1 / Math.sqrt(1 + (below / hz) ** (2 * steepBelow)) : 1;
    return lowPass * highPass;
  });
  for (let i = 0; i < magnitudes.length; i += bins) {
    for (let bin = 0; bin < bins; bin++) magnitudes[i + bin] *= gains[bin];
  }
}

/**
 * The tones of the headphone check of Woods et al. (2017, "Headphone screening to facilitate web-based auditory
 * experiments"): three of 200 Hz, one 6 dB quieter, one with its channels opposed. Over loudspeakers the opposed one
 * cancels itself in the air and is taken for the quietest; over headphones it is as loud as the plain one.
 */
import type { Tone } from "../protocol.ts";

const HZ = 200;
const TONE_SECONDS = 1;
const PAUSE_SECONDS = 0.5;
const RAMP_SECONDS = 0.1;
const LEVEL = 0.15;
const QUIET = 10 ** (-6 / 20);

/** Both channels, the tones one after the other. */
export function toneChannels(tones: readonly Tone[], sampleRate: number): [Float32Array, Float32Array] {
  const length = Math.round(TONE_SECONDS * sampleRate);
  const step = Math.round((TONE_SECONDS + PAUSE_SECONDS) * sampleRate);
  const total = (tones.length - 1) * step + length;
  const left = new Float32Array(total);
  const right = new Float32Array(total);
  for (const [k, tone] of tones.entries()) {
    for (let n = 0; n < length; n++) {
      const edge = Math.min(1, Math.min(n, length - 1 - n) / (RAMP_SECONDS * sampleRate));
      const ramp = 0.5 - 0.5 * Math.cos(Math.PI * edge);
      const level = LEVEL * (tone === "quiet" ? QUIET : 1) * ramp;
      const sample = level * Math.sin((2 * Math.PI * HZ * n) / sampleRate);
      left[k * step + n] = sample;
      right[k * step + n] = tone === "opposed" ? -sample : sample;
    }
  }
  return [left, right];
}

export function headphoneTones(context: BaseAudioContext, tones: readonly Tone[]): AudioBuffer {
  const channels = toneChannels(tones, context.sampleRate);
  const buffer = context.createBuffer(2, channels[0].length, context.sampleRate);
  channels.forEach((channel, c) => {
    buffer.copyToChannel(channel as Float32Array<ArrayBuffer>, c);
  });
  return buffer;
}

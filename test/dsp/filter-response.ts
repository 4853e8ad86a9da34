/** Measures a resampler with tones, as one would measure a device. */
import { StreamingResampler } from "../../dsp/index.ts";
import { tone } from "./signals.ts";

export interface ToneResponse {
  /** Amplitude of the tone in the output over that in the input. */
  readonly gain: number;
  /** Delay of the tone in output samples, within half a period of the declared delay. */
  readonly delay: number;
  /** Everything else in the output, images and aliases, as RMS over that of the input tone. */
  readonly rest: number;
}

export function toneResponse(from: number, to: number, hz: number): ToneResponse {
  const stream = new StreamingResampler(from, to);
  const wanted = 1024;
  const input = tone(Math.ceil(((wanted + 4 * stream.delay + 2) * from) / to), hz, from);
  const all = new Float32Array(stream.maxOutput(input.length));
  const count = stream.push(input, all);
  const start = count - wanted;
  const out = all.subarray(start, count);

  // Least squares for the sine and the cosine at the tone's frequency.
  const step = (2 * Math.PI * hz) / to;
  let ss = 0;
  let sc = 0;
  let cc = 0;
  let ys = 0;
  let yc = 0;
  for (let n = 0; n < wanted; n++) {
    const s = Math.sin(step * (start + n));
    const c = Math.cos(step * (start + n));
    ss += s * s;
    sc += s * c;
    cc += c * c;
    ys += out[n] * s;
    yc += out[n] * c;
  }
  const determinant = ss * cc - sc * sc;
  const a = (ys * cc - yc * sc) / determinant;
  const b = (yc * ss - ys * sc) / determinant;
  let rest = 0;
  for (let n = 0; n < wanted; n++) {
    const angle = step * (start + n);
    rest += (out[n] - a * Math.sin(angle) - b * Math.cos(angle)) ** 2;
  }
  // sin(w (n - d)) = cos(w d) sin(w n) - sin(w d) cos(w n); turned back by the declared delay first.
  const turned = Math.atan2(
    -b * Math.cos(step * stream.delay) - a * Math.sin(step * stream.delay),
    a * Math.cos(step * stream.delay) - b * Math.sin(step * stream.delay),
  );
  return {
    gain: Math.hypot(a, b),
    delay: stream.delay + turned / step,
    rest: Math.sqrt((2 * rest) / wanted),
  };
}

/** RMS of the whole output over that of an input tone, for tones that must not come through. */
export function leak(from: number, to: number, hz: number): number {
  const stream = new StreamingResampler(from, to);
  const input = tone(Math.ceil(((1024 + 4 * stream.delay + 2) * from) / to), hz, from);
  const all = new Float32Array(stream.maxOutput(input.length));
  const out = all.subarray(0, stream.push(input, all)).subarray(-1024);
  return Math.sqrt((2 * out.reduce((sum, value) => sum + value * value, 0)) / out.length);
}

export const decibels = (ratio: number) => 20 * Math.log10(ratio);

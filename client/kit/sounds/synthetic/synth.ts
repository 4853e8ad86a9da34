/** Small building blocks for the built-in sounds: seeded noise, two-pole filters, envelopes, loops. */

export const sampleRate = 16_000;

/** Uniform numbers in [0, 1), the same for the same seed (mulberry32 by Tommy Ettinger, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A two-pole filter after Robert Bristow-Johnson's Audio EQ Cookbook, one sample at a time. */
export class Biquad {
  #b0 = 1;
  #b1 = 0;
  #b2 = 0;
  #a1 = 0;
  #a2 = 0;
  #x1 = 0;
  #x2 = 0;
  #y1 = 0;
  #y2 = 0;

  constructor(
    readonly kind: "lowpass" | "highpass" | "bandpass",
    hertz: number,
    q = Math.SQRT1_2,
  ) {
    this.tune(hertz, q);
  }

  /** May be called while running, for gliding resonances. */
  tune(hertz: number, q: number): void {
    const w = (2 * Math.PI * Math.min(hertz, 0.49 * sampleRate)) / sampleRate;
    const cos = Math.cos(w);
    const alpha = Math.sin(w) / (2 * q);
    const a0 = 1 + alpha;
    const [b0, b1, b2] =
      this.kind === "lowpass"
        ? [(1 - cos) / 2, 1 - cos, (1 - cos) / 2]
        : this.kind === "highpass"
          ? [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2]
          : [alpha, 0, -alpha];
    this.#b0 = b0 / a0;
    this.#b1 = b1 / a0;
    this.#b2 = b2 / a0;
    this.#a1 = (-2 * cos) / a0;
    this.#a2 = (1 - alpha) / a0;
  }

  next(x: number): number {
    const y =
      this.#b0 * x + this.#b1 * this.#x1 + this.#b2 * this.#x2 - this.#a1 * this.#y1 - this.#a2 * this.#y2;
    this.#x2 = this.#x1;
    this.#x1 = x;
    this.#y2 = this.#y1;
    this.#y1 = y;
    return y;
  }
}

/** Samples [seconds × rate] of `make(time in seconds, index)`. */
export function render(seconds: number, make: (t: number, n: number) => number): Float32Array {
  const samples = new Float32Array(Math.round(seconds * sampleRate));
  for (let n = 0; n < samples.length; n++) samples[n] = make(n / sampleRate, n);
  return samples;
}

/** A background that loops without a seam: `make` runs `fade` seconds longer and its end fades into its start. */
export function renderLoop(
  seconds: number,
  make: (t: number, n: number) => number,
  fade = 0.5,
): Float32Array {
  const long = render(seconds + fade, make);
  const loop = long.slice(0, Math.round(seconds * sampleRate));
  const tail = long.length - loop.length;
  for (let n = 0; n < tail; n++) {
    const x = n / tail;
    // Noise adds in power: the squares of the two weights sum to one.
    loop[n] = Math.sqrt(x) * loop[n] + Math.sqrt(1 - x) * long[loop.length + n];
  }
  return loop;
}

/** Adds `sound` at `at` seconds, what is over the end coming in again at the start. */
export function addLooped(into: Float32Array, sound: Float32Array, at: number, gain = 1): void {
  const start = Math.round(at * sampleRate);
  for (let n = 0; n < sound.length; n++) into[(start + n) % into.length] += gain * sound[n];
}

/** Root mean square. */
export function rms(samples: Float32Array): number {
  let sum = 0;
  for (const x of samples) sum += x * x;
  return Math.sqrt(sum / samples.length);
}

/** Scales so that the loudest sample has this size. */
export function peakTo(samples: Float32Array, peak: number): Float32Array {
  let loudest = 0;
  for (const x of samples) loudest = Math.max(loudest, Math.abs(x));
  const gain = loudest > 0 ? peak / loudest : 0;
  for (let n = 0; n < samples.length; n++) samples[n] *= gain;
  return samples;
}

/** Piecewise linear through [time, value] points in rising time; constant outside. */
export function along(points: readonly (readonly [number, number])[], t: number): number {
  for (let k = 1; k < points.length; k++) {
    const [t1, v1] = points[k];
    if (t < t1) {
      const [t0, v0] = points[k - 1];
      return t <= t0 ? v0 : v0 + ((v1 - v0) * (t - t0)) / (t1 - t0);
    }
  }
  return points[points.length - 1][1];
}

/** A band-limited sawtooth-like tone: `harmonics` falling by `slope` (1 is a sawtooth), never above 7.5 kHz. */
export function harmonicTone(slope: number, most: number): (hertz: number) => number {
  let phase = 0;
  return (hertz) => {
    phase = (phase + hertz / sampleRate) % 1;
    const count = Math.min(most, Math.floor(7500 / hertz));
    let sum = 0;
    for (let k = 1; k <= count; k++) sum += Math.sin(2 * Math.PI * k * phase) / k ** slope;
    return sum;
  };
}

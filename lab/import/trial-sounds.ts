/** A few made-up sounds, unlike each other, to ask a classifier that nobody knows. */
import { Random } from "../data/random.ts";

/** Where the hum that swells is among them: the one most like a sound that somebody records. */
export const HUM = 6;

/** Loud and faint noise, tones low and high, a sweep, clicks, a hum that swells, and next to nothing. */
export function trialSounds(samples: number, sampleRate: number): Float32Array[] {
  const random = new Random(7);
  const noise = Float32Array.from({ length: samples }, () => random.normal());
  const made = (value: (seconds: number, n: number) => number) =>
    Float32Array.from({ length: samples }, (_, n) => value(n / sampleRate, n));
  const tone = (hertz: number, seconds: number) => Math.sin(2 * Math.PI * hertz * seconds);
  const chord = (hertz: number, t: number) => (tone(hertz, t) + tone(2 * hertz, t) + tone(3 * hertz, t)) / 3;
  const duration = samples / sampleRate;
  return [
    noise.map((value) => 0.2 * value),
    noise.map((value) => 0.005 * value),
    made((t) => 0.5 * chord(180, t)),
    made((t) => 0.3 * chord(0.07 * sampleRate, t)),
    made((t) => 0.5 * tone(100 + (0.2 * sampleRate * t) / duration, t)),
    made((_, n) => (n % Math.round(sampleRate / 7) < 40 ? 3 * noise[n] : 0)),
    made((t, n) => 0.4 * (0.5 + 0.5 * tone(4, t)) * (chord(500, t) + 0.1 * noise[n])),
    noise.map((value) => 1e-5 * value),
  ];
}

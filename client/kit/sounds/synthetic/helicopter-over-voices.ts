import { addLooped, Biquad, harmonicTone, peakTo, randomFrom, render, renderLoop, rms } from "./synth.ts";

/** First three resonances of a mouth, in hertz: roughly the vowels of "father", "see", "shoe", "bed", "law". */
const vowels = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [300, 870, 2240],
  [530, 1840, 2480],
  [570, 840, 2410],
] as const;

/** Somebody talking in no language: syllables of random vowels, now and then a hiss, now and then a pause. */
function babble(seconds: number, pitch: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const out = new Float32Array(Math.round(seconds * 16_000));
  const tone = harmonicTone(1, 30);
  const mouth = [
    new Biquad("bandpass", 500, 8),
    new Biquad("bandpass", 1500, 10),
    new Biquad("bandpass", 2500, 10),
  ];
  const hiss = new Biquad("highpass", 3800);
  let melody = 1;
  for (let at = 0.2 * random(); at < seconds - 0.5; ) {
    const length = 0.11 + 0.14 * random();
    const vowel = vowels[Math.floor(random() * vowels.length)];
    mouth.forEach((filter, k) => {
      filter.tune(vowel[k], 6 + 2 * k);
    });
    const consonant = random() < 0.4 ? 0.06 : 0;
    melody = 0.85 * melody + 0.15 * (0.8 + 0.5 * random());
    addLooped(
      out,
      render(length + consonant, (t) => {
        const noise = 2 * random() - 1;
        if (t < consonant) return 0.25 * Math.sin((Math.PI * t) / consonant) * hiss.next(noise);
        const x = (t - consonant) / length;
        const voice = tone(pitch * melody * (1.06 - 0.12 * x)) + 0.05 * noise;
        return (
          Math.sin(Math.PI * x) ** 0.6 *
          mouth.reduce((sum, filter, k) => sum + filter.next(voice) / (1 + 0.6 * k), 0)
        );
      }),
      at,
    );
    at += length + consonant + (random() < 0.15 ? 0.35 : 0.03 * random());
  }
  return out;
}

/** Rotor beats over a roar that is strongest in the lowest octaves, heard from some way off. */
function helicopter(seconds: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const beats = 24;
  const thump = new Biquad("bandpass", 40, 1.2);
  const slap = new Biquad("bandpass", 1350, 0.7);
  const rush = new Biquad("bandpass", 550, 0.6);
  const distance = new Biquad("lowpass", 1130);
  return renderLoop(seconds, (t) => {
    const noise = 2 * random() - 1;
    const x = (t * beats) % 1;
    const stroke = Math.exp(-4 * x) * Math.min(1, 40 * x);
    return distance.next(
      thump.next(noise) * (1.1 + 1.6 * stroke) +
        slap.next(noise) * (0.12 + 0.85 * stroke) +
        rush.next(noise) * (0.28 + 0.17 * stroke),
    );
  });
}

export function helicopterOverVoices(): Float32Array {
  const mix = helicopter(10, 71);
  const background = rms(mix);
  [110, 185, 140].forEach((pitch, k) => {
    const voice = babble(10, pitch, 81 + k);
    addLooped(mix, voice, 0, (0.45 * background) / rms(voice));
  });
  return peakTo(mix, 0.7);
}

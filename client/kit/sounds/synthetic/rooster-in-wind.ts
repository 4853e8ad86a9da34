import {
  addLooped,
  along,
  Biquad,
  harmonicTone,
  peakTo,
  randomFrom,
  render,
  renderLoop,
  rms,
} from "./synth.ts";

type Line = readonly (readonly [number, number])[];

/** Pitch and loudness over time of a crow in four syllables, the last one long and falling. */
const pitch: Line = [
  [0, 560],
  [0.1, 720],
  [0.22, 640],
  [0.28, 780],
  [0.45, 820],
  [0.52, 860],
  [0.75, 930],
  [0.82, 960],
  [1.25, 900],
  [1.7, 640],
  [1.9, 520],
];
const loudness: Line = [
  [0, 0],
  [0.04, 0.6],
  [0.2, 0.4],
  [0.25, 0.08],
  [0.3, 0.8],
  [0.44, 0.7],
  [0.49, 0.1],
  [0.56, 0.9],
  [0.74, 0.8],
  [0.79, 0.2],
  [0.88, 1],
  [1.4, 0.8],
  [1.9, 0],
];

/** The same crow, slower or faster, higher or lower, through a narrow throat and with a growl in it. */
function crow(slower: number, higher: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const tone = harmonicTone(0.25, 14);
  const throat = new Biquad("bandpass", 1050, 1.1);
  const beak = new Biquad("bandpass", 1400, 2);
  return peakTo(
    render(1.95 * slower, (time) => {
      const t = time / slower;
      const growl = 1 + 0.04 * Math.sin(2 * Math.PI * 208 * time) + 0.04 * (random() - 0.5);
      const voice = tone(higher * along(pitch, t) * growl) + 0.38 * (2 * random() - 1);
      return along(loudness, t) * (0.19 * voice + throat.next(voice) + 0.55 * beak.next(voice));
    }),
    1,
  );
}

/** Gusts: noise whose strength and brightness swell and ebb. */
function wind(seconds: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const body = new Biquad("lowpass", 500, 0.6);
  const hiss = new Biquad("bandpass", 900, 0.7);
  return renderLoop(seconds, (t, n) => {
    const turn = (2 * Math.PI * t) / seconds;
    const gust = 0.5 + 0.3 * Math.sin(3 * turn) + 0.2 * Math.sin(5 * turn + 1);
    if (n % 64 === 0) hiss.tune(600 + 900 * gust, 0.7);
    const noise = 2 * random() - 1;
    return (0.5 + gust) * body.next(noise) + 0.6 * gust ** 2 * hiss.next(noise);
  });
}

export function roosterInWind(): Float32Array {
  const mix = wind(10, 51);
  const background = rms(mix);
  addLooped(mix, crow(1.6, 1.05, 61), 0.8, 7 * background);
  addLooped(mix, crow(1.5, 1, 62), 5.8, 7 * background);
  return peakTo(mix, 0.7);
}

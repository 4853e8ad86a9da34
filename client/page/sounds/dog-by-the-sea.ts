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

/** A bark: a hoarse voice whose pitch leaps up and falls within a fifth of a second, through an open mouth. */
function bark(pitch: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const tone = harmonicTone(0.7, 40);
  const mouth = [
    { filter: new Biquad("bandpass", 780 * pitch, 3.5), gain: 1.6 },
    { filter: new Biquad("bandpass", 1500 * pitch, 4), gain: 1 },
    { filter: new Biquad("bandpass", 2700 * pitch, 4), gain: 0.45 },
  ];
  const length = 0.24;
  return peakTo(
    render(length, (t) => {
      const hz =
        pitch *
        along(
          [
            [0, 330],
            [0.05, 560],
            [0.11, 520],
            [length, 260],
          ],
          t,
        );
      const loud = along(
        [
          [0, 0],
          [0.015, 0.7],
          [0.06, 1],
          [0.13, 0.6],
          [length, 0],
        ],
        t,
      );
      const breath = 1.2 * (2 * random() - 1);
      const voice = tone(hz * (1 + 0.02 * (random() - 0.5))) + breath;
      return loud * mouth.reduce((sum, { filter, gain }) => sum + gain * filter.next(voice), 0);
    }),
    1,
  );
}

/** Waves that roll in, break and run back, twice in `seconds`. */
function waves(seconds: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const deep = new Biquad("lowpass", 420);
  const foam = new Biquad("bandpass", 1600, 0.4);
  return renderLoop(seconds, (t) => {
    const noise = 2 * random() - 1;
    const swell = 0.5 - 0.5 * Math.cos((4 * Math.PI * t) / seconds);
    return deep.next(noise) * (0.6 + 0.8 * swell) + foam.next(noise) * (0.15 + swell ** 2);
  });
}

export function dogByTheSea(): Float32Array {
  const mix = waves(10, 31);
  const background = rms(mix);
  const barks = [bark(1, 41), bark(0.94, 42), bark(1.05, 43)];
  [0.6, 1.0, 3.1, 3.5, 3.95, 6.4, 6.8, 8.7].forEach((at, k) => {
    addLooped(mix, barks[k % barks.length], at, 6 * background);
  });
  return peakTo(mix, 0.7);
}

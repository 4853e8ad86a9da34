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

/** A bark: a hoarse voice of a fifth of a second through an open mouth that resonates at about 0.8 kHz. */
function bark(pitch: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const tone = harmonicTone(0.5, 40);
  const mouth = [
    { filter: new Biquad("bandpass", 855 * pitch, 7), gain: 3 },
    { filter: new Biquad("bandpass", 800 * pitch, 7), gain: 1.7 },
    { filter: new Biquad("bandpass", 5400, 7), gain: 0.3 },
  ];
  const length = 0.22;
  const glide = [
    [0, 505],
    [0.05, 530],
    [0.1, 490],
    [length, 520],
  ] as const;
  const swell = [
    [0, 0],
    [0.013, 0.7],
    [0.055, 1],
    [0.12, 0.6],
    [length, 0],
  ] as const;
  return peakTo(
    render(length, (t) => {
      const hertz = pitch * along(glide, t) * (1 + 0.03 * (random() - 0.5));
      const voice = tone(hertz) + 3.8 * (2 * random() - 1);
      const open = mouth.reduce((sum, { filter, gain }) => sum + gain * filter.next(voice), 0);
      return along(swell, t) * (open + 0.055 * voice);
    }),
    1,
  );
}

/** Waves that roll in, break and run back, twice in `seconds`. */
function waves(seconds: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const deep = new Biquad("lowpass", 420);
  const foam = new Biquad("bandpass", 1000, 0.4);
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
  [0.6, 1.1, 1.6, 3.1, 3.6, 5.1, 5.6, 6.1, 7.8, 8.3].forEach((at, k) => {
    addLooped(mix, barks[k % barks.length], at, 9 * background);
  });
  return peakTo(mix, 0.7);
}

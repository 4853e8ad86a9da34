import { addLooped, Biquad, peakTo, randomFrom, render, renderLoop, rms } from "./synth.ts";

/** One stroke of a clockwork: a click that rings in a few stiff, quickly damped resonances, and its echo. */
function tick(pitch: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const modes = [1470, 1960, 3480, 4140].map((hz) => hz * pitch);
  const decay = 0.016;
  return peakTo(
    render(0.09, (t) => {
      const click = t < 0.0012 ? 0.35 * (2 * random() - 1) : 0;
      // The escapement falls back a moment later: the second click that makes it a clock.
      const second = t > 0.0115 && t < 0.0127 ? 2 * random() - 1 : 0;
      const ring = modes.reduce((sum, hz) => sum + Math.sin(2 * Math.PI * hz * t), 0);
      return click + second + 0.5 * ring * Math.exp(-t / decay);
    }),
    1,
  );
}

/** Steady rain: bright noise and many single drops. */
export function rain(seconds: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const high = new Biquad("highpass", 900);
  const low = new Biquad("lowpass", 3600, 0.6);
  const bed = renderLoop(seconds, () => low.next(high.next(2 * random() - 1)));
  const level = rms(bed);
  for (let drops = 0; drops < 90 * seconds; drops++) {
    const hz = 1400 + 4200 * random();
    const decay = 0.002 + 0.004 * random();
    const drop = render(0.02, (t) => Math.sin(2 * Math.PI * hz * t) * Math.exp(-t / decay));
    addLooped(bed, drop, seconds * random(), level * (0.5 + 2.5 * random() ** 3));
  }
  return bed;
}

export function clockInRain(): Float32Array {
  const mix = rain(10, 11);
  const background = rms(mix);
  const strokes = [tick(1, 21), tick(0.88, 22)];
  for (let k = 0; k < 30; k++) addLooped(mix, strokes[k % 2], 0.1 + k / 3, 40 * background);
  return peakTo(mix, 0.7);
}

import { addLooped, Biquad, peakTo, randomFrom, render, renderLoop, rms } from "./synth.ts";

/** One stroke of a clockwork: a short click that rings in a few stiff, quickly damped resonances. */
function tick(pitch: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const modes = [1180, 2350, 3820, 5240].map((hz) => ({ hz: hz * pitch, decay: 0.004 + 0.01 * random() }));
  return peakTo(
    render(0.09, (t) => {
      const click = t < 0.0012 ? 2 * random() - 1 : 0;
      // The escapement falls back a moment later: the second, softer click that makes it a clock.
      const second = t > 0.018 && t < 0.0192 ? 0.5 * (2 * random() - 1) : 0;
      const ring = modes.reduce(
        (sum, { hz, decay }) => sum + Math.sin(2 * Math.PI * hz * t) * Math.exp(-t / decay),
        0,
      );
      return click + second + 0.6 * ring;
    }),
    1,
  );
}

/** Steady rain: bright noise and many single drops. */
export function rain(seconds: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const high = new Biquad("highpass", 900);
  const low = new Biquad("lowpass", 6500, 0.6);
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
  for (let k = 0; k < 20; k++) addLooped(mix, strokes[k % 2], 0.1 + 0.5 * k, 14 * background);
  return peakTo(mix, 0.7);
}

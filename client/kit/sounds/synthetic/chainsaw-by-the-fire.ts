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

/** A two-stroke engine that revs up, bites into wood and idles again. */
function chainsaw(seconds: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const engine = harmonicTone(1.1, 60);
  const muffler = new Biquad("bandpass", 520, 0.45);
  const chain = new Biquad("bandpass", 5300, 0.9);
  // Clipping a lopsided wave leaves an offset that no loudspeaker should get.
  const air = new Biquad("highpass", 30);
  const rev = [
    [0, 90],
    [0.3, 95],
    [0.6, 188],
    [1.4, 180],
    [3.6, 172],
    [4.2, 186],
    [seconds - 0.3, 110],
    [seconds, 90],
  ] as const;
  let jitter = 0;
  return render(seconds, (t) => {
    jitter = 0.995 * jitter + 0.005 * (random() - 0.5);
    const hz = along(rev, t) * (1 + jitter);
    const strength = hz / 180;
    const fire = engine(hz);
    const rattle = (2 * random() - 1) * (0.5 + 0.5 * Math.tanh(fire)) * strength;
    const fade = Math.min(1, t / 0.05, (seconds - t) / 0.05);
    const sum = 0.9 * muffler.next(fire) + 0.06 * fire * strength + 1.25 * chain.next(rattle);
    return air.next(fade * Math.tanh(0.85 * sum));
  });
}

/** A wood fire: a low roar and crackles, most of them faint. */
function fire(seconds: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  const roar = new Biquad("lowpass", 180);
  const air = new Biquad("bandpass", 700, 0.4);
  const bed = renderLoop(seconds, () => {
    const noise = 2 * random() - 1;
    return 1.5 * roar.next(noise) + 0.12 * air.next(noise);
  });
  const level = rms(bed);
  for (let crackles = 0; crackles < 24 * seconds; crackles++) {
    const decay = 0.0006 + 0.003 * random() ** 2;
    const colour = new Biquad("bandpass", 1200 + 5000 * random(), 0.8);
    const crackle = render(0.02, (t) => colour.next((2 * random() - 1) * Math.exp(-t / decay)));
    addLooped(bed, crackle, seconds * random(), level * (2 + 38 * random() ** 5));
  }
  return bed;
}

export function chainsawByTheFire(): Float32Array {
  const mix = fire(10, 91);
  const saw = chainsaw(5, 92);
  addLooped(mix, saw, 2.5, (2.2 * rms(mix)) / rms(saw));
  return peakTo(mix, 0.7);
}

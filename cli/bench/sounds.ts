/** Sounds made by code for measuring. */

/** Seeded numbers in [0, 1) (a linear congruential generator; good enough for clicks and hiss). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Clicks at irregular moments over faint noise: every stretch of a second or two looks like no other. */
export function clickTrain(seconds: number, sampleRate: number, seed = 1): Float32Array {
  const random = seeded(seed);
  const samples = Float32Array.from(
    { length: Math.round(seconds * sampleRate) },
    () => 0.002 * (random() - 0.5),
  );
  let at = 0.05;
  while (at < seconds - 0.05) {
    const start = Math.round(at * sampleRate);
    // A few milliseconds of noise that dies away: as wide-band as the tick of a clock.
    const decay = 0.0015 * sampleRate;
    for (let n = 0; n < 6 * decay; n++) {
      if (start + n < samples.length) samples[start + n] += 1.2 * (random() - 0.5) * Math.exp(-n / decay);
    }
    at += 0.12 + 0.5 * random();
  }
  return samples;
}

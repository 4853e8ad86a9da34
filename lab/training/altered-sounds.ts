/**
 * Known sounds changed until they are no longer what they were: near enough to a class to be mistaken for it, and
 * so the best teachers of where the class ends.
 */

import type { Random } from "../data/random.ts";
import { WINDOW_SAMPLES } from "../data/windows.ts";
import { MODEL_RATE } from "../networks/own-shape.ts";
import { toUnitPower } from "./augment.ts";
import type { SoundPool } from "./sound-pool.ts";

type Change = (random: Random, pool: SoundPool) => Float32Array;

const changes: readonly Change[] = [mirrored, farFromPitch, shifted, shuffled];

export function alteredSound(random: Random, pool: SoundPool): Float32Array {
  return random.pick(changes)(random, pool);
}

/** Low becomes high: multiplying by (−1)^n mirrors the spectrum about a quarter of the rate. */
function mirrored(random: Random, pool: SoundPool): Float32Array {
  const samples = pool.window(random);
  for (let i = 1; i < samples.length; i += 2) samples[i] = -samples[i];
  return samples;
}

/** Two to three times as fast, or as slow. */
function farFromPitch(random: Random, pool: SoundPool): Float32Array {
  return pool.window(random, random.chance(0.5) ? random.uniform(1.9, 3) : random.uniform(0.33, 0.52));
}

/** Ring modulation: every frequency moves up and down by the same number of hertz, so harmonics no longer fit. */
function shifted(random: Random, pool: SoundPool): Float32Array {
  const samples = pool.window(random);
  const step = (2 * Math.PI * random.uniform(400, 3000)) / MODEL_RATE;
  for (let i = 0; i < samples.length; i++) samples[i] *= Math.cos(step * i);
  return samples;
}

/** Pieces of two sounds of 30 to 120 ms in random order. */
function shuffled(random: Random, pool: SoundPool): Float32Array {
  const sources = [toUnitPower(pool.window(random)), toUnitPower(pool.window(random))];
  const length = Math.floor(random.uniform(0.03, 0.12) * MODEL_RATE);
  const count = Math.floor(WINDOW_SAMPLES / length);
  const order = random.shuffle(Array.from({ length: count }, (_, i) => i));
  const out = new Float32Array(WINDOW_SAMPLES);
  for (const [place, from] of order.entries()) {
    const source = sources[place % 2];
    for (let i = 0; i < length; i++) {
      const fade = Math.min(1, (5 * Math.min(i, length - i)) / length);
      out[place * length + i] = fade * source[from * length + i];
    }
  }
  return out;
}

/**
 * Made-up sounds that belong to no class. A classifier that has only heard its own classes takes everything for one
 * of them; these teach it what "other" can be: tones, sweeps, bursts, clicks, resonances, modulated noise.
 */

import type { Random } from "../data/random.ts";
import { MODEL_RATE } from "../networks/own-shape.ts";
import { colouredNoise, toUnitPower } from "./augment.ts";

type Maker = (random: Random, length: number, rate: number) => Float32Array;

const makers: readonly Maker[] = [
  harmonics,
  sweep,
  frequencyModulation,
  bursts,
  clicks,
  resonances,
  modulatedNoise,
  hum,
];

/** One to three made-up sounds together, of unit mean power, each under a level that changes as sounds in the world do. */
export function otherSound(random: Random, length: number, rate = MODEL_RATE): Float32Array {
  const out = new Float32Array(length);
  const count = 1 + random.integer(3);
  for (let k = 0; k < count; k++) {
    const one = toUnitPower(random.pick(makers)(random, length, rate));
    if (random.chance(0.5)) shapeLevel(random, one, rate);
    const gain = k === 0 ? 1 : 10 ** (-random.uniform(0, 20) / 20);
    for (let i = 0; i < length; i++) out[i] += gain * one[i];
  }
  toUnitPower(out);
  // An overdriven microphone or loudspeaker.
  if (random.chance(0.2)) {
    const drive = random.logUniform(0.5, 4);
    for (let i = 0; i < length; i++) out[i] = Math.tanh(drive * out[i]);
  }
  return toUnitPower(out);
}

/** Struck once, struck again and again, pulsing, or wandering by 30 dB. In place. */
function shapeLevel(random: Random, samples: Float32Array, rate: number): void {
  const { length } = samples;
  const kind = random.integer(3);
  if (kind === 0) {
    const wander = curve(random, length, 4 + random.integer(36), -30, 0);
    for (let i = 0; i < length; i++) samples[i] *= 10 ** (wander[i] / 20);
    return;
  }
  if (kind === 1) {
    const speed = random.logUniform(0.7, 60);
    const depth = random.uniform(0.3, 1);
    const hard = random.chance(0.4);
    for (let i = 0; i < length; i++) {
      const level = 1 - depth * (0.5 + 0.5 * Math.sin((2 * Math.PI * speed * i) / rate));
      samples[i] *= hard ? (level > 0.5 ? 1 : 0) : level;
    }
    return;
  }
  const period = random.chance(0.5) ? length : Math.floor(random.logUniform(0.05, 0.8) * rate);
  const offset = random.integer(period);
  const attack = random.logUniform(0.001, 0.1) * rate;
  const decay = random.logUniform(0.02, 0.8) * rate;
  for (let i = 0; i < length; i++) {
    const t = (i + offset) % period;
    samples[i] *= Math.min(1, t / attack) * Math.exp(-t / decay);
  }
}

/** A slow random curve through `points` values in [low, high], linear in between. */
function curve(random: Random, length: number, points: number, low: number, high: number): Float32Array {
  const knots = Array.from({ length: points + 1 }, () => random.uniform(low, high));
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const position = (i / length) * points;
    const left = Math.floor(position);
    out[i] = knots[left] + (knots[left + 1] - knots[left]) * (position - left);
  }
  return out;
}

/** Notes with overtones: horns, bells, voices without words. */
function harmonics(random: Random, length: number, rate: number): Float32Array {
  const out = new Float32Array(length);
  const notes = 1 + random.integer(5);
  for (let note = 0; note < notes; note++) {
    const fundamental = random.logUniform(80, 2500);
    const overtones = 1 + random.integer(10);
    const slope = random.uniform(0.3, 2);
    const stretch = random.chance(0.3) ? random.uniform(0.9, 1.3) : 1;
    const start = random.integer(Math.floor(length * 0.8));
    const decay = random.logUniform(0.03, 2) * rate;
    const attack = random.logUniform(0.002, 0.1) * rate;
    const bend = random.uniform(-0.3, 0.3);
    for (let k = 1; k <= overtones; k++) {
      const frequency = fundamental * k ** stretch;
      if (frequency > rate * 0.45) break;
      const gain = k ** -slope * random.uniform(0.3, 1);
      let phase = random.uniform(0, 2 * Math.PI);
      for (let i = start; i < length; i++) {
        const t = i - start;
        phase += (2 * Math.PI * frequency * (1 + (bend * t) / length)) / rate;
        out[i] += gain * Math.min(1, t / attack) * Math.exp(-t / decay) * Math.sin(phase);
      }
    }
  }
  return out;
}

/** Chirps, up and down, once or repeated. */
function sweep(random: Random, length: number, rate: number): Float32Array {
  const out = new Float32Array(length);
  const period = Math.floor(length / (1 + random.integer(8)));
  const from = random.logUniform(100, 6000);
  const to = random.logUniform(100, 6000);
  const duty = random.uniform(0.3, 1);
  let phase = 0;
  for (let i = 0; i < length; i++) {
    const position = (i % period) / period / duty;
    if (position >= 1) continue;
    phase += (2 * Math.PI * from * (to / from) ** position) / rate;
    out[i] = Math.sin(phase) * Math.sin(Math.PI * position);
  }
  return out;
}

/** Sirens, warbles, alarms. */
function frequencyModulation(random: Random, length: number, rate: number): Float32Array {
  const out = new Float32Array(length);
  const carrier = random.logUniform(150, 5000);
  const speed = random.logUniform(0.5, 120);
  const depth = random.uniform(0.01, 0.6);
  const square = random.chance(0.3);
  let phase = 0;
  for (let i = 0; i < length; i++) {
    const wave = Math.sin((2 * Math.PI * speed * i) / rate);
    phase += (2 * Math.PI * carrier * (1 + depth * (square ? Math.sign(wave) : wave))) / rate;
    out[i] = Math.sin(phase);
  }
  return out;
}

/** A two-pole resonance that rings at `frequency`. */
function resonate(samples: Float32Array, frequency: number, bandwidth: number, rate: number): Float32Array {
  const radius = Math.exp((-Math.PI * bandwidth) / rate);
  const a1 = 2 * radius * Math.cos((2 * Math.PI * frequency) / rate);
  const a2 = -radius * radius;
  const out = new Float32Array(samples.length);
  let y1 = 0;
  let y2 = 0;
  for (let i = 0; i < samples.length; i++) {
    const y = (1 - radius) * samples[i] + a1 * y1 + a2 * y2;
    y2 = y1;
    y1 = y;
    out[i] = y;
  }
  return out;
}

/** Puffs, hisses and scrapes: shaped stretches of filtered noise. */
function bursts(random: Random, length: number, rate: number): Float32Array {
  const out = new Float32Array(length);
  const count = 1 + random.integer(6);
  for (let burst = 0; burst < count; burst++) {
    const size = Math.floor(random.logUniform(0.01, 0.7) * rate);
    const start = random.integer(length);
    const noise = resonate(
      colouredNoise(random, size),
      random.logUniform(150, 7000),
      random.logUniform(80, 4000),
      rate,
    );
    toUnitPower(noise);
    const skew = random.logUniform(0.3, 3);
    const gain = random.uniform(0.3, 1);
    for (let i = 0; i < size && start + i < length; i++) {
      out[start + i] += gain * noise[i] * Math.sin(Math.PI * (i / size) ** skew);
    }
  }
  return out;
}

/** Irregular knocks: typing, footsteps, clatter. */
function clicks(random: Random, length: number, rate: number): Float32Array {
  const impulses = new Float32Array(length);
  const mean = random.logUniform(0.02, 0.4) * rate;
  for (let i = random.integer(Math.ceil(mean)); i < length; i += Math.ceil(mean * random.uniform(0.2, 1.8))) {
    const size = 1 + random.integer(Math.floor(0.01 * rate));
    const gain = random.uniform(0.2, 1);
    for (let j = 0; j < size && i + j < length; j++)
      impulses[i + j] += gain * random.normal() * (1 - j / size);
  }
  const out = resonate(impulses, random.logUniform(200, 6500), random.logUniform(100, 3000), rate);
  const direct = random.uniform(0, 0.1);
  for (let i = 0; i < length; i++) out[i] += direct * impulses[i];
  return out;
}

/** Struck objects: several inharmonic modes that ring and decay. */
function resonances(random: Random, length: number, rate: number): Float32Array {
  const out = new Float32Array(length);
  const strikes = 1 + random.integer(5);
  const modes = Array.from({ length: 2 + random.integer(7) }, () => ({
    frequency: random.logUniform(150, 7000),
    decay: random.logUniform(0.01, 0.6) * rate,
    gain: random.uniform(0.1, 1),
  }));
  for (let strike = 0; strike < strikes; strike++) {
    const start = random.integer(Math.floor(length * 0.9));
    const level = random.uniform(0.3, 1);
    for (const { frequency, decay, gain } of modes) {
      const end = Math.min(length, start + Math.floor(decay * 6));
      for (let i = start; i < end; i++) {
        const t = i - start;
        out[i] += level * gain * Math.exp(-t / decay) * Math.sin((2 * Math.PI * frequency * t) / rate);
      }
    }
  }
  return out;
}

/** Wind, surf, brushing: noise whose level and colour drift. */
function modulatedNoise(random: Random, length: number, rate: number): Float32Array {
  let out = colouredNoise(random, length);
  if (random.chance(0.6))
    out = resonate(out, random.logUniform(100, 6000), random.logUniform(200, 5000), rate);
  const level = curve(random, length, 1 + random.integer(12), 0, 1);
  const speed = random.logUniform(1, 80);
  const depth = random.chance(0.5) ? random.uniform(0, 1) : 0;
  for (let i = 0; i < length; i++) {
    out[i] *= (0.15 + level[i]) * (1 - depth * (0.5 + 0.5 * Math.sin((2 * Math.PI * speed * i) / rate)));
  }
  return out;
}

/** Machines at rest: a low tone, its overtones and noise. */
function hum(random: Random, length: number, rate: number): Float32Array {
  const out = colouredNoise(random, length);
  const fundamental = random.logUniform(40, 400);
  const noise = random.uniform(0.02, 0.3);
  const jitter = curve(random, length, 8, 0.98, 1.02);
  const gains = Array.from(
    { length: 12 },
    (_, k) => random.uniform(0, 1) / (k + 1) ** random.uniform(0, 1.5),
  );
  let phase = 0;
  for (let i = 0; i < length; i++) {
    phase += (2 * Math.PI * fundamental * jitter[i]) / rate;
    let sum = 0;
    for (let k = 0; k < gains.length; k++) sum += gains[k] * Math.sin(phase * (k + 1));
    out[i] = noise * out[i] + sum;
  }
  return out;
}

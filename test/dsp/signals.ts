/** Seeded signals and small measurements that the dsp tests share. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Uniform numbers in [0, 1) from a 32-bit seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function noise(length: number, seed: number): Float32Array {
  const random = randomNumbers(seed);
  return Float32Array.from({ length }, () => 2 * random() - 1);
}

export function tone(length: number, hz: number, rate: number): Float32Array {
  return Float32Array.from({ length }, (_, n) => Math.sin((2 * Math.PI * hz * n) / rate));
}

/** The samples cut into pieces of 1 to `most` samples. */
export function* pieces(samples: Float32Array, most: number, seed: number): Generator<Float32Array> {
  const random = randomNumbers(seed);
  for (let at = 0; at < samples.length; ) {
    const length = 1 + Math.floor(random() * most);
    yield samples.subarray(at, at + length);
    at += length;
  }
}

export function largestDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  from = 0,
  to = a.length,
): number {
  let largest = 0;
  for (let n = from; n < to; n++) {
    const difference = Math.abs(a[n] - b[n]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** Arrays made by test/reference/dsp_reference.py. */
export function reference(name: string): Float32Array {
  const folder = new URL("../fixtures/dsp/", import.meta.url);
  const header: Record<string, { offset: number; shape: number[] }> = JSON.parse(
    readFileSync(new URL("reference.json", folder), "utf8"),
  );
  const { offset, shape } = header[name];
  const bytes = readFileSync(new URL("reference.f32", folder));
  const length = shape.reduce((a, b) => a * b);
  return new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + 4 * offset, bytes.byteOffset + 4 * (offset + length)),
  );
}

/** Heap bytes per call of `work` once it is compiled: next to 0 when it allocates nothing. */
export function heapBytesPerCall(work: () => void): number {
  const calls = 5000;
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let least = Number.POSITIVE_INFINITY;
  // Interpreted code boxes its numbers and compiling takes memory too, so the quietest of several rounds counts;
  // what allocates by itself does so in every round.
  for (let round = 0; round < 12 && least > 1; round++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < calls; n++) work();
    least = Math.min(least, Math.abs(process.memoryUsage().heapUsed - before) / calls);
  }
  return least;
}

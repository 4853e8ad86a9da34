/** What test/reference/yamnet.py asked the published YAMNet. */
import { PATCH_SAMPLES } from "../../../lab/training/teacher-front.ts";

const RATE = 16_000;

function signal(value: (seconds: number, n: number) => number): Float32Array {
  return Float32Array.from({ length: PATCH_SAMPLES }, (_, n) => value(n / RATE, n));
}

function noise(): (level: number) => number {
  let state = 1;
  return (level) => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return level * (state / 2 ** 31 - 1);
  };
}

const next = noise();
export const signals: Record<string, Float32Array> = {
  organ: signal((t) =>
    [1, 2, 3, 4, 5, 6].reduce((sum, k) => sum + (0.3 / k) * Math.sin(2 * Math.PI * 220 * k * t), 0),
  ),
  siren: signal((t) => 0.5 * Math.sin(2 * Math.PI * (800 * t - 60 * Math.cos(2 * Math.PI * 2 * t)))),
  knocks: signal((t) => next(0.8) * Math.exp(-40 * (t % 0.25))),
};

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { WINDOW_FRAMES } from "../../../lab/data/windows.ts";
import { BINS, MODEL_RATE } from "../../../lab/networks/own-shape.ts";
import { LmacBatches, MixtureBatches } from "../../../lab/training/lmac-batches.ts";
import { SoundPool } from "../../../lab/training/sound-pool.ts";
import { chord } from "../data/made-up-esc50.ts";

const test = suite("training windows");

const low = new SoundPool([chord(200, 2)]);
const high = new SoundPool([chord(2000, 2)]);
const SIZE = WINDOW_FRAMES * BINS;

/** Energy of one window below and above 1 kHz. */
function energies(magnitudes: Float32Array, item: number): [number, number] {
  const sums: [number, number] = [0, 0];
  for (let k = 0; k < SIZE; k++) {
    const hertz = ((k % BINS) * MODEL_RATE) / (2 * (BINS - 1));
    sums[hertz < 1000 ? 0 : 1] += magnitudes[item * SIZE + k] ** 2;
  }
  return sums;
}

test("the clean sound is what the mixture holds of it", () => {
  const items = 48;
  const { magnitudes, clean } = new MixtureBatches([low, high]).next(new Random(3), items);
  assert.is(magnitudes.length, items * SIZE);
  assert.is(clean!.length, items * SIZE);
  const ratios: number[] = [];
  for (let item = 0; item < items; item++) {
    const target = energies(clean!, item);
    const mixture = energies(magnitudes, item);
    const band = target[0] > target[1] ? 0 : 1;
    const share = mixture[1 - band] / mixture[band];
    // Two sounds of one band, or noise in both: what each adds can't be told from their energies.
    if (share < 0.05) continue;
    const ratio = mixture[band] / target[band];
    assert.ok(ratio > 0.8 && ratio < 2.5, `item ${item}: ${ratio} times the clean sound's energy`);
    ratios.push(10 * Math.log10(target[band] / mixture[1 - band]));
  }
  assert.ok(ratios.length >= 10, `${ratios.length} mixtures of two bands`);
  // A random tilt over frequency moves the ratios by some decibels.
  const even = ratios.filter((decibels) => Math.abs(decibels) < 6).length;
  assert.ok(even >= ratios.length / 3, `${even} of ${ratios.length} are near 0 dB`);
});

test("the same windows for the same seed, and no clean sounds where nobody asked", () => {
  const batches = new MixtureBatches([low, high]);
  assert.equal(batches.next(new Random(8), 3), batches.next(new Random(8), 3));
  const plain = new LmacBatches([low, high]).next(new Random(8), 3);
  assert.is(plain.clean, undefined);
  assert.ok(plain.magnitudes.every((value) => Number.isFinite(value) && value >= 0));
});

test.run();

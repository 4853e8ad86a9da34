import { test } from "uvu";
import * as assert from "uvu/assert";
import { magnitudes, StreamingStft } from "../../dsp/index.ts";
import { BINS, HOP, OWN_STFT, WINDOW } from "../../lab/networks/own-shape.ts";
import { heapBytesPerCall, largestDifference, noise, pieces, reference } from "./signals.ts";

function allFrames(samples: Float32Array, chunks: Iterable<Float32Array>): Float32Array[] {
  const stream = new StreamingStft(OWN_STFT);
  const frames: Float32Array[] = [];
  for (const chunk of chunks) {
    stream.push(chunk, (spectrum, frame) => {
      assert.is(frame, frames.length, "frames are numbered in order");
      frames.push(spectrum.slice());
    });
  }
  assert.is(frames.length, Math.floor(samples.length / HOP), "a frame is complete when its hop has arrived");
  assert.is(stream.nextFrame, frames.length);
  return frames;
}

test("equals torch.stft with zeros before the first sample", () => {
  const expected = reference("noise_spectra");
  const samples = new Float32Array((expected.length / (2 * BINS)) * HOP);
  samples.set(reference("noise"));
  const frames = allFrames(samples, [samples]);
  frames.forEach((frame, k) => {
    const wanted = expected.subarray(k * 2 * BINS, (k + 1) * 2 * BINS);
    assert.ok(largestDifference(frame, wanted) < 2e-5, `frame ${k}`);
  });
});

test("any chunking gives the same frames, bit for bit", () => {
  const samples = noise(16_000, 1);
  const whole = allFrames(samples, [samples]);
  for (const [most, seed] of [
    [1, 2],
    [7, 3],
    [128, 4],
    [1000, 5],
  ]) {
    allFrames(samples, pieces(samples, most, seed)).forEach((frame, k) => {
      assert.is(largestDifference(frame, whole[k]), 0, `pieces of up to ${most}, frame ${k}`);
    });
  }
});

test("takes a part of an array", () => {
  const samples = noise(1024, 6);
  const padded = new Float32Array(2000).fill(9);
  padded.set(samples, 500);
  const stream = new StreamingStft(OWN_STFT);
  const frames: Float32Array[] = [];
  stream.push(padded, (spectrum) => frames.push(spectrum.slice()), 500, 1524);
  for (const [k, frame] of allFrames(samples, [samples]).entries()) {
    assert.is(largestDifference(frame, frames[k]), 0);
  }
});

test("a constant and a full-scale square wave have the spectra known by hand", () => {
  const constant = allFrames(new Float32Array(1024).fill(1), [new Float32Array(1024).fill(1)]).at(-1)!;
  const out = new Float32Array(BINS);
  magnitudes(constant, out);
  // A periodic Hann window of 512 sums to 256 and leaks into the neighbouring bin with half of that.
  assert.ok(Math.abs(out[0] - 256) < 1e-3 && Math.abs(out[1] - 128) < 1e-3);
  assert.ok(out.subarray(2).every((value) => value < 1e-3));

  const square = Float32Array.from({ length: 1024 }, (_, n) => (n % 2 === 0 ? 1 : -1));
  magnitudes(allFrames(square, [square]).at(-1)!, out);
  assert.ok(Math.abs(out[BINS - 1] - 256) < 1e-3);
});

test("reset forgets what came before, and a NaN is gone after one window", () => {
  const samples = noise(2048, 7);
  const stream = new StreamingStft(OWN_STFT);
  stream.push(new Float32Array(300).fill(Number.NaN), () => {});
  stream.reset();
  let after = 0;
  const expected = allFrames(samples, [samples]);
  stream.push(samples, (spectrum, frame) => {
    assert.is(largestDifference(spectrum, expected[frame]), 0);
    after++;
  });
  assert.is(after, expected.length);

  const broken = samples.slice();
  broken[0] = Number.NaN;
  const frames = allFrames(broken, [broken]);
  const touched = WINDOW / HOP;
  assert.ok(frames.slice(0, touched).every((frame) => frame.some(Number.isNaN)));
  assert.ok(frames.slice(touched).every((frame) => !frame.some(Number.isNaN)));
});

test("allocates nothing once it runs", () => {
  const stream = new StreamingStft(OWN_STFT);
  const quantum = noise(128, 8);
  const out = new Float32Array(BINS);
  const keep = (spectrum: Float32Array) => magnitudes(spectrum, out);
  assert.ok(heapBytesPerCall(() => stream.push(quantum, keep)) < 8);
});

test("refuses shapes that can't be framed, by value", () => {
  assert.throws(() => new StreamingStft({ ...OWN_STFT, window: 500 }), /window is 500/);
  assert.throws(() => new StreamingStft({ ...OWN_STFT, hop: 100 }), /hop is 100/);
  assert.throws(() => new StreamingStft({ ...OWN_STFT, hop: 0 }), /hop is 0/);
});

test.run();

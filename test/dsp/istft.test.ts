import { test } from "uvu";
import * as assert from "uvu/assert";
import { applyMask, type FrameShape, type Masking, StreamingIstft, StreamingStft } from "../../dsp/index.ts";
import { BINS, HOP, OWN_STFT, WINDOW } from "../../lab/networks/own-shape.ts";
import { heapBytesPerCall, largestDifference, noise, pieces, reference, tone } from "./signals.ts";

/** Analysis, an all-ones mask and overlap-add, as the audio thread does it. */
function throughAllOnes(
  chunks: Iterable<Float32Array>,
  length: number,
  masking: Masking,
  shape: FrameShape = OWN_STFT,
) {
  const analysis = new StreamingStft(shape);
  const synthesis = new StreamingIstft(shape);
  const ones = new Float32Array(analysis.bins).fill(1);
  const masked = new Float32Array(2 * analysis.bins);
  const out = new Float32Array(length);
  let at = 0;
  for (const chunk of chunks) {
    analysis.push(chunk, (spectrum) => {
      applyMask(spectrum, ones, masking, masked);
      synthesis.add(masked, out, at);
      at += synthesis.hop;
    });
  }
  return { out, written: at, delay: synthesis.delay };
}

test("an all-ones mask gives the input back 384 samples later, for any chunking", () => {
  const samples = noise(160_000, 1);
  const chunkings: [string, Iterable<Float32Array>][] = [
    ["one sample at a time", pieces(samples, 1, 2)],
    ["up to 5 samples", pieces(samples, 5, 3)],
    ["up to 128", pieces(samples, 128, 4)],
    ["up to 10,000", pieces(samples, 10_000, 5)],
    ["all ten seconds", [samples]],
  ];
  for (const [name, chunks] of chunkings) {
    const { out, written, delay } = throughAllOnes(chunks, samples.length, "linear");
    assert.is(written, 160_000);
    assert.is(delay, WINDOW - HOP);
    assert.is(delay, 384);
    assert.ok(
      largestDifference(out.subarray(0, delay), new Float32Array(delay)) < 1e-6,
      "silence comes first",
    );
    assert.ok(largestDifference(out.subarray(delay), samples, 0, written - delay) < 1e-5, name);
  }
});

test("so it does for the log1p domain, silence, constants, square waves and other frame shapes", () => {
  const signals: [string, Float32Array][] = [
    ["silence", new Float32Array(8000)],
    ["a constant", new Float32Array(8000).fill(1)],
    ["a square wave", tone(8000, 440, 16_000).map(Math.sign)],
    ["a faint tone", tone(8000, 440, 16_000).map((value) => 1e-5 * value)],
  ];
  for (const [name, samples] of signals) {
    for (const masking of ["linear", "log1p"] as const) {
      const { out, written, delay } = throughAllOnes([samples], 8064, masking);
      assert.ok(
        largestDifference(out.subarray(delay), samples, 0, written - delay) < 1e-5,
        `${name}, ${masking}`,
      );
    }
  }
  for (const shape of [
    { window: 512, hop: 256 },
    { window: 1024, hop: 128 },
    { window: 16, hop: 4 },
    { window: 8, hop: 1 },
  ]) {
    const samples = noise(8192, 9);
    const { out, written, delay } = throughAllOnes([samples], 8192, "linear", shape);
    assert.ok(
      largestDifference(out.subarray(delay), samples, 0, written - delay) < 1e-5,
      JSON.stringify(shape),
    );
  }
});

test("masked frames overlap as in librosa.istft", () => {
  const spectra = reference("noise_spectra");
  const mask = reference("mask");
  const expected = reference("masked_sound");
  const stream = new StreamingIstft(OWN_STFT);
  const frames = mask.length / BINS;
  const out = new Float32Array(frames * HOP);
  const masked = new Float32Array(2 * BINS);
  for (let k = 0; k < frames; k++) {
    applyMask(spectra.subarray(k * 2 * BINS, (k + 1) * 2 * BINS), mask, "linear", masked, k * BINS);
    stream.add(masked, out, k * HOP);
  }
  // librosa treats the first and the last window - hop samples its own way.
  assert.ok(largestDifference(out, expected, WINDOW - HOP) < 2e-6);
});

test("reset forgets what came before", () => {
  const spectrum = noise(2 * BINS, 10);
  const fresh = new Float32Array(HOP);
  new StreamingIstft(OWN_STFT).add(spectrum, fresh);
  const stream = new StreamingIstft(OWN_STFT);
  const out = new Float32Array(HOP);
  stream.add(new Float32Array(2 * BINS).fill(Number.NaN), out);
  stream.reset();
  stream.add(spectrum, out);
  assert.is(largestDifference(out, fresh), 0);
});

test("allocates nothing once it runs", () => {
  const stream = new StreamingIstft(OWN_STFT);
  const spectrum = noise(2 * BINS, 11);
  const mask = noise(BINS, 12).map(Math.abs);
  const masked = new Float32Array(2 * BINS);
  const out = new Float32Array(HOP);
  const bytes = heapBytesPerCall(() => {
    applyMask(spectrum, mask, "linear", masked);
    stream.add(masked, out);
  });
  assert.ok(bytes < 8, `${bytes} bytes a frame`);
});

test("refuses windows that do not overlap", () => {
  assert.throws(() => new StreamingIstft({ window: 512, hop: 512 }), /hop is 512/);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { istft, StreamingStft, spectrogramMagnitudes, stft, toMono } from "../../dsp/index.ts";
import { BINS, OWN_STFT } from "../../lab/networks/own-shape.ts";
import { largestDifference, noise, pieces } from "./signals.ts";

test("whole recordings come back in place, whatever their length", () => {
  for (const length of [0, 1, 127, 128, 129, 383, 384, 512, 1600, 16_001]) {
    const samples = noise(length, length);
    const spectrogram = stft(samples, OWN_STFT);
    assert.is(spectrogram.frames, Math.ceil((length + 384) / 128));
    assert.is(spectrogram.bins, BINS);
    const back = istft(spectrogram, length, OWN_STFT);
    assert.is(back.length, length);
    assert.ok(largestDifference(back, samples) < 1e-5, `${length} samples`);
  }
});

test("frames are those of the live stream", () => {
  const samples = noise(5000, 1);
  const { spectra } = stft(samples, OWN_STFT);
  const stream = new StreamingStft(OWN_STFT);
  for (const piece of pieces(samples, 300, 2)) {
    stream.push(piece, (spectrum, frame) => {
      const same = spectra.subarray(frame * 2 * BINS, (frame + 1) * 2 * BINS);
      assert.is(largestDifference(spectrum, same), 0);
    });
  }
});

test("magnitudes have a row per frame", () => {
  const spectrogram = stft(noise(2000, 3), OWN_STFT);
  const values = spectrogramMagnitudes(spectrogram);
  assert.is(values.length, spectrogram.frames * BINS);
  const at = 7 * BINS + 30;
  const [re, im] = spectrogram.spectra.subarray(2 * at);
  assert.ok(Math.abs(values[at] - Math.hypot(re, im)) < 1e-5);
});

test("mono is the mean of the channels", () => {
  assert.equal(
    [...toMono([Float32Array.of(1, 0), Float32Array.of(0, 0.5), Float32Array.of(-1, 1)])],
    [0, 0.5],
  );
  const single = noise(10, 4);
  assert.is(toMono([single]), single);
  assert.throws(() => toMono([]), /no channel/);
});

test.run();

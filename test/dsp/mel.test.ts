import { test } from "uvu";
import * as assert from "uvu/assert";
import { hzToMel, melFilterbank, melToHz } from "../../dsp/index.ts";
import { largestDifference, reference } from "./signals.ts";

test("equals librosa.filters.mel, transposed to [bins, mels]", () => {
  const slaney = melFilterbank({ sampleRate: 16_000, bins: 257, mels: 24 });
  assert.is(slaney.length, 257 * 24);
  assert.ok(largestDifference(slaney, reference("mel_slaney")) < 1e-7);
  const htk = melFilterbank({
    sampleRate: 16_000,
    bins: 257,
    mels: 24,
    low: 50,
    high: 7000,
    scale: "htk",
    norm: "none",
  });
  assert.ok(largestDifference(htk, reference("mel_htk")) < 1e-5);
});

test("a band's sides are straight in Hz, or in mel as TensorFlow draws them", () => {
  // One band from 0 to 8 kHz: a bin on its rising side is as high as it lies far on the axis that counts.
  const options = { sampleRate: 16_000, bins: 257, mels: 1, scale: "htk", norm: "none" } as const;
  const centre = hzToMel(8000, "htk") / 2;
  const hz = 500;
  const bin = (hz * 256) / 8000;
  assert.ok(Math.abs(melFilterbank(options)[bin] - hz / melToHz(centre, "htk")) < 1e-6);
  const inMel = melFilterbank({ ...options, straightIn: "mel" });
  assert.ok(Math.abs(inMel[bin] - hzToMel(hz, "htk") / centre) < 1e-6);
});

test("both scales run both ways", () => {
  for (const scale of ["slaney", "htk"] as const) {
    for (const hz of [0, 20, 999, 1000, 1001, 7999]) {
      assert.ok(Math.abs(melToHz(hzToMel(hz, scale), scale) - hz) < 1e-8, `${hz} Hz, ${scale}`);
    }
  }
});

test("refuses bands beyond half the rate, by value", () => {
  assert.throws(() => melFilterbank({ sampleRate: 16_000, bins: 257, mels: 4, high: 9000 }), /9000/);
  assert.throws(
    () => melFilterbank({ sampleRate: 16_000, bins: 257, mels: 4, low: 5000, high: 400 }),
    /5000/,
  );
  assert.throws(() => melFilterbank({ sampleRate: 16_000, bins: 257, mels: 0 }), /0 mel bands/);
});

test.run();

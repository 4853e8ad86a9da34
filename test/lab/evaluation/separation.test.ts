import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import {
  bothHeard,
  idealBinaryMask,
  idealRatioMask,
  MaskedSound,
  musicalNoise,
  selectivity,
  siSdr,
  smoothed,
} from "../../../lab/evaluation/metrics/separation.ts";
import { type WindowShape, windowsAt } from "../../../lab/evaluation/plan/window-shape.ts";

const shape: WindowShape = {
  sampleRate: 16000,
  frames: 64,
  bins: 257,
  window: 512,
  hop: 128,
  samples: 63 * 128 + 512,
  phases: false,
};
const tone = (frequency: number, level: number) =>
  Float32Array.from(
    { length: shape.samples },
    (_, n) => level * Math.sin((2 * Math.PI * frequency * n) / 16000),
  );
const low = tone(500, 0.4);
const high = tone(4000, 0.2);
const mixture = low.map((sample, n) => sample + high[n]);
const [lowSpectrum, highSpectrum] = [low, high].map((sound) => windowsAt(sound, [0], shape)[0].magnitudes);
const bandMask = (kept: (bin: number) => boolean) =>
  Float32Array.from({ length: shape.frames * shape.bins }, (_, k) => (kept(k % shape.bins) ? 1 : 0));

test("a mask that treats both parts alike has selectivity 0, one that keeps the target a high one", () => {
  const half = new Float32Array(lowSpectrum.length).fill(0.5);
  assert.ok(Math.abs(selectivity(half, lowSpectrum, highSpectrum)!) < 1e-9);
  const below = bandMask((bin) => bin < 64);
  assert.ok(selectivity(below, lowSpectrum, highSpectrum)! > 30);
  assert.ok(selectivity(below, highSpectrum, lowSpectrum)! < -30);
  assert.is(selectivity(new Float32Array(lowSpectrum.length), lowSpectrum, highSpectrum), null);
});

test("selectivity is the ratio of the kept shares of energy in dB", () => {
  const gains = Float32Array.from({ length: lowSpectrum.length }, (_, k) => (k % shape.bins < 64 ? 1 : 0.5));
  // Half the magnitude is a quarter of the energy: 6.02 dB.
  assert.ok(Math.abs(selectivity(gains, lowSpectrum, highSpectrum)! - 6.02) < 0.01);
});

test("keeping the target's band alone brings the mixture nearer to the target", () => {
  const heard = new MaskedSound(mixture, low, shape);
  assert.ok(Math.abs(heard.siSdrImprovement(new Float32Array(lowSpectrum.length).fill(1))!) < 1e-3);
  assert.ok(heard.siSdrImprovement(bandMask((bin) => bin < 64))! > 20);
  assert.ok(heard.siSdrImprovement(bandMask((bin) => bin >= 64))! < -20);
  assert.is(heard.siSdrImprovement(new Float32Array(lowSpectrum.length)), null);
});

test("SI-SDR does not care for scale and is the ratio of the orthogonal part", () => {
  const estimate = low.map((sample, n) => 3 * (sample + 0.1 * high[n]));
  // 0.4 to 0.02 in amplitude.
  assert.ok(Math.abs(siSdr(estimate, low) - 20 * Math.log10(20)) < 0.05);
});

test("ideal masks keep what is the target's", () => {
  const binary = idealBinaryMask(lowSpectrum, highSpectrum);
  assert.ok(new MaskedSound(mixture, low, shape).siSdrImprovement(binary)! > 20);
  const ratio = idealRatioMask(lowSpectrum, highSpectrum);
  assert.ok(ratio.every((value) => value >= 0 && value <= 1));
  assert.ok(new MaskedSound(mixture, low, shape).siSdrImprovement(ratio)! > 15);
});

test("a mask that flickers makes noise musical, smoothing it makes less of it", () => {
  const random = new Random(1);
  const noise = Float32Array.from({ length: shape.samples }, () => 0.1 * random.normal());
  const [{ magnitudes: spectrum }] = windowsAt(noise, [0], shape);
  const flicker = spectrum.map(() => (random.chance(0.2) ? 1 : 0));
  const steady = new Float32Array(spectrum.length).fill(0.2);
  assert.ok(Math.abs(musicalNoise(steady, spectrum, shape.bins)!) < 1e-6);
  const rough = musicalNoise(flicker, spectrum, shape.bins)!;
  assert.ok(rough > 0.5, `${rough}`);
  assert.ok(musicalNoise(smoothed(flicker, shape.bins), spectrum, shape.bins)! < 0.8 * rough);
});

test("parts further apart than 30 dB are not both heard", () => {
  assert.is(bothHeard(lowSpectrum, highSpectrum), true);
  assert.is(
    bothHeard(
      lowSpectrum,
      highSpectrum.map((value) => value / 1000),
    ),
    false,
  );
  assert.is(bothHeard(lowSpectrum, new Float32Array(lowSpectrum.length)), false);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { integratedLoudness } from "../../dsp/loudness.ts";
import type { OutputChoice } from "../../protocol/port.ts";
import { constantMask, noise, OWN_SHAPE, Rig, random, rms } from "./rig.ts";

const RATE = 16_000;
const CHOICES: readonly OutputChoice[] = ["original", "explanation", "rest"];
/** 1 dB below full scale. */
const HIGHEST_PEAK = 10 ** (-1 / 20);

/** What is heard of `input` when every frame is masked so. */
function heard(
  input: Float32Array,
  mask: (frame: number) => Float32Array,
  listening: OutputChoice,
  matchLoudness = true,
): Float32Array {
  const rig = new Rig({ listening, matchLoudness });
  rig.maskEvery(mask);
  return rig.run(input);
}

const decibels = (ratio: number) => 20 * Math.log10(ratio);

test("explanation and rest become as loud as the original, to ears and not to a meter", () => {
  // The mask keeps the low half only, which ears weigh less.
  const mask = constantMask(0).fill(0.5, 0, 60).fill(0.35, 60);
  const input = noise(6 * RATE, 1);
  const [original, explanation, rest] = CHOICES.map((choice) =>
    integratedLoudness(heard(input, () => mask, choice).subarray(RATE), RATE),
  );
  assert.ok(Math.abs(explanation - original) < 0.5, `${explanation} LUFS beside ${original}`);
  assert.ok(Math.abs(rest - original) < 0.5, `${rest} LUFS beside ${original}`);
});

test("the original stays as it is, bit for bit", () => {
  const input = noise(2 * RATE, 2);
  const mask = constantMask(0.2);
  assert.equal(
    heard(input, () => mask, "original"),
    heard(input, () => mask, "original", false),
  );
});

test("what is nearly nothing is raised by 24 dB and stays faint", () => {
  const input = noise(3 * RATE, 3);
  const mask = constantMask(0.005);
  const plain = heard(input, () => mask, "explanation", false);
  const matched = heard(input, () => mask, "explanation");
  const boost = decibels(rms(matched, RATE) / rms(plain, RATE));
  assert.ok(Math.abs(boost - 24) < 0.05, `${boost} dB`);
});

test("nothing is raised beyond 1 dB below full scale", () => {
  // Bursts out of near silence, at random places and levels, under masks that come and go.
  const next = random(4);
  const input = new Float32Array(12 * RATE);
  for (let burst = 0; burst < 80; burst++) {
    const start = Math.floor(next() * (input.length - 3_000));
    const level = next();
    for (let n = 0; n < 200 + 2_000 * next(); n++) input[start + n] = level * (2 * next() - 1);
  }
  const masks = Array.from({ length: 1_600 }, () => constantMask(next() < 0.5 ? 0.3 * next() : next()));
  const mask = (frame: number) => masks[frame % masks.length];
  for (const choice of ["explanation", "rest"] as const) {
    const plain = heard(input, mask, choice, false);
    const matched = heard(input, mask, choice);
    let raised = 0;
    matched.forEach((sample, n) => {
      const most = Math.max(HIGHEST_PEAK, Math.abs(plain[n])) + 1e-6;
      assert.ok(Math.abs(sample) <= most, `${choice}: sample ${n} is ${sample}, unmatched ${plain[n]}`);
      if (Math.abs(sample) > 1.5 * Math.abs(plain[n])) raised++;
    });
    assert.ok(raised > input.length / 10, `${choice}: hardly anything was raised`);
  }
});

test("a sound that comes back after a pause is as loud as it was before", () => {
  // Noise for ever; the mask lets half of it through for 2 seconds, then nothing for 4.
  const input = noise(14 * RATE, 5, 0.1);
  const [open, shut] = [constantMask(0.5), constantMask(0)];
  const period = (6 * RATE) / OWN_SHAPE.hop;
  const mask = (frame: number) => (frame % period < period / 3 ? open : shut);
  const matched = heard(input, mask, "explanation");
  const before = rms(matched, RATE, 1.9 * RATE);
  // The 24 dB that the gain could rise to would be heard as a blow.
  const after = rms(matched, 6.1 * RATE, 6.3 * RATE);
  assert.ok(Math.abs(decibels(after / before)) < 1.5, `${decibels(after / before)} dB`);
});

test("a sound that stays fainter is as loud as the original again after some seconds", () => {
  const input = noise(14 * RATE, 6, 0.3);
  const [loud, faint] = [constantMask(0.9), constantMask(0.4)];
  const mask = (frame: number) => (frame * OWN_SHAPE.hop < 4 * RATE ? loud : faint);
  const matched = heard(input, mask, "explanation");
  const difference = decibels(rms(matched, 12 * RATE, 14 * RATE) / rms(input, 12 * RATE, 14 * RATE));
  assert.ok(Math.abs(difference) < 1, `${difference} dB`);
});

test("turned on and off while it runs, it glides", () => {
  const rig = new Rig({ listening: "explanation" });
  const quarter = constantMask(0.25);
  rig.maskEvery(() => quarter);
  const input = new Float32Array(4 * RATE).map((_, n) => 0.5 * Math.sin((2 * Math.PI * 200 * n) / RATE));
  const output = new Float32Array(input.length);
  for (let start = 0; start < input.length; start += 128) {
    if (start === 2 * RATE) rig.explainer.matchLoudness(true);
    if (start === 3 * RATE) rig.explainer.matchLoudness(false);
    rig.explainer.process(input.subarray(start, start + 128), output.subarray(start, start + 128));
  }
  const level = (from: number) => rms(output, from * RATE, (from + 0.5) * RATE);
  assert.ok(Math.abs(decibels(level(2.4) / level(1.4)) - 12) < 0.2, "turned on");
  assert.is(Math.round(1e6 * level(3.4)), Math.round(1e6 * level(1.4)), "turned off");
  let steepest = 0;
  for (let n = RATE; n < output.length; n++) {
    steepest = Math.max(steepest, Math.abs(output[n] - output[n - 1]));
  }
  // A full-size sine of 200 Hz climbs by 0.039 a sample.
  assert.ok(steepest < 0.045, `a step of ${steepest}`);
});

test("sound below 8 kHz, where loudness is not defined, stays as it is", () => {
  const shape = { ...OWN_SHAPE, sampleRate: 4_000 };
  const input = noise(8_000, 7);
  const run = (matchLoudness: boolean) => {
    const rig = new Rig({ listening: "explanation", matchLoudness, shape, sampleRate: 4_000 });
    const quarter = constantMask(0.25);
    rig.maskEvery(() => quarter);
    return rig.run(input);
  };
  assert.equal(run(true), run(false));
});

test.run();

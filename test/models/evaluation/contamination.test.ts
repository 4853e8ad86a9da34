import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../models/data/random.ts";
import { contaminate } from "../../../models/evaluation/contamination.ts";

const tone = (frequency: number) =>
  Float32Array.from({ length: 8000 }, (_, n) => 0.1 * Math.sin((2 * Math.PI * frequency * n) / 16000));
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);

test("a mixture holds the clip and the other at 0.8 to 0.2 and peaks at one", () => {
  const clip = tone(500);
  const other = tone(2000).map((sample) => 7 * sample);
  const mixtures = contaminate("mixtures", clip, { clips: [clip, other], speech: [] }, new Random(1));
  assert.is(mixtures.length, 2);
  for (const mixture of mixtures) {
    // Orthogonal tones: projections give the weights, up to the common scale.
    const weight = dot(mixture, clip) / Math.sqrt(dot(clip, clip));
    const otherWeight = dot(mixture, other) / Math.sqrt(dot(other, other));
    assert.ok(Math.abs(weight / otherWeight - 4) < 1e-3);
    assert.ok(Math.abs(Math.max(...mixture.map(Math.abs)) - 1) < 1e-6);
  }
});

test("white noise is half as strong as the clip", () => {
  const clip = tone(500);
  const [noisy] = contaminate("white-noise", clip, { clips: [clip], speech: [] }, new Random(2));
  const gain = dot(noisy, clip) / dot(clip, clip);
  const rest = noisy.map((sample, i) => sample - gain * clip[i]);
  const ratio = Math.sqrt(dot(rest, rest)) / (gain * Math.sqrt(dot(clip, clip)));
  assert.ok(Math.abs(ratio - 0.5) < 0.02, `ratio ${ratio}`);
});

test("a short sentence is padded with zeros, a long one cut", () => {
  const clip = tone(500);
  for (const length of [3000, 20000]) {
    const speech = [new Float32Array(length).fill(0.3)];
    const [mixed] = contaminate("speech", clip, { clips: [clip], speech }, new Random(3));
    assert.is(mixed.length, clip.length);
    assert.ok(mixed.every(Number.isFinite));
  }
});

test("silence stays finite, the same seed gives the same draw", () => {
  const clip = new Float32Array(1000);
  const draw = () => contaminate("id", clip, { clips: [clip], speech: [] }, new Random(4))[0];
  assert.ok(draw().every(Number.isFinite));
  assert.equal(draw(), draw());
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { contaminate, settingsNamed } from "../../../lab/evaluation/plan/contamination.ts";

const tone = (frequency: number) =>
  Float32Array.from({ length: 8000 }, (_, n) => 0.1 * Math.sin((2 * Math.PI * frequency * n) / 16000));
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const sources = (sound: Float32Array) => ({ otherClip: async () => sound, sentence: async () => sound });

test("a mixture holds the clip and the other at 0.8 to 0.2 and peaks at one", async () => {
  const clip = tone(500);
  const other = tone(2000).map((sample) => 7 * sample);
  const mixtures = await contaminate("mixtures", clip, sources(other), new Random(1));
  assert.is(mixtures.length, 2);
  for (const { samples } of mixtures) {
    // Orthogonal tones: projections give the weights, up to the common scale.
    const weight = dot(samples, clip) / Math.sqrt(dot(clip, clip));
    const otherWeight = dot(samples, other) / Math.sqrt(dot(other, other));
    assert.ok(Math.abs(weight / otherWeight - 4) < 1e-3);
    assert.ok(Math.abs(Math.max(...samples.map(Math.abs)) - 1) < 1e-6);
  }
});

test("the parts of a contaminated sound add up to it", async () => {
  const clip = tone(500);
  for (const setting of ["id", "mixtures", "white-noise", "speech"] as const) {
    const [{ samples, parts }] = await contaminate(setting, clip, sources(tone(900)), new Random(5));
    assert.ok(parts);
    assert.ok(samples.every((sample, n) => Math.abs(sample - parts.target[n] - parts.interferer[n]) < 1e-6));
  }
  const [clean] = await contaminate("clean", clip, sources(clip), new Random(5));
  assert.is(clean.samples, clip);
  assert.is(clean.parts, undefined);
});

test("white noise is half as strong as the clip", async () => {
  const clip = tone(500);
  const [{ samples: noisy }] = await contaminate("white-noise", clip, sources(clip), new Random(2));
  const gain = dot(noisy, clip) / dot(clip, clip);
  const rest = noisy.map((sample, i) => sample - gain * clip[i]);
  const ratio = Math.sqrt(dot(rest, rest)) / (gain * Math.sqrt(dot(clip, clip)));
  assert.ok(Math.abs(ratio - 0.5) < 0.02, `ratio ${ratio}`);
});

test("a short sentence is padded with zeros, a long one cut", async () => {
  const clip = tone(500);
  for (const length of [3000, 20000]) {
    const sentence = new Float32Array(length).fill(0.3);
    const [{ samples }] = await contaminate("speech", clip, sources(sentence), new Random(3));
    assert.is(samples.length, clip.length);
    assert.ok(samples.every(Number.isFinite));
  }
});

test("silence stays finite, the same seed gives the same draw", async () => {
  const clip = new Float32Array(1000);
  const draw = async () => (await contaminate("id", clip, sources(clip), new Random(4)))[0].samples;
  assert.ok((await draw()).every(Number.isFinite));
  assert.equal(await draw(), await draw());
});

test("published is the four of the published tables, all is these and ours, scenes as far as there are known sounds", () => {
  const published = ["id", "mixtures", "white-noise", "speech"];
  assert.equal(settingsNamed(["published"], false), published);
  assert.equal(settingsNamed(["all"], true), [...published, "clean", "scenes"]);
  assert.equal(settingsNamed(["all"], false), [...published, "clean"]);
  assert.equal(settingsNamed(["clean", "published", "scenes", "id"], false), [
    "clean",
    ...published,
    "scenes",
  ]);
});

test.run();

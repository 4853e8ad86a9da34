import { test } from "uvu";
import * as assert from "uvu/assert";
import { spectrogramMagnitudes, stft } from "../../../dsp/offline.ts";
import {
  type ExplainedBlock,
  type ExplainWindow,
  SignalExplainer,
} from "../../../models/explain/signal-explainer.ts";
import type { Pack } from "../../../models/pack/pack.ts";

const FRAMES = 128;
const BINS = 257;
const pack: Pack = {
  format: 1,
  name: "none",
  version: "1",
  title: "No graph at all",
  licence: "Apache-2.0",
  labels: ["a", "b"],
  answers: "exclusive",
  threshold: 0.5,
  sampleRate: 16000,
  stft: { window: 512, hop: 128, bins: BINS },
  windowFrames: FRAMES,
  masking: "linear",
  methods: [{ name: "fake", title: "Fake", graph: "fake.onnx", target: false }],
};

const constantMask =
  (value: number): ExplainWindow =>
  async () => ({
    probabilities: Float32Array.of(0.75, 0.25),
    mask: new Float32Array(FRAMES * BINS).fill(value),
  });

/** Seeded noise between -0.5 and 0.5. */
function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

async function explainAll(
  samples: Float32Array,
  explainWindow: ExplainWindow,
  { sampleRate = 16000, stride = 16, chunk = 5000 } = {},
): Promise<ExplainedBlock> {
  const explainer = new SignalExplainer({ pack, explainWindow, sampleRate, stride });
  const blocks: ExplainedBlock[] = [];
  for (let at = 0; at < samples.length; at += chunk) {
    blocks.push(await explainer.push(samples.subarray(at, at + chunk)));
  }
  blocks.push(await explainer.finish());
  const all = (key: "original" | "explanation" | "rest" | "magnitudes" | "mask") =>
    Float32Array.from(blocks.flatMap((block) => Array.from(block[key])));
  return {
    original: all("original"),
    explanation: all("explanation"),
    rest: all("rest"),
    magnitudes: all("magnitudes"),
    mask: all("mask"),
    windows: blocks.flatMap((block) => block.windows),
  };
}

function furthest(a: Float32Array, b: Float32Array): number {
  assert.is(a.length, b.length);
  return a.reduce((most, value, n) => Math.max(most, Math.abs(value - b[n])), 0);
}

for (const length of [1, 127, 1600, 16384, 16385, 40000]) {
  test(`a mask of ones gives ${length} samples back, in place`, async () => {
    const samples = noise(length);
    const { original, explanation, rest } = await explainAll(samples, constantMask(1));
    assert.is(furthest(original, samples), 0);
    assert.ok(furthest(explanation, samples) < 1e-5);
    assert.ok(furthest(rest, new Float32Array(length)) < 1e-5);
  });
}

test("explanation and rest sum to the recording, whatever the mask and the rate", async () => {
  for (const sampleRate of [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000]) {
    const samples = noise(Math.round(sampleRate * 1.3), sampleRate);
    const { original, explanation, rest } = await explainAll(samples, constantMask(0.3), { sampleRate });
    assert.is(furthest(original, samples), 0);
    const sum = explanation.map((value, n) => value + rest[n]);
    assert.ok(furthest(sum, samples) < 1e-6, `${sampleRate} Hz`);
  }
});

test("what the model hears stays in place at other rates", async () => {
  for (const sampleRate of [8000, 22050, 44100, 48000, 192000]) {
    const samples = Float32Array.from({ length: 2 * sampleRate }, (_, n) => {
      const fade = Math.sin((Math.PI * n) / (2 * sampleRate)) ** 2;
      return (
        0.5 *
        fade *
        (Math.sin((2 * Math.PI * 440 * n) / sampleRate) + Math.cos((2 * Math.PI * 3100 * n) / sampleRate))
      );
    });
    const { explanation } = await explainAll(samples, constantMask(1), { sampleRate });
    assert.ok(furthest(explanation, samples) < 2e-3, `${sampleRate} Hz: ${furthest(explanation, samples)}`);
  }
});

test("a mask of zeros explains nothing", async () => {
  const samples = noise(20000);
  const { explanation, rest } = await explainAll(samples, constantMask(0));
  assert.is(furthest(explanation, new Float32Array(20000)), 0);
  assert.is(furthest(rest, samples), 0);
});

test("frames are those of the offline transform", async () => {
  const samples = noise(30000);
  const { magnitudes, mask } = await explainAll(samples, constantMask(0.5));
  const whole = stft(samples, pack.stft);
  assert.is(magnitudes.length, whole.frames * BINS);
  assert.is(furthest(magnitudes, spectrogramMagnitudes(whole)), 0);
  assert.ok(furthest(mask, new Float32Array(magnitudes.length).fill(0.5)) < 1e-6);
});

test("the chunks in which the recording comes change nothing", async () => {
  const samples = noise(25000);
  let calls = 0;
  const varying: ExplainWindow = async () => {
    calls++;
    return {
      probabilities: Float32Array.of(0.5, 0.5),
      mask: Float32Array.from({ length: FRAMES * BINS }, (_, i) => ((i * 31 + calls * 17) % 101) / 100),
    };
  };
  const one = await explainAll(samples, varying, { chunk: 25000, sampleRate: 44100 });
  calls = 0;
  const other = await explainAll(samples, varying, { chunk: 77, sampleRate: 44100 });
  assert.is(furthest(one.explanation, other.explanation), 0);
  assert.is(furthest(one.mask, other.mask), 0);
  assert.equal(one.windows, other.windows);
});

test("a frame's mask is the mean over the windows that cover it", async () => {
  // Window number w, of 64 frames' stride, says w / 10 of all its frames.
  let window = 0;
  const numbered: ExplainWindow = async () => ({
    probabilities: Float32Array.of(1, 0),
    mask: new Float32Array(FRAMES * BINS).fill(window++ / 10),
  });
  const hops = 64 * 4 + 128;
  const { mask, windows } = await explainAll(noise(hops * 128 - 384), numbered, { stride: 64 });
  assert.equal(
    windows.map(({ firstFrame }) => firstFrame),
    [0, 64, 128, 192, 256],
  );
  const at = (frame: number) => mask[frame * BINS];
  assert.ok(Math.abs(at(0) - 0) < 1e-6);
  assert.ok(Math.abs(at(70) - 0.05) < 1e-6);
  assert.ok(Math.abs(at(130) - 0.15) < 1e-6);
  assert.ok(Math.abs(at(383) - 0.4) < 1e-6);
});

test("the last window ends with the recording; a short one gets a single window", async () => {
  const { windows, magnitudes } = await explainAll(noise(30000), constantMask(1));
  assert.is(windows[windows.length - 1].firstFrame + FRAMES, magnitudes.length / BINS);
  const short = await explainAll(noise(1600), constantMask(1));
  assert.equal(
    short.windows.map(({ firstFrame }) => firstFrame),
    [0],
  );
});

test("silent windows are marked, and the model is not asked about digital silence", async () => {
  let calls = 0;
  const counted: ExplainWindow = async (magnitudes) => {
    calls++;
    return constantMask(1)(magnitudes);
  };
  const silence = await explainAll(new Float32Array(40000), counted);
  assert.is(calls, 0);
  assert.ok(silence.windows.every(({ silent }) => silent));
  assert.ok(silence.explanation.every((sample) => sample === 0));

  const halfSilent = noise(64000);
  halfSilent.fill(0, 32000);
  const half = await explainAll(halfSilent, counted);
  assert.ok(half.windows.some(({ silent }) => silent) && half.windows.some(({ silent }) => !silent));
  assert.ok(furthest(half.explanation, halfSilent) < 1e-5);
});

test("a stride that would leave gaps is refused", () => {
  for (const stride of [0, 129, 1.5]) {
    assert.throws(
      () => new SignalExplainer({ pack, explainWindow: constantMask(1), sampleRate: 16000, stride }),
      /stride is .* from 1 to 128/,
    );
  }
});

test.run();

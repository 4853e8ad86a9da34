// The streaming network: whatever it is cut into, it hears the same; and nothing that nobody hears decides.
import * as ort from "onnxruntime-web";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { GRADCAM } from "../../../lab/methods/gradcam.ts";
import { LMAC_SELECTIVE } from "../../../lab/methods/lmac-selective.ts";
import { EVERYDAY_DECODER } from "../../../lab/networks/streaming/stream-decoder.ts";
import { streamClassifier } from "../../../lab/networks/streaming/stream-explained.ts";
import { EVERYDAY_SHAPE, type StreamShape } from "../../../lab/networks/streaming/stream-shape.ts";
import { explanationGraph } from "../../../lab/packing/method-graph.ts";
import { streamGraph } from "../../../lab/packing/stream-graph.ts";

import {
  BINS,
  CLASSES,
  chanceClassifier,
  chanceDecoder,
  classifier,
  classifierValues,
  decoderShape,
  decoderValues,
  FRAMES,
  form,
  shape,
} from "./small-stream.ts";

const test = suite("streaming network");
const parts = {
  shape,
  form,
  classifier: classifierValues,
  decoder: { shape: decoderShape, values: decoderValues },
};
const STATE = streamGraph(parts, 4).state;

/** A sound that starts, stops and jumps by 60 dB. */
function sound(frames: number): Float32Array {
  const random = new Random(3);
  return Float32Array.from({ length: frames * BINS }, (_, i) => {
    const frame = Math.floor(i / BINS);
    const level = frame % 50 < 10 ? 0 : frame % 90 < 45 ? 1 : 1e-3;
    return level * Math.abs(random.normal()) * (1 + Math.sin(frame / 3 + (i % BINS) / 9));
  });
}

async function opened(bytes: Uint8Array) {
  return ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
}

const graphs = new Map<number, Promise<ort.InferenceSession>>();
const graphOf = (frames: number) => {
  const known = graphs.get(frames) ?? opened(streamGraph(parts, frames).bytes);
  graphs.set(frames, known);
  return known;
};

/** In blocks of so many frames each, one after the other, each by the graph for its length. */
async function heard(magnitudes: Float32Array, lengths: readonly number[], target = -1) {
  let state = new Float32Array(STATE);
  const masks: number[] = [];
  const probabilities: number[] = [];
  let at = 0;
  for (const frames of lengths) {
    const outputs = await (await graphOf(frames)).run({
      magnitudes: new ort.Tensor("float32", magnitudes.slice(at * BINS, (at + frames) * BINS), [
        1,
        frames,
        BINS,
      ]),
      state: new ort.Tensor("float32", state, [1, state.length]),
      target: new ort.Tensor("int64", BigInt64Array.of(BigInt(target)), [1]),
    });
    masks.push(...(outputs["mask"].data as Float32Array));
    probabilities.push(...(outputs["probabilities"].data as Float32Array));
    state = (outputs["next_state"].data as Float32Array).slice();
    at += frames;
  }
  return { masks, probabilities };
}

function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.is(a.length, b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

test("four frames at a time, more, or all at once: the same masks and probabilities", async () => {
  const magnitudes = sound(128);
  const all = await heard(magnitudes, [128]);
  const live = await heard(magnitudes, new Array(32).fill(4));
  const mixed = await heard(magnitudes, [4, 64, 8, 4, 8, 4, 32, 4]);
  assert.ok(furthest(live.masks, all.masks) < 1e-5, `${furthest(live.masks, all.masks)}`);
  assert.ok(furthest(mixed.masks, all.masks) < 1e-5);
  assert.ok(furthest(live.probabilities, all.probabilities) < 1e-5);
  assert.ok(Math.max(...all.masks) - Math.min(...all.masks) > 0.2, "the masks say something");
});

test("a window that begins in silence is what the stream hears from its start", async () => {
  const magnitudes = sound(FRAMES);
  const weights = { values: decoderValues, shape: decoderShape, masking: "linear" } as const;
  const window = await opened(explanationGraph(classifier, LMAC_SELECTIVE, { weights }).bytes);
  for (const target of [0, 3]) {
    const outputs = await window.run({
      magnitudes: new ort.Tensor("float32", magnitudes, [1, FRAMES, BINS]),
      target: new ort.Tensor("int64", BigInt64Array.of(BigInt(target)), [1]),
    });
    const stream = await heard(magnitudes, new Array(FRAMES / 4).fill(4), target);
    assert.ok(furthest(outputs["mask"].data as Float32Array, stream.masks) < 1e-5);
    const last = stream.probabilities.slice(-CLASSES);
    assert.ok(furthest(outputs["probabilities"].data as Float32Array, last) < 1e-5);
  }
});

test("every latent lies on the way to the logits of a window, so that GradCAM finds something", async () => {
  const magnitudes = sound(FRAMES);
  for (let layer = 0; layer <= shape.channels.length; layer++) {
    const window = await opened(explanationGraph(classifier, GRADCAM, { settings: { layer } }).bytes);
    const largest = [];
    for (let target = 0; target < CLASSES; target++) {
      const outputs = await window.run({
        magnitudes: new ort.Tensor("float32", magnitudes, [1, FRAMES, BINS]),
        target: new ort.Tensor("int64", BigInt64Array.of(BigInt(target)), [1]),
      });
      largest.push(Math.max(...(outputs["mask"].data as Float32Array)));
    }
    assert.ok(largest.includes(1), `latent ${layer}: ${largest}`);
  }
});

test("an offset and rumble below 40 Hz change nothing, and nothing of them is kept", async () => {
  const magnitudes = sound(128);
  const rumbling = magnitudes.slice();
  for (let frame = 0; frame < 128; frame++) rumbling.fill(1e3, frame * BINS, frame * BINS + 2);
  const [plain, with40] = [await heard(magnitudes, [64, 64]), await heard(rumbling, [64, 64])];
  assert.equal(with40.probabilities, plain.probabilities);
  assert.equal(with40.masks, plain.masks);
  for (let frame = 0; frame < 128; frame++)
    assert.equal(plain.masks.slice(frame * BINS, frame * BINS + 2), [0, 0]);
});

test("in digital silence nothing is kept", async () => {
  const { masks } = await heard(sound(128), [128]);
  for (const frame of [5, 55, 105]) {
    assert.ok(Math.max(...masks.slice(frame * BINS, (frame + 1) * BINS)) < 1e-6);
  }
});

test("any level is heard alike, from the first frame on", async () => {
  const magnitudes = sound(128).map((value) => 0.1 + value);
  const loud = await heard(
    magnitudes.map((value) => 100 * value),
    [64, 64],
  );
  const plain = await heard(magnitudes, [64, 64]);
  assert.ok(furthest(loud.probabilities, plain.probabilities) < 0.02);
});

test("the released shape costs at most 80 million multiply-adds a second", () => {
  const released = {
    ...EVERYDAY_SHAPE,
    frames: FRAMES,
    bins: BINS,
    sampleRate: 16_000,
    classes: 52,
  } as StreamShape;
  const values = chanceClassifier(released);
  const known = streamClassifier(values, released, { answers: "independent" });
  const drawn = chanceDecoder(known, EVERYDAY_DECODER);
  const { mmac, state } = streamGraph(
    {
      shape: released,
      form: { answers: "independent" },
      classifier: values,
      decoder: { shape: EVERYDAY_DECODER, values: drawn },
    },
    4,
  );
  assert.ok(mmac * 31.25 < 80, `${mmac * 31.25}`);
  assert.ok(state < 16_000, `${state}`);
});

test.run();

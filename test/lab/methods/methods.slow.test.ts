// What every method must do, whatever its formula, and what some promise beyond that.
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { findMethod, METHODS } from "../../../lab/methods/index.ts";
import { methodSettings } from "../../../lab/methods/method.ts";
import type { MaskPlace } from "../../../lab/methods/parts/scene.ts";
import type { ExplainedClassifier } from "../../../lab/networks/explained-classifier.ts";
import { explanationGraph } from "../../../lab/packing/method-graph.ts";
import { packGraphs } from "../../../lab/packing/pack-graphs.ts";
import { type Pack, parsePack } from "../../../models/pack/pack.ts";
import { loadFeatureJudge } from "../../../models/runtime/load-feature-judge.ts";
import {
  type LoadedMethod,
  loadFeatureMethod,
  loadMethod,
  MethodInputError,
} from "../../../models/runtime/load-method.ts";
import type { Runtime } from "../../../models/runtime/runtime.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { completenessTest } from "./completeness.ts";
import { runGraph } from "./run-graph.ts";
import { captum, tinyClassifier } from "./tiny-classifier.ts";

const PLACES: readonly MaskPlace[] = ["spectrogram", "features"];
const { frames, bins, classes } = tinyClassifier;
const SIZE = frames * bins;
const OWN = METHODS.filter(({ mask }) => mask);
/** Few samples: what is tested does not depend on their number. */
const FEW = { smoothgrad: { samples: 4 }, shap: { samples: 4 }, ig: { steps: 4 } };
const chosen = OWN.map((method) => ({ method, settings: FEW[method.name as keyof typeof FEW] }));
const graphs = packGraphs(tinyClassifier, chosen, { features: true });
const pack: Pack = parsePack(
  {
    ...{ format: 1, name: "tiny", version: "1", title: "Tiny", licence: "CC0", threshold: 0.5 },
    ...{ labels: ["a", "b", "c"], sampleRate: 16_000, masking: "linear" },
    stft: { window: 32, hop: 8, bins },
    windowFrames: frames,
    ...graphs,
  },
  "test",
);
const runtimes: Runtime[] = [await nodeRuntime({ build: "wasm" })];
// The native package is optional: without it these tests cover WASM alone.
await nodeRuntime({ build: "native" }).then(
  (native) => runtimes.unshift(native),
  () => {},
);

const loaded = new Map<string, Promise<LoadedMethod>>();
test.after(async () => {
  for (const method of loaded.values()) await (await method).close();
});

function load(runtime: Runtime, place: MaskPlace, name: string): Promise<LoadedMethod> {
  const graph = `${place === "features" ? "features-" : ""}${name}.onnx`;
  const key = `${runtime.name} ${graph}`;
  let method = loaded.get(key);
  if (!method) {
    const loader = place === "features" ? loadFeatureMethod : loadMethod;
    method = loader(runtime, graphs.files.get(graph)!, pack, name);
    loaded.set(key, method);
  }
  return method;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  assert.is(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

const winner = (probabilities: Float32Array) => probabilities.indexOf(Math.max(...probabilities));

for (const place of PLACES) {
  for (const { name, target } of OWN) {
    test(`${name} on the ${place}: masks and probabilities, the same in every runtime`, async () => {
      const masks: Float32Array[] = [];
      for (const runtime of runtimes) {
        const method = await load(runtime, place, name);
        const result = await method.run(captum["magnitudes"].data, 2);
        assert.ok(largestDifference(result.probabilities, captum["probabilities"].data) < 1e-5);
        const [time, frequency] = method.maskShape;
        assert.is(result.masks.length, 2 * time * frequency);
        assert.ok(result.masks.every((value) => value >= 0 && value <= 1));
        if (name !== "all-ones") {
          for (const row of [0, 1]) {
            const window = result.masks.subarray(row * time * frequency, (row + 1) * time * frequency);
            assert.is(Math.max(...window), 1);
            assert.is(Math.min(...window), 0);
          }
        }
        masks.push(result.masks);
      }
      for (const mask of masks) assert.ok(largestDifference(mask, masks[0]) < 1e-3);
    });

    test(`${name} on the ${place}: a batch of two is two batches of one`, async () => {
      const method = await load(runtimes[0], place, name);
      const together = await method.run(captum["magnitudes"].data, 2);
      const size = method.maskShape[0] * method.maskShape[1];
      for (const row of [0, 1]) {
        const window = captum["magnitudes"].data.subarray(row * SIZE, (row + 1) * SIZE);
        const alone = await method.run(window, 1);
        assert.ok(
          largestDifference(alone.masks, together.masks.subarray(row * size, (row + 1) * size)) < 1e-4,
        );
      }
    });

    test(`${name} on the ${place}: silence and a constant give numbers`, async () => {
      const method = await load(runtimes[0], place, name);
      for (const value of [0, 1e-6, 3, 1e4]) {
        const { masks } = await method.run(new Float32Array(SIZE).fill(value), 1);
        assert.ok(masks.every(Number.isFinite));
      }
    });

    if (!target) continue;
    test(`${name} on the ${place}: another class has another mask, -1 is the winner`, async () => {
      const method = await load(runtimes[0], place, name);
      const window = captum["magnitudes"].data.subarray(0, SIZE);
      const free = await method.run(window, 1);
      const best = winner(free.probabilities);
      const asked = await method.run(window, 1, best);
      assert.ok(largestDifference(free.masks, asked.masks) < 1e-6);
      const other = await method.run(window, 1, (best + 1) % classes);
      assert.ok(largestDifference(free.masks, other.masks) > 0.05);
      assert.equal(other.probabilities, free.probabilities);
    });
  }
}

completenessTest("features", 1);

test("the judge hears everything through ones and silence through zeros", async () => {
  const ones = await load(runtimes[0], "spectrogram", "all-ones");
  const silence = (await ones.run(new Float32Array(SIZE), 1)).probabilities;
  for (const runtime of runtimes) {
    const judge = await loadFeatureJudge(runtime, graphs.files.get("feature-judge.onnx")!, pack);
    const size = judge.maskShape[0] * judge.maskShape[1];
    const masks = new Float32Array(2 * size).fill(1, 0, size);
    const probabilities = await judge.run(captum["magnitudes"].data, masks, 2);
    assert.ok(
      largestDifference(probabilities.slice(0, classes), captum["probabilities"].data.slice(0, classes)) <
        1e-5,
    );
    assert.ok(largestDifference(probabilities.slice(classes), silence) < 1e-5);
    const refused = await judge.run(captum["magnitudes"].data, masks.subarray(1), 2).catch((error) => error);
    assert.instance(refused, MethodInputError);
    await judge.close();
  }
});

test("the noise is part of the graph: the same for the same seed, another for another", () => {
  for (const name of ["smoothgrad", "shap"]) {
    const build = (seed: number) =>
      explanationGraph(tinyClassifier, findMethod(name), { settings: { seed, samples: 2 } }).bytes;
    assert.equal(build(1), build(1));
    assert.not.equal(build(1), build(2));
  }
});

test("more samples and steps make a graph of more nodes, not of more weights", () => {
  for (const [name, parameter] of [
    ["smoothgrad", "samples"],
    ["shap", "samples"],
    ["ig", "steps"],
  ]) {
    const size = (count: number) =>
      explanationGraph(tinyClassifier, findMethod(name), { settings: { [parameter]: count } }).bytes.length;
    assert.ok((size(34) - size(2)) / 32 < 8000, `${name}: ${(size(34) - size(2)) / 32} bytes more a sample`);
  }
});

/** A classifier that takes the root of each magnitude: its gradient at silence is infinite, and 0 · ∞ is no number. */
const rooted: ExplainedClassifier = {
  ...tinyClassifier,
  features: (g, magnitudes) => tinyClassifier.features(g, g.sqrt(g.sqrt(magnitudes))),
};

test("gradients that are no numbers do not reach the mask", async () => {
  const window = captum["magnitudes"].data.slice(0, SIZE);
  window.fill(0, 20, 60);
  for (const { method, settings } of chosen) {
    const { bytes } = explanationGraph(rooted, method, { settings });
    const { mask } = await runGraph(bytes, window, [1, frames, bins], method.target ? [-1] : undefined);
    assert.ok(
      mask.every((value) => value >= 0 && value <= 1),
      method.name,
    );
  }
});

test("a classifier that hears the waveform: every method takes its phases, none masks its input", async () => {
  const random = new Random(3);
  const kernel = Float32Array.from({ length: 4 * bins * 3 }, () => random.normal() / 8);
  const head = Float32Array.from({ length: 4 * classes }, () => random.normal());
  const heard: ExplainedClassifier = {
    ...{ frames, bins, classes, sampleRate: 16_000, stft: tinyClassifier.stft, needsPhases: true },
    features: (g, magnitudes, phases) => g.mul(magnitudes, g.op("Cos", [phases!])),
    classify(g, features) {
      const weight = g.constant(kernel, "float32", [4, bins, 3]);
      const steps = g.op("Conv", [g.transpose(features, [0, 2, 1]), weight], { pads: [1, 1], strides: [2] });
      const latent = g.relu(steps);
      const logits = g.matmul(g.reduceMean(latent, [2]), g.constant(head, "float32", [4, classes]));
      return { logits, latents: [latent] };
    },
  };
  const { InferenceSession, Tensor } = runtimes[0].ort;
  for (const { method, settings } of chosen) {
    const session = await InferenceSession.create(explanationGraph(heard, method, { settings }).bytes);
    assert.ok(session.inputNames.includes("phases"));
    const shape = [1, frames, bins];
    const { mask } = await session.run({
      magnitudes: new Tensor("float32", captum["magnitudes"].data.slice(0, SIZE), shape),
      phases: new Tensor(
        "float32",
        Float32Array.from({ length: SIZE }, () => random.uniform(-3, 3)),
        shape,
      ),
      ...(method.target && { target: new Tensor("int64", BigInt64Array.of(-1n), [1]) }),
    });
    assert.equal(mask.dims, shape);
    assert.ok((mask.data as Float32Array).every((value) => value >= 0 && value <= 1));
    await session.release();
  }
  assert.throws(() => packGraphs(heard, chosen, { features: true }), /no picture of time and frequency/);
});

test("settings: defaults, and what is refused", () => {
  for (const method of METHODS) {
    const settings = methodSettings(method);
    assert.equal(
      Object.values(settings),
      method.parameters.map((each) => each.default),
    );
    const { forward, backward } = method.passes(settings);
    assert.ok(forward >= 1 && backward >= 0);
  }
  assert.throws(() => findMethod("lime"), /there is no method "lime"; there are: lmac,.* saliency,/);
  assert.throws(() => methodSettings(findMethod("ig"), { samples: 3 }), /ig has no parameter "samples"/);
  assert.throws(() => methodSettings(findMethod("ig"), { steps: 2.5 }), /whole number from 1 to 128/);
  assert.throws(
    () => explanationGraph(tinyClassifier, findMethod("gradcam"), { settings: { layer: 5 } }),
    /no latent 5: the classifier has 2/,
  );
  const besides: ExplainedClassifier = {
    ...tinyClassifier,
    classify(g, features) {
      const { logits, latents } = tinyClassifier.classify(g, features);
      return { logits, latents: latents.map((latent) => g.exp(latent)) };
    },
  };
  assert.throws(
    () => explanationGraph(besides, findMethod("gradcam")),
    /logits do not depend on its latent -1/,
  );
  assert.throws(() => explanationGraph(tinyClassifier, findMethod("lmac")), /needs weights of its own/);
});

test("docs/methods.md names every method, and every parameter with its default", () => {
  // Tables are padded to look even.
  const guide = readFileSync(new URL("../../../docs/methods.md", import.meta.url), "utf8").replace(
    / +/g,
    " ",
  );
  for (const { name, parameters } of METHODS) {
    assert.ok(guide.includes(`\`${name}\``), name);
    for (const parameter of parameters) {
      const row = `| \`--${name}-${parameter.name}\` | ${parameter.default} |`;
      assert.ok(guide.includes(row), row);
    }
  }
});

test.run();

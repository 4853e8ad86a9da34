/** The shapes in which other people's classifiers take a sound and give an answer. */
import { mkdir, mkdtemp, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { POOLS } from "../../../lab/import/answer.ts";
import {
  type ImportedClassifier,
  type ImportOptions,
  importClassifier,
} from "../../../lab/import/import-classifier.ts";
import { probabilitiesOf } from "../../../lab/networks/answers.ts";
import { packClassifier } from "../../../lab/packing/pack-classifier.ts";
import {
  type Dimension,
  encodeModel,
  GraphBuilder,
  gradients,
  type Tensor,
} from "../../../models/graph/index.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { packFeatureJudge } from "../../../models/pack/pack.ts";
import { loadFeatureJudge } from "../../../models/runtime/load-feature-judge.ts";
import { loadMethod } from "../../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { compile, compileGraph } from "../../models/graph/run.ts";
import { relativeError } from "./fixtures.ts";

const test = suite("forms of classifiers");

const [FRAMES, BANDS, CLASSES] = [10, 8, 3];
const SAMPLES = 600;
const PICTURE = `input=mel,sampleRate=8000,nFft=256,hop=128,nMels=${BANDS},log=ln,mean=-6,std=4`;
const WAVEFORM = "input=waveform,sampleRate=8000";

/** Logits of a tensor, whatever its shape: every element has a weight of its own. */
function linear(g: GraphBuilder, x: Tensor, shape: readonly number[], classes = CLASSES): Tensor {
  const inner = shape.slice(1).reduce((a, b) => a * b, 1);
  const weights = Float32Array.from(
    { length: inner * classes },
    (_, i) => Math.sin(1 + 3 * i) / Math.sqrt(inner),
  );
  return g.matmul(g.reshape(x, [-1, inner]), g.constant(weights, "float32", [inner, classes]));
}

function file(shape: readonly Dimension[], build: (g: GraphBuilder, x: Tensor) => Tensor): Uint8Array {
  const g = new GraphBuilder();
  g.output("y", build(g, g.input("x", "float32", shape)));
  return encodeModel(g);
}

async function imported(
  bytes: Uint8Array,
  options: Partial<ImportOptions> = {},
): Promise<ImportedClassifier & { readonly notes: string }> {
  const path = join(await mkdtemp(join(tmpdir(), "forms-")), "my.onnx");
  await writeFile(path, bytes);
  const notes: string[] = [];
  const found = await importClassifier({ file: path, front: PICTURE, ...options }, (note) =>
    notes.push(note),
  );
  return { ...found, notes: notes.join("\n") };
}

async function refusal(what: Promise<unknown>): Promise<string> {
  return what.then(
    () => "nothing was refused",
    (error: Error) => error.message,
  );
}

/** Probabilities of a picture [B, 1, T, F] or waveform [B, 1, S], and the gradient of the first class's log-odds by it. */
async function answersOf({ classifier }: ImportedClassifier, x: Float32Array, count: number) {
  const g = new GraphBuilder();
  const input = g.input("x", "float32", [count, 1, ...classifier.inputSize]);
  const { logits } = classifier.classify(g, input);
  g.output("p", probabilitiesOf(g, classifier, logits));
  g.output("slope", gradients(g, g.slice(logits, 1, 0, 1), [input])[0]!);
  return (await compileGraph(g))({ x });
}

/** As the file itself answers one input after the other, in its own shape. */
async function ofFile(bytes: Uint8Array, inputs: readonly Float32Array[], shape: readonly number[]) {
  const run = await compile(bytes, { x: shape });
  const rows: number[] = [];
  for (const x of inputs) rows.push(...(await run({ x }))["y"]!);
  return rows;
}

const values = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.cos(0.7 * i + seed));

/** Two pictures [T, F] with time first, and the same with frequency first. */
const PICTURES = [values(FRAMES * BANDS, 0), values(FRAMES * BANDS, 1)];
const turned = (x: Float32Array) => x.map((_, i) => x[(i % FRAMES) * BANDS + Math.floor(i / FRAMES)]!);
const joined = (parts: readonly Float32Array[]) =>
  Float32Array.from(parts.flatMap((part) => Array.from(part)));
/** Three channels of one picture, behind or before its axes. */
const channelsLast = (x: Float32Array) =>
  Float32Array.from({ length: 3 * x.length }, (_, i) => x[Math.floor(i / 3)]!);
const channelsFirst = (x: Float32Array) => joined([x, x, x]);

for (const [layout, shape, inLayout] of [
  ["BTF1", ["B", FRAMES, BANDS, 1], (x: Float32Array) => x],
  ["BFT1", ["B", BANDS, FRAMES, 1], turned],
  ["B3TF", ["B", 3, FRAMES, BANDS], channelsFirst],
  ["B3FT", ["B", 3, BANDS, FRAMES], (x: Float32Array) => channelsFirst(turned(x))],
  ["BTF3", ["B", FRAMES, BANDS, 3], channelsLast],
  ["BFT3", ["B", BANDS, FRAMES, 3], (x: Float32Array) => channelsLast(turned(x))],
] as const) {
  test(`layout ${layout} is guessed, and answers as the file does`, async () => {
    const sizes = shape.map(Number);
    const bytes = file(shape, (g, x) => g.op("Softmax", [linear(g, x, sizes)], { axis: 1 }));
    const found = await imported(bytes);
    assert.is(found.classifier.layout, layout);
    assert.is(found.notes.includes("three channels"), layout.includes("3"));
    const { p } = await answersOf(found, joined(PICTURES), 2);
    const wanted = await ofFile(bytes, PICTURES.map(inLayout), [1, ...sizes.slice(1)]);
    assert.ok(relativeError(p!, wanted) < 1e-5, `${relativeError(p!, wanted)}`);
  });
}

for (const [layout, shape, inLayout] of [
  ["TF", [FRAMES, BANDS], (x: Float32Array) => x],
  ["FT", [BANDS, FRAMES], turned],
  ["TF1", [FRAMES, BANDS, 1], (x: Float32Array) => x],
] as const) {
  test(`layout ${layout}, without a batch: windows are heard one by one`, async () => {
    const bytes = file(shape, (g, x) => {
      const logits = linear(g, x, [1, ...shape]);
      return g.op("Softmax", [g.reshape(logits, [CLASSES])], { axis: 0 });
    });
    const found = await imported(bytes);
    assert.equal([found.classifier.layout, found.classifier.oneByOne], [layout, true]);
    assert.match(found.notes, /without a batch, so windows are heard one by one/);
    const { p, slope } = await answersOf(found, joined(PICTURES), 2);
    const wanted = await ofFile(bytes, PICTURES.map(inLayout), shape);
    assert.ok(relativeError(p!, wanted) < 1e-5, `${relativeError(p!, wanted)}`);
    assert.ok(slope!.every((value) => value !== 0));
  });
}

/** A token is put before the frames of one picture: it has a batch of its own. */
const withToken = (g: GraphBuilder, x: Tensor) => {
  const token = g.constant(values(BANDS, 5), "float32", [1, 1, BANDS]);
  const rows = g.concat([token, g.reshape(x, [1, FRAMES, BANDS])], 1);
  return g.op("Softmax", [linear(g, rows, [1, FRAMES + 1, BANDS])], { axis: 1 });
};

/** Batch and frames as one axis, which only a batch of one can come back from. */
const merged = (g: GraphBuilder, x: Tensor) => {
  const rows = g.reshape(x, [FRAMES, BANDS]);
  const mixed = g.matmul(g.op("Softmax", [g.matmul(rows, g.transpose(rows, [1, 0]))], { axis: 1 }), rows);
  return g.op("Softmax", [linear(g, g.reshape(mixed, [1, FRAMES * BANDS]), [1, FRAMES * BANDS])], {
    axis: 1,
  });
};

for (const [name, build] of Object.entries({
  "a token before it": withToken,
  "frames in its batch": merged,
})) {
  test(`a batch of one that cannot be freed for ${name}: windows are heard one by one`, async () => {
    const bytes = file([1, 1, FRAMES, BANDS], build);
    const found = await imported(bytes);
    assert.is(found.classifier.oneByOne, true);
    assert.match(found.notes, /cannot be undone, so windows are heard one by one/);
    const { p, slope } = await answersOf(found, joined(PICTURES), 2);
    const wanted = await ofFile(bytes, PICTURES, [1, 1, FRAMES, BANDS]);
    assert.ok(relativeError(p!, wanted) < 1e-5, `${relativeError(p!, wanted)}`);
    assert.ok(slope!.some((value) => value !== 0));
  });
}

test("a pack of one that hears windows one by one explains as many as it is asked for", async () => {
  const folder = await mkdtemp(join(tmpdir(), "forms-"));
  const path = join(folder, "my.onnx");
  await writeFile(path, file([1, 1, FRAMES, BANDS], merged));
  const out = join(folder, "pack");
  const labels = ["a", "b", "c"];
  const packed = await packClassifier({
    file: path,
    front: PICTURE,
    labels,
    methods: ["saliency"],
    features: true,
    out,
  });
  assert.ok("pack" in packed);
  const opened = await openPackFolder(out);
  const runtime = await nodeRuntime();
  const method = await loadMethod(runtime, await opened.graph("saliency"), opened.pack, "saliency");
  const judge = await loadFeatureJudge(
    runtime,
    await opened.read(packFeatureJudge(opened.pack)),
    opened.pack,
  );
  try {
    const [frames, bins] = method.maskShape;
    const magnitudes = values(3 * frames * bins, 2).map(Math.abs);
    const all = await method.run(magnitudes, 3, [0, 1, 2]);
    const masks = new Float32Array(3 * judge.maskShape[0] * judge.maskShape[1]).fill(1);
    const judged = await judge.run(magnitudes, masks, 3);
    assert.ok(relativeError(judged, all.probabilities) < 1e-5);
    for (const k of [0, 1, 2]) {
      const one = magnitudes.subarray(k * frames * bins, (k + 1) * frames * bins);
      const alone = await method.run(one, 1, k);
      assert.equal(all.probabilities.subarray(3 * k, 3 * k + 3), alone.probabilities);
      assert.equal(all.masks.subarray(k * frames * bins, (k + 1) * frames * bins), alone.masks);
    }
  } finally {
    await method.close();
    await judge.close();
  }
});

test("a waveform without a batch", async () => {
  const bytes = file([SAMPLES], (g, x) => g.op("Softmax", [linear(g, x, [1, SAMPLES])], { axis: 1 }));
  const found = await imported(bytes, { front: WAVEFORM });
  assert.is(found.classifier.layout, "S");
  const sounds = [values(SAMPLES, 0), values(SAMPLES, 1)];
  const { p } = await answersOf(found, joined(sounds), 2);
  assert.ok(relativeError(p!, await ofFile(bytes, sounds, [SAMPLES])) < 1e-5);
});

test("a waveform with its channel behind", async () => {
  const bytes = file(["B", SAMPLES, 1], (g, x) =>
    g.op("Softmax", [linear(g, x, [1, SAMPLES, 1])], { axis: 1 }),
  );
  const found = await imported(bytes, { front: WAVEFORM });
  assert.is(found.classifier.layout, "BS1");
  const sounds = [values(SAMPLES, 0), values(SAMPLES, 1)];
  const { p } = await answersOf(found, joined(sounds), 2);
  assert.ok(relativeError(p!, await ofFile(bytes, sounds, [1, SAMPLES, 1])) < 1e-5);
});

test("other numbers of channels, and shapes that fit nothing, are refused", async () => {
  const two = file(["B", 2, FRAMES, BANDS], (g, x) => linear(g, x, [1, 2, FRAMES, BANDS]));
  assert.match(await refusal(imported(two)), /\[B, 2, 10, 8\] has 2 channels/);
  const square = file(["B", BANDS, BANDS, 1], (g, x) => linear(g, x, [1, BANDS, BANDS, 1]));
  assert.match(await refusal(imported(square)), /"layout": "BTF1" or "BFT1"/);
});

/** Scores frame by frame. */
const framewise = (g: GraphBuilder, x: Tensor, classes: number) => {
  const weights = Float32Array.from({ length: BANDS * classes }, (_, i) => Math.sin(1 + 3 * i));
  return g.matmul(g.reshape(x, [-1, FRAMES, BANDS]), g.constant(weights, "float32", [BANDS, classes]));
};

const POOLED = {
  mean: (frames: number[]) => frames.reduce((a, b) => a + b, 0) / frames.length,
  max: (frames: number[]) => Math.max(...frames),
  last: (frames: number[]) => frames.at(-1)!,
};

for (const pool of POOLS) {
  test(`values frame by frame, with their ${pool}`, async () => {
    const bytes = file(["B", 1, FRAMES, BANDS], (g, x) => g.sigmoid(framewise(g, x, CLASSES)));
    const labels = ["a", "b", "c"];
    assert.match(await refusal(imported(bytes, { labels })), /\[B, 10, 3\].*--pool mean, max or last/);
    const found = await imported(bytes, { labels, pool });
    assert.is(found.classifier.answers, "independent");
    const { p } = await answersOf(found, joined(PICTURES), 2);
    const all = await ofFile(bytes, PICTURES, [1, 1, FRAMES, BANDS]);
    const wanted = [0, 1].flatMap((k) =>
      [0, 1, 2].map((c) =>
        POOLED[pool](Array.from({ length: FRAMES }, (_, t) => all[(k * FRAMES + t) * CLASSES + c]!)),
      ),
    );
    assert.ok(relativeError(p!, wanted) < 1e-5, `${relativeError(p!, wanted)}`);
  });
}

test("yes or no frame by frame, and classes before frames", async () => {
  const voice = file(["B", 1, FRAMES, BANDS], (g, x) => g.sigmoid(framewise(g, x, 1)));
  const found = await imported(voice, { labels: ["voice"], pool: "max" });
  assert.equal(found.labels, ["voice", "not voice"]);
  const flat = file(["B", 1, FRAMES, BANDS], (g, x) =>
    g.reshape(g.sigmoid(framewise(g, x, 1)), [-1, FRAMES]),
  );
  const { p } = await answersOf(
    await imported(flat, { labels: ["voice"], pool: "max" }),
    joined(PICTURES),
    2,
  );
  const all = await ofFile(voice, PICTURES, [1, 1, FRAMES, BANDS]);
  const yes = [0, 1].map((k) => Math.max(...all.slice(k * FRAMES, (k + 1) * FRAMES)));
  assert.ok(
    relativeError(
      p!,
      yes.flatMap((value) => [value, 1 - value]),
    ) < 1e-5,
  );
  const before = file(["B", 1, FRAMES, BANDS], (g, x) =>
    g.transpose(g.sigmoid(framewise(g, x, CLASSES)), [0, 2, 1]),
  );
  assert.is((await imported(before, { labels: ["a", "b", "c"], pool: "mean" })).classes, CLASSES);
});

for (const [name, end] of Object.entries({
  "a sigmoid": (g: GraphBuilder, z: Tensor) => g.sigmoid(z),
  logits: (_: GraphBuilder, z: Tensor) => z,
})) {
  test(`one value with ${name}: yes or no, the classes of a pair that exclude each other`, async () => {
    const shape = [1, 1, FRAMES, BANDS];
    const bytes = file(["B", 1, FRAMES, BANDS], (g, x) => end(g, linear(g, x, shape, 1)));
    const found = await imported(bytes, { labels: ["cough"] });
    assert.equal(found.labels, ["cough", "not cough"]);
    assert.equal([found.classes, found.classifier.answers], [2, "exclusive"]);
    assert.match(found.notes, /"cough" from a half on, "not cough" below/);
    const { p } = await answersOf(found, joined(PICTURES), 2);
    const yes = (await ofFile(bytes, PICTURES, shape)).map((value) =>
      name === "logits" ? 1 / (1 + Math.exp(-value)) : value,
    );
    assert.ok(
      relativeError(
        p!,
        yes.flatMap((value) => [value, 1 - value]),
      ) < 1e-5,
    );
    assert.equal((await imported(bytes, { labels: ["cough", "quiet"] })).labels, ["cough", "quiet"]);
    assert.match(
      await refusal(imported(bytes, { labels: ["a", "b", "c"] })),
      /one value, yes or no.*3 labels; give one/,
    );
  });
}

test("a transformers model's folder tells its file, labels, front and form", async () => {
  const folder = await mkdtemp(join(tmpdir(), "forms-"));
  const bytes = file(["B", SAMPLES], (g, x) => linear(g, x, [1, SAMPLES]));
  await mkdir(join(folder, "onnx"));
  await writeFile(join(folder, "onnx", "model.onnx"), bytes);
  await writeFile(join(folder, "onnx", "model_quantized.onnx"), bytes);
  const config = {
    id2label: { 0: "yes", 1: "no", 2: "perhaps" },
    problem_type: "multi_label_classification",
  };
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const preprocessor = { feature_extractor_type: "Wav2Vec2FeatureExtractor", sampling_rate: 16_000 };
  await writeFile(join(folder, "preprocessor_config.json"), JSON.stringify(preprocessor));
  const notes: string[] = [];
  const found = await importClassifier({ file: folder }, (note) => notes.push(note));
  assert.equal(found.labels, ["yes", "no", "perhaps"]);
  assert.equal(
    [found.front.input, found.front.sampleRate, found.front.normalise],
    ["waveform", 16_000, "window"],
  );
  assert.is(found.classifier.answers, "independent");
  assert.match(
    notes.join(),
    /its classifier is onnx.model\.onnx, whose config\.json says that its classes are independent/,
  );
  const said = await importClassifier({ file: folder, answers: "exclusive", labels: ["a", "b", "c"] });
  assert.equal([said.classifier.answers, said.labels], ["exclusive", ["a", "b", "c"]]);
  await rename(join(folder, "onnx", "model.onnx"), join(folder, "onnx", "model_fp16.onnx"));
  assert.match(
    await refusal(importClassifier({ file: folder })),
    /several classifiers and no model\.onnx.*model_fp16/,
  );
});

test.run();

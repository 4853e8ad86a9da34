/** `.tflite` files answer here as TensorFlow's own interpreter says, and have its gradients. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { foreignClassifier } from "../../../lab/import/foreign-classifier.ts";
import { parseFrontWords } from "../../../lab/import/front.ts";
import { inline } from "../../../lab/import/inline.ts";
import { readClassifier } from "../../../lab/import/read-classifier.ts";
import { readTflite } from "../../../lab/import/tflite/read-tflite.ts";
import { GraphBuilder, gradients } from "../../../models/graph/index.ts";
import { compileGraph } from "../../models/graph/run.ts";
import { signals } from "../training/teacher-signals.ts";
import { FOLDER, relativeError } from "./fixtures.ts";

const test = suite("reading .tflite files");

interface Packed {
  readonly shape: number[];
  readonly data: string;
}
const floats = ({ data }: Packed) => new Float32Array(Uint8Array.from(Buffer.from(data, "base64")).buffer);
const load = async (name: string) => readFile(join(FOLDER, "tflite", name));
const json = async (name: string) => JSON.parse((await load(name)).toString());

/** Its answers to inputs one after the other, and gradients of `pick`'s sum by them, computed all at once. */
async function asked(
  bytes: Uint8Array,
  inputs: Float32Array,
  count: number,
  weights: (size: number) => Float32Array,
) {
  const { graph } = readTflite(bytes, (outputs) => outputs[0].name);
  const g = new GraphBuilder();
  const shape = graph.inputs[0].shape.slice(1) as number[];
  const x = g.input("x", "float32", [count, ...shape]);
  const [answer] = [...graph.outputs.values()];
  const y = inline(g, graph, x)(answer);
  const size = (y.shape as number[]).reduce((a, b) => a * b, 1) / count;
  const seed = g.constant(weights(size), "float32", [1, ...(y.shape.slice(1) as number[])]);
  const [slope] = gradients(g, g.mul(y, seed), [x]);
  g.output("y", y);
  g.output("slope", slope);
  return (await compileGraph(g))({ x: inputs });
}

const oneHot = (at: number) => (size: number) =>
  Float32Array.from({ length: size }, (_, i) => Number(i === at));

for (const part of ["functions", "axes"]) {
  const cases = (await json(`operators-${part}.json`)) as Record<
    string,
    { file: string; input: Packed; output: Packed; gradient: Packed }
  >;
  for (const [name, { file, input, output, gradient }] of Object.entries(cases)) {
    test(`${name}, one window and three at once`, async () => {
      const one = floats(input);
      // The same three times: what mixes windows of a batch would show.
      const three = Float32Array.from({ length: 3 * one.length }, (_, i) =>
        i >= one.length && i < 2 * one.length ? one[i - one.length] : Math.sin(i),
      );
      const weights = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.cos(i));
      const bytes = Uint8Array.from(Buffer.from(file, "base64"));
      const alone = await asked(bytes, one, 1, weights);
      const among = await asked(bytes, three, 3, weights);
      const wanted = floats(output);
      const slope = floats(gradient);
      for (const { y, slope: found } of [
        alone,
        {
          y: among["y"].subarray(wanted.length, 2 * wanted.length),
          slope: among["slope"].subarray(one.length, 2 * one.length),
        },
      ]) {
        assert.ok(relativeError(y, wanted) < 2e-5, `answers ${relativeError(y, wanted)}`);
        assert.ok(relativeError(found, slope) < 2e-4, `gradient ${relativeError(found, slope)}`);
      }
    });
  }
}

test("a network of floats, its batch free or fixed to one, answers as TensorFlow and has its gradients", async () => {
  const found = await json("classifiers.json");
  for (const name of ["float", "fixed"]) {
    const { y, slope } = await asked(await load(`${name}.tflite`), floats(found.inputs), 3, oneHot(1));
    assert.ok(relativeError(y, floats(found[name])) < 1e-5, name);
    assert.ok(relativeError(slope, floats(found.gradient)) < 1e-4, name);
  }
});

test("samples without a batch, with a transform inside, get one", async () => {
  const found = await json("classifiers.json");
  const { y, slope } = await asked(await load("wave.tflite"), floats(found.sounds), 2, oneHot(2));
  assert.ok(relativeError(y, floats(found.wave)) < 1e-5);
  assert.ok(relativeError(slope, floats(found["wave gradient"])) < 1e-4);
  const silent = await asked(await load("wave.tflite"), new Float32Array(1600), 1, oneHot(2));
  assert.ok(silent["slope"].every(Number.isFinite), "silence has a gradient");
});

test("weights in half precision or 8 bits answer as the file does", async () => {
  const found = await json("classifiers.json");
  const half = await asked(await load("half.tflite"), floats(found.inputs), 3, oneHot(1));
  assert.ok(relativeError(half["y"], floats(found.half)) < 1e-5);
  // TensorFlow rounds the activations before these weights to 8 bits, each time anew; here they stay floats.
  const dynamic = await asked(await load("dynamic.tflite"), floats(found.inputs), 3, oneHot(1));
  const error = relativeError(dynamic["y"], floats(found.dynamic));
  assert.ok(error < 0.02, `${error}`);
  assert.ok(relativeError(dynamic["slope"], floats(found.gradient)) < 0.1);
});

test("8 bits keep the file's roundings, whatever its ends are, and gradients pass them", async () => {
  const found = await json("classifiers.json");
  for (const name of ["int8", "floats", "uint8"]) {
    const { y, slope } = await asked(await load(`${name}.tflite`), floats(found.inputs), 3, oneHot(1));
    const error = y.reduce((most, value, i) => Math.max(most, Math.abs(value - floats(found[name])[i])), 0);
    assert.ok(error < 1e-6, `${name}: ${error}`);
    // What 8 bits do to the weights is in the gradient too: 12 to 15 % of its largest.
    const slant = relativeError(slope, floats(found.gradient));
    assert.ok(slant < 0.2, `${name}: ${slant}`);
  }
});

test("softmax and sigmoid are found behind the roundings", async () => {
  const found = await json("classifiers.json");
  const read = readClassifier(await load("int8.tflite"), { source: "int8.tflite" });
  assert.is(read.classes, 5);
  assert.is(read.toldBy, "softmax");
  assert.is(readClassifier(await load("wave.tflite"), { source: "wave.tflite" }).toldBy, "sigmoid");
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [3, 24, 16, 1]);
  g.output("y", g.op("Softmax", [inline(g, read.graph, x)(read.logits)], { axis: 1 }));
  const { y } = await (await compileGraph(g))({ x: floats(found.inputs) });
  assert.ok(y.every((value, i) => Math.abs(value - floats(found.int8)[i]) < 1 / 128));
});

test("what decoders read of 8 bits are shares of their range, on the way to the answer", async () => {
  const found = await json("classifiers.json");
  const words = "input=mel,sampleRate=16000,nFft=512,hop=128,nMels=16,log=ln";
  const read = readClassifier(await load("int8.tflite"), { source: "int8.tflite" });
  const explained = foreignClassifier(read, { front: parseFrontWords(words) });
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [3, 1, 24, 16]);
  const { logits, latents } = explained.classify(g, x);
  assert.ok(latents.length > 0);
  g.output("logits", logits);
  for (const [i, latent] of latents.entries()) g.output(`latent${i}`, latent);
  for (const [i, slope] of gradients(g, logits, latents).entries()) g.output(`slope${i}`, slope);
  const results = await (await compileGraph(g))({ x: floats(found.inputs) });
  const plain = new GraphBuilder();
  const same = plain.input("x", "float32", [3, 24, 16, 1]);
  plain.output("logits", inline(plain, read.graph, same)(read.logits));
  const { logits: wanted } = await (await compileGraph(plain))({ x: floats(found.inputs) });
  assert.ok(relativeError(results["logits"], wanted) < 1e-5);
  for (const i of latents.keys()) {
    assert.ok(results[`latent${i}`].every((value) => Math.abs(value) <= 1));
    assert.ok(results[`slope${i}`].some((value) => value !== 0));
  }
});

const file = process.env["LISTENABLE_YAMNET"];
if (!file) console.log("no yamnet.tflite here (LISTENABLE_YAMNET names it): what it answers is not tested");

(file ? test : test.skip)(
  "the published YAMNet answers as the interpreter does, from samples on",
  async () => {
    const published = JSON.parse(await readFile("test/fixtures/training/yamnet.json", "utf8"));
    const names = Object.keys(signals);
    const samples = Float32Array.from(names.flatMap((name) => [...signals[name]]));
    const { y, slope } = await asked(await readFile(file!), samples, names.length, oneHot(0));
    const differences = names.flatMap((name, row) =>
      (published[name].scores as number[]).map((score, at) => Math.abs(y[row * 521 + at] - score / 256)),
    );
    assert.is(differences.length, y.length);
    // To the last bit, but where a value of its spectrogram lies half way between two steps: then a few logits are a step apart,
    // which is 0.087 of a score at most. Of 50 clips of ESC-50 that happens in two.
    const apart = differences.filter((each) => each > 1e-3);
    assert.ok(apart.length <= 0.02 * y.length, `${apart.length} of ${y.length}`);
    assert.ok(Math.max(...differences) < 0.09);
    assert.ok(slope.every(Number.isFinite) && slope.some((value) => value !== 0));
  },
);

test.run();

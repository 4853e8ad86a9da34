/** Three classifiers of other people's making answer here as they do in PyTorch, and so do their gradients. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WindowCutter } from "../../../lab/data/window-cutter.ts";
import { foreignClassifier } from "../../../lab/import/foreign-classifier.ts";
import { parseFrontWords } from "../../../lab/import/front.ts";
import { readClassifier } from "../../../lab/import/read-classifier.ts";
import { decodeModel, dependsOn, GraphBuilder, gradients } from "../../../models/graph/index.ts";
import { findPack } from "../../../models/pack/open-pack-node.ts";
import { compile, compileGraph } from "../../models/graph/run.ts";
import { chord, classifier, expected, FUNDAMENTALS, file, front, relativeError } from "./fixtures.ts";

const centred = (row: ArrayLike<number>) => {
  const values = Array.from(row);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
};

for (const name of ["mel44", "wave16"]) {
  test(`${name}: from the STFT of a sound to PyTorch's logits`, async () => {
    const explained = foreignClassifier(await classifier(name), { front: await front(name) });
    assert.is(explained.needsPhases, name === "wave16");
    const g = new GraphBuilder();
    const shape = [FUNDAMENTALS.length, explained.frames, explained.bins];
    const magnitudes = g.input("magnitudes", "float32", shape);
    const phases = explained.needsPhases ? g.input("phases", "float32", shape) : undefined;
    g.output("logits", explained.classify(g, explained.features(g, magnitudes, phases)).logits);
    const cutter = new WindowCutter(explained);
    const { window, hop } = explained.stft;
    const windows = FUNDAMENTALS.map((fundamental) => {
      if (!explained.needsPhases) return cutter.cut(chord(fundamental, cutter.length, explained.sampleRate));
      // The classifier hears the window from the first sample on at which all frames overlap.
      const samples = new Float32Array(cutter.length);
      samples.set(chord(fundamental, cutter.length, explained.sampleRate).subarray(0, 8192), window - hop);
      return cutter.cut(samples);
    });
    const join = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => Array.from(part)));
    const feeds = {
      magnitudes: join(windows.map((each) => each.magnitudes)),
      ...(phases && { phases: join(windows.map((each) => each.phases as Float32Array)) }),
    };
    const { logits } = await (await compileGraph(g))(feeds);
    const wanted = await expected(name);
    // A softmax was cut off together with what is the same for all classes.
    for (let k = 0; k < FUNDAMENTALS.length; k++) {
      const error = relativeError(
        centred(logits.subarray(4 * k, 4 * k + 4)),
        centred(wanted["logits"].data.subarray(4 * k, 4 * k + 4)),
      );
      assert.ok(error < 1e-3, `sound ${k}: relative error ${error}`);
    }
  });

  test(`${name}: gradient of the winning logit by the classifier's own input`, async () => {
    const explained = foreignClassifier(await classifier(name), { front: await front(name) });
    const wanted = await expected(name);
    const input = wanted["picture"] ?? {
      shape: [1, 1, 8192],
      data: normalised(chord(FUNDAMENTALS[0], 8192, 16000)),
    };
    const g = new GraphBuilder();
    // Pictures come with time first; the file has it last.
    const turned = input.shape.length === 4;
    const [, , bands, frames] = input.shape;
    const x = g.input("x", "float32", turned ? [1, 1, frames, bands] : input.shape);
    const winner = g.reduceMax(explained.classify(g, x).logits, [1]);
    g.output("gradient", gradients(g, winner, [x])[0]);
    const turn = (data: Float32Array, rows: number, columns: number) =>
      Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
    const feed = turned ? turn(input.data, bands, frames) : input.data;
    const { gradient } = await (await compileGraph(g))({ x: feed });
    const found = turned ? turn(gradient, frames, bands) : gradient;
    assert.ok(relativeError(found, wanted["gradient"].data) < 1e-3);
  });
}

test("latents of pictures with frequency first: the logits are computed from them", async () => {
  const read = await classifier("mel44");
  const explained = foreignClassifier(read, { front: await front("mel44") });
  const { features, classify, frames, bins } = explained;
  const cutter = new WindowCutter(explained);
  const g = new GraphBuilder();
  const magnitudes = g.input("magnitudes", "float32", [1, frames, bins]);
  const { logits, latents } = classify(g, features(g, magnitudes));
  g.output("logits", logits);
  latents.forEach((latent, layer) => {
    assert.ok(dependsOn(g, logits, latent), `latent ${layer}`);
    const [gradient] = gradients(g, g.slice(logits, 1, 1, 2), [latent]);
    g.output(`size${layer}`, g.reduceMax(g.op("Abs", [gradient])));
  });
  // The last layer is a mean and a product: what the deepest latent adds to a logit is all but the layer's constant.
  const [gradient] = gradients(g, g.slice(logits, 1, 1, 2), [latents[3]]);
  g.output("added", g.reduceSum(g.mul(gradient, latents[3])));
  const run = await compileGraph(g);
  const found = await Promise.all(
    FUNDAMENTALS.map((fundamental) => {
      const { magnitudes } = cutter.cut(chord(fundamental, cutter.length, 44_100));
      return run({ magnitudes });
    }),
  );
  const constantOf = (values: (typeof found)[0]) => values["logits"][1] - values["added"][0];
  for (const values of found) {
    for (const layer of latents.keys()) assert.ok(values[`size${layer}`][0] > 0, `latent ${layer}`);
    assert.ok(Math.abs(constantOf(values) - constantOf(found[0])) < 1e-3);
  }
});

function normalised(samples: Float32Array): Float32Array {
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  const spread = Math.sqrt(samples.reduce((sum, value) => sum + (value - mean) ** 2, 0) / samples.length);
  return samples.map((value) => (value - mean) / (spread + 1e-5));
}

test("the released classifier of windows, read as if it were somebody else's, answers as its pack does", async () => {
  const folder = findPack("esc10-speech");
  const bytes = await readFile(join(folder, "all-ones.onnx"));
  const read = readClassifier(bytes, { source: "all-ones.onnx", output: "probabilities" });
  const front = parseFrontWords("input=spectrogram,sampleRate=16000,nFft=512,hop=128,power=1");
  const explained = foreignClassifier(read, { front });
  assert.equal([explained.layout, explained.frames, explained.needsPhases], ["BTF", 128, false]);
  assert.is(explained.latents.length, 4);
  const { magnitudes } = new WindowCutter(explained).cut(chord(520, 16640, 16000));
  const g = new GraphBuilder();
  const input = g.input("magnitudes", "float32", [1, 128, 257]);
  g.output("p", g.op("Softmax", [explained.classify(g, explained.features(g, input)).logits], { axis: 1 }));
  const { p } = await (await compileGraph(g))({ magnitudes });
  const theirs = await compile(bytes, { magnitudes: [1, 128, 257] });
  assert.ok(relativeError(p, (await theirs({ magnitudes }))["probabilities"]) < 1e-3);
});

test("CNN14 and its decoder of the published layout: answers and gradients are PyTorch's", async () => {
  const wanted = await expected("cnn14");
  const g = decodeModel(await file("cnn14.onnx"), { dimensions: { batch: 1 } });
  const [mel] = g.inputs;
  const logits = g.outputs.get("logits");
  const mask = g.outputs.get("mask");
  assert.ok(logits && mask);
  if (!logits || !mask) return;
  assert.equal(mask.shape, [1, 1, 73, 513]);
  g.output("byLogit", gradients(g, g.slice(logits, 1, 7, 8), [mel])[0]);
  g.output("byMask", gradients(g, g.reduceMean(g.sigmoid(mask)), [mel])[0]);
  const found = await (await compileGraph(g))({ mel: wanted["mel"].data });
  const coarse = found["mask"].filter((_, i) => (i % 513) % 8 === 0 && Math.floor(i / 513) % 8 === 0);
  assert.ok(relativeError(found["logits"], wanted["logits"].data) < 1e-3);
  assert.ok(relativeError(coarse, wanted["mask"].data) < 1e-3);
  assert.ok(relativeError(found["byLogit"], wanted["byLogit"].data) < 1e-3);
  assert.ok(relativeError(found["byMask"], wanted["byMask"].data) < 1e-3);
});

test.run();

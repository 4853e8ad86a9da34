// A graph cut down to the newest frames of its mask says of them what the whole one says.
import { readFile } from "node:fs/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { encodeModel, GraphBuilder } from "../../../models/graph/index.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { newestRows } from "../../../models/tailor/newest-rows.ts";

const runtime = await nodeRuntime();

async function run(graph: Uint8Array, frames: number, bins: number) {
  const session = await runtime.ort.InferenceSession.create(graph, runtime.sessionOptions);
  const random = new Random(5);
  const magnitudes = Float32Array.from({ length: 2 * frames * bins }, () => 3 * random.uniform());
  const feeds: Record<string, InstanceType<typeof runtime.ort.Tensor>> = {
    magnitudes: new runtime.ort.Tensor("float32", magnitudes, [2, frames, bins]),
  };
  if (session.inputNames.includes("target")) {
    feeds["target"] = new runtime.ort.Tensor("int64", BigInt64Array.of(-1n, 1n), [2]);
  }
  const { probabilities, mask } = await session.run(feeds);
  await session.release();
  const rows = mask.dims[1];
  const newest = (batch: number, count: number) =>
    (mask.data as Float32Array).slice(((batch + 1) * rows - count) * bins, (batch + 1) * rows * bins);
  return { probabilities: probabilities.data as Float32Array, rows, newest };
}

async function compare(graph: Uint8Array, total: number, bins: number, counts: readonly number[]) {
  const whole = await run(graph, total, bins);
  for (const count of counts) {
    const cut = await run(newestRows(graph, count)!, total, bins);
    assert.is(cut.rows, count);
    assert.equal(cut.probabilities, whole.probabilities);
    for (const batch of [0, 1]) {
      const expected = whole.newest(batch, count);
      const worst = cut
        .newest(batch, count)
        .reduce((most, value, k) => Math.max(most, Math.abs(value - expected[k])), 0);
      assert.ok(worst < 1e-6, `newest ${count}: off by ${worst}`);
    }
  }
}

for (const name of ["lmac", "lmac-selective"]) {
  test(`the released ${name}: the newest masks are the same`, async () => {
    const graph = await readFile(`models/packs/esc10-speech/${name}.onnx`);
    await compare(graph, 128, 257, [1, 7, 32, 33, 127]);
  });
}

test("a graph that would compute no less is left as it is", async () => {
  assert.is(newestRows(await readFile("models/packs/esc10-speech/all-ones.onnx"), 32), null);
});

test("convolutions, resizing, parts that all rows share, and operators that are not known", async () => {
  const random = new Random(7);
  const values = (count: number) => Float32Array.from({ length: count }, () => random.uniform() - 0.5);
  const g = new GraphBuilder();
  const magnitudes = g.input("magnitudes", "float32", ["B", 12, 5]);
  const target = g.input("target", "int64", ["B"]);
  const image = g.reshape(magnitudes, [-1, 1, 12, 5]);
  const conv = (x: ReturnType<typeof g.relu>, [out, into, height, width]: number[], attributes: object) =>
    g.op(
      "Conv",
      [x, g.constant(values(out * into * height * width), "float32", [out, into, height, width])],
      {
        ...attributes,
      },
    );
  const half = g.relu(conv(image, [3, 1, 3, 3], { strides: [2, 1], pads: [1, 1, 1, 1] }));
  g.output("probabilities", g.op("Softmax", [g.reduceMean(half, [2, 3], false)], { axis: 1 }));
  // Known: a wide kernel, a scale that rows share, enlarging, and a skip.
  const wide = g.relu(conv(half, [2, 3, 5, 1], { pads: [2, 0, 2, 0] }));
  const scaled = g.mul(wide, g.constant(values(2), "float32", [1, 2, 1, 1]));
  const doubled = g.op("Resize", [scaled, undefined, g.constant([1, 1, 2, 1], "float32", [4])], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
  const joined = g.concat([doubled, image], 1);
  // Not known: a mean over the whole time, and dilation.
  const dilated = conv(joined, [1, 3, 3, 1], { pads: [2, 0, 2, 0], dilations: [2, 1] });
  const centred = g.sub(dilated, g.reduceMean(dilated, [2], true));
  const perClass = g.reshape(g.op("Cast", [target], { to: "float32" }), [-1, 1, 1]);
  const mask = g.sigmoid(g.mul(g.reshape(centred, [-1, 12, 5]), g.add(perClass, g.constant(2))));
  g.output("mask", mask);
  await compare(encodeModel(g), 12, 5, [1, 2, 5, 11]);
});

test("what can't be cut is said", async () => {
  const graph = await readFile("models/packs/esc10-speech/lmac.onnx");
  for (const frames of [0, 128]) assert.throws(() => newestRows(graph, frames), /128 frames/);
});

test.run();

// Graphs that share their weights compute what they did before, to the last bit, in every build of onnxruntime.
import { readFile } from "node:fs/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { decodeModel, encodeModel, GraphBuilder } from "../../../models/graph/index.ts";
import { withWeightsInside } from "../../../models/graph/onnx/external-weights.ts";
import { shareWeights } from "../../../models/graph/onnx/share-weights.ts";
import { openSession } from "../../../models/runtime/open-session.ts";
import type { Runtime } from "../../../models/runtime/runtime.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";

const RELEASED = "models/packs/esc10-speech";
const runtimes = await Promise.all((["native", "wasm"] as const).map((build) => nodeRuntime({ build })));

const random = new Random(3);
const values = (count: number) => Float32Array.from({ length: count }, () => random.uniform() - 0.5);
/** Large enough to be worth a file. */
const common = values(32 * 600);

/** x [B, 32] through the common weights [32, 600], then through its own [600, width]. */
function twoLayers(width: number, own = values(600 * width)): Uint8Array<ArrayBuffer> {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", ["B", 32]);
  const hidden = g.sigmoid(g.matmul(x, g.constant(common, "float32", [32, 600])));
  g.output("y", g.matmul(hidden, g.constant(own, "float32", [600, width])));
  return encodeModel(g);
}

const filesOf = (names: readonly string[] = [], files: ReadonlyMap<string, Uint8Array>) =>
  new Map(names.map((name) => [name, files.get(name)!]));

async function answerOf(runtime: Runtime, bytes: Uint8Array, weights: ReadonlyMap<string, Uint8Array>) {
  const session = await openSession(runtime, { bytes, weights });
  const x = Float32Array.from({ length: 64 }, (_, k) => Math.sin(k));
  const { y } = await session.run({ x: new runtime.ort.Tensor("float32", x, [2, 32]) });
  await session.release();
  return y.data as Float32Array;
}

test("what several graphs hold lies in one file, what one holds stays in it, and the numbers are the same", async () => {
  const graphs = new Map([
    ["a.onnx", twoLayers(16)],
    ["b.onnx", twoLayers(24)],
  ]);
  const { files, weights } = shareWeights(graphs);
  assert.equal([...files.keys()], ["a.onnx", "b.onnx", "weights.bin"]);
  assert.is(files.get("weights.bin")!.length, common.byteLength);
  assert.equal([...weights.values()], [["weights.bin"], ["weights.bin"]]);
  for (const [name, bytes] of graphs) {
    assert.ok(files.get(name)!.length < bytes.length - common.byteLength + 200);
    for (const runtime of runtimes) {
      const expected = await answerOf(runtime, bytes, new Map());
      const got = await answerOf(runtime, files.get(name)!, filesOf(weights.get(name), files));
      assert.equal(got, expected, `${name} in ${runtime.name}`);
    }
  }
});

test("graphs that share nothing, or too little for one more file, stay as they are", () => {
  const small = (scale: number) => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["B", 32]);
    g.output("y", g.mul(g.matmul(x, g.constant(common.subarray(0, 4096), "float32", [32, 128])), scale));
    return encodeModel(g);
  };
  for (const graphs of [[twoLayers(16)], [small(2), small(3)]]) {
    const named = new Map(graphs.map((bytes, n) => [`${n}.onnx`, bytes]));
    const { files, weights } = shareWeights(named);
    assert.equal(files, named);
    assert.is(weights.size, 0);
  }
});

test("graphs that are to stay whole do, and the others take weights from the one that has most of theirs", async () => {
  const own = values(600 * 16);
  const graphs = new Map([
    ["other.onnx", twoLayers(8)],
    ["kept.onnx", twoLayers(16, own)],
    ["cut.onnx", twoLayers(16, own)],
  ]);
  const { files, weights } = shareWeights(graphs, { whole: new Set(["other.onnx", "kept.onnx"]) });
  assert.equal([...files.keys()], ["other.onnx", "kept.onnx", "cut.onnx"], "no file of weights is needed");
  assert.is(files.get("kept.onnx"), graphs.get("kept.onnx"));
  assert.equal([...weights], [["cut.onnx", ["kept.onnx"]]]);
  for (const runtime of runtimes) {
    const expected = await answerOf(runtime, graphs.get("cut.onnx")!, new Map());
    const got = await answerOf(runtime, files.get("cut.onnx")!, filesOf(["kept.onnx"], files));
    assert.equal(got, expected, runtime.name);
  }
});

test("sessions that are made at the same time, with and without such weights, all get theirs", async () => {
  const names = ["lmac-selective.onnx", "all-ones.onnx"];
  const graphs = new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(`${RELEASED}/${name}`)]),
    ),
  );
  const { files, weights } = shareWeights(graphs);
  for (const runtime of runtimes) {
    const shared = (name: string) =>
      openSession(runtime, { bytes: files.get(name)!, weights: filesOf(weights.get(name), files) });
    const [first, second] = names;
    const made = await Promise.all([
      shared(first),
      openSession(runtime, graphs.get(second)!),
      shared(second),
      openSession(runtime, graphs.get(first)!),
      shared(first),
    ]);
    for (const session of made) await session.release();
  }
});

test("a graph is read back with its weights, and without them it is refused by the name of their file", () => {
  const graphs = new Map([
    ["a.onnx", twoLayers(16)],
    ["b.onnx", twoLayers(24)],
  ]);
  const { files } = shareWeights(graphs);
  const bytes = files.get("a.onnx")!;
  assert.equal(withWeightsInside(bytes, files), graphs.get("a.onnx"), "to the byte");
  const g = decodeModel(bytes, { external: (file) => files.get(file) });
  assert.equal(encodeModel(g), encodeModel(decodeModel(graphs.get("a.onnx")!)));
  assert.throws(() => decodeModel(bytes), /lies in an external file/);
  assert.throws(() => decodeModel(bytes, { external: () => undefined }), /weights\.bin/);
  const short = files.get("weights.bin")!.subarray(0, 100);
  assert.throws(() => decodeModel(bytes, { external: () => short }), /reach to byte 76800.*which has 100/);
});

test.run();

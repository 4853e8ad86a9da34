import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { PackError } from "../../../models/pack/pack.ts";
import { loadMethod, MethodInputError } from "../../../models/runtime/load-method.ts";
import type { Runtime } from "../../../models/runtime/runtime.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { writeOddPack } from "./odd-pack.ts";

const tiny = await openPackFolder("test/fixtures/tiny-pack");
const graph = await tiny.graph();
const SIZE = 128 * 257;
const work = mkdtempSync(join(tmpdir(), "listenable-odd-"));
const odd = await openPackFolder(writeOddPack(join(work, "odd")));
test.after(() => rmSync(work, { recursive: true }));
const runtimes: Runtime[] = [await nodeRuntime({ build: "wasm" })];
// The native package is optional: without it these tests cover WASM alone.
await nodeRuntime({ build: "native" }).then(
  (native) => runtimes.push(native),
  () => {},
);

async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error");
}

for (const runtime of runtimes) {
  test(`${runtime.name}: a batch is answered window by window`, async () => {
    const method = await loadMethod(runtime, graph, tiny.pack);
    const magnitudes = new Float32Array(3 * SIZE);
    magnitudes[10] = 20; // window 0 low
    magnitudes[SIZE + 200] = 20; // window 1 high; window 2 is silence
    const { probabilities, masks, inferenceMs } = await method.run(magnitudes, 3);
    assert.is(probabilities.length, 9);
    assert.ok(probabilities[0] > 0.9 && probabilities[4] > 0.9 && probabilities[8] > 0.9);
    assert.is(masks.length, 3 * SIZE);
    assert.ok(Math.abs(masks[10] - 0.95) < 1e-6 && Math.abs(masks[SIZE + 10] - 0.05) < 1e-6);
    assert.ok(inferenceMs >= 0);
    await method.close();
  });

  test(`${runtime.name}: results of one call survive the next`, async () => {
    const method = await loadMethod(runtime, graph, tiny.pack);
    const low = new Float32Array(SIZE);
    low[10] = 20;
    const first = await method.run(low, 1);
    const kept = first.probabilities.slice();
    await method.run(new Float32Array(SIZE), 1);
    assert.equal(first.probabilities, kept);
    await method.close();
  });

  test(`${runtime.name}: wrong sizes, batches, targets and overlapping calls are refused by name`, async () => {
    const method = await loadMethod(runtime, graph, tiny.pack);
    const cases: [Promise<unknown>, string][] = [
      [method.run(new Float32Array(SIZE - 1), 1), "[1, 128, 257], 32896 values, and was given 32895"],
      [method.run(new Float32Array(SIZE), 0), "batch must be"],
      [method.run(new Float32Array(SIZE), 1, 3), "target class 3 is not in 0..2"],
      [method.run(new Float32Array(SIZE), 1, 1), "explains only the winning class"],
      [method.run(new Float32Array(SIZE), 1, [-1, -1]), "2 target classes were given for 1 windows"],
    ];
    for (const [call, part] of cases) {
      const error = await failure(call);
      assert.instance(error, MethodInputError);
      assert.match(error.message, part);
    }
    const running = method.run(new Float32Array(SIZE), 1);
    assert.match((await failure(method.run(new Float32Array(SIZE), 1))).message, "still at the call before");
    await running;
    await method.close();
    assert.match((await failure(method.run(new Float32Array(SIZE), 1))).message, "was closed");
  });

  test(`${runtime.name}: a broken graph names its file and the way out`, async () => {
    const contents: [string, Uint8Array][] = [
      ["text", new TextEncoder().encode("this is not a model")],
      ["half", graph.bytes.slice(0, graph.bytes.length / 2)],
      ["nothing", new Uint8Array(0)],
    ];
    for (const [name, bytes] of contents) {
      const error = await failure(loadMethod(runtime, bytes, tiny.pack));
      assert.instance(error, PackError, `${name}: ${error.message}`);
      assert.is((error as PackError).code, "model-broken");
      assert.match(error.message, "bands.onnx");
      assert.match(error.message, "fetch or build the pack again");
    }
  });

  test(`${runtime.name}: a graph that does not fit its pack.json is refused`, async () => {
    const wrongs = [
      {
        pack: { ...tiny.pack, windowFrames: 64 },
        part: "has magnitudes [B, 128, 257]; pack.json says [B, 64, 257]",
      },
      { pack: { ...tiny.pack, labels: ["a", "b"] }, part: "has probabilities [B, 3]; pack.json says [B, 2]" },
      {
        pack: { ...tiny.pack, methods: [{ ...tiny.pack.methods[0], target: true }] },
        part: "has the inputs magnitudes; it should have magnitudes, target",
      },
    ];
    for (const { pack, part } of wrongs) {
      const error = await failure(loadMethod(runtime, graph, pack));
      assert.instance(error, PackError);
      assert.match(error.message, part);
    }
  });
}

for (const runtime of runtimes) {
  const load = async (name: string) => loadMethod(runtime, await odd.graph(name), odd.pack, name);

  test(`${runtime.name}: a target reaches the graph, one for all, one each, or none`, async () => {
    const method = await load("targeted");
    const masks = async (target?: number | number[]) => {
      const result = await method.run(new Float32Array(2 * SIZE), 2, target);
      return [result.masks[0], result.masks[SIZE]].map((each) => Math.round(each * 10));
    };
    assert.equal(await masks(), [1, 1]);
    assert.equal(await masks(2), [4, 4]);
    assert.equal(await masks([0, 1]), [2, 3]);
    assert.instance(await failure(masks([0, 3])), MethodInputError);
    assert.instance(await failure(masks(0.5)), MethodInputError);
    await method.close();
  });

  test(`${runtime.name}: masks are kept in [0, 1], and a mask of NaN is a broken model`, async () => {
    const outside = await load("outside");
    const { masks } = await outside.run(new Float32Array(SIZE), 1);
    assert.equal([masks[0], masks[63], masks[64], masks[256]], [1, 1, 0, 0]);
    await outside.close();
    const nan = await load("nan");
    const error = await failure(nan.run(new Float32Array(SIZE), 1));
    assert.instance(error, PackError);
    assert.match(error.message, "nan.onnx");
    await nan.close();
  });
}

test("native and WASM agree", async () => {
  if (runtimes.length < 2) return;
  const magnitudes = Float32Array.from({ length: SIZE }, (_, i) => ((i * 7919) % 1000) / 500);
  const [a, b] = await Promise.all(
    runtimes.map(async (runtime) => {
      const method = await loadMethod(
        runtime,
        await readFile("test/fixtures/tiny-pack/bands.onnx"),
        tiny.pack,
      );
      const result = await method.run(magnitudes, 1);
      await method.close();
      return result;
    }),
  );
  a.probabilities.forEach((p, i) => {
    assert.ok(Math.abs(p - b.probabilities[i]) < 1e-5);
  });
  assert.equal(a.masks, b.masks);
});

test.run();

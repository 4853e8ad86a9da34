import { test } from "uvu";
import * as assert from "uvu/assert";
import { LocalEngine } from "../../../../client/live/engines/local-engine.ts";
import { openedPack } from "../../../../models/pack/open-pack.ts";
import { openPackFolder } from "../../../../models/pack/open-pack-node.ts";
import { nodeRuntime } from "../../../../models/runtime/runtime-node.ts";
import { random as mulberry } from "../../../worklets/rig.ts";
import { engineSuite, windowWith } from "./engine-suite.ts";
import { streamingSuite } from "./streaming-suite.ts";

const pack = await openPackFolder("test/fixtures/tiny-pack");
const runtime = await nodeRuntime({ build: "wasm" });

const streaming = await openPackFolder("test/fixtures/tiny-streaming");

engineSuite("local", () => LocalEngine.open({ runtime, pack }));
streamingSuite("local", () => LocalEngine.open({ runtime, pack: streaming }), 1e-5);

test("graphs for one block and for several share their weights' file, which is read once", async () => {
  const read: string[] = [];
  const { pack, source, file } = streaming;
  const withWeights = { ...pack, methods: pack.methods.map((method) => shared(method)) };
  const opened = openedPack(withWeights, source, async (name) => {
    read.push(name);
    return name === "weights.bin" ? new Uint8Array(8) : file(name);
  });
  await (await LocalEngine.open({ runtime, pack: opened })).close();
  assert.equal(read.sort(), ["bands.frames-64.onnx", "bands.onnx", "weights.bin"]);
});

/** The method, whose graphs all take weights from one more file. */
function shared<T extends { readonly blocks?: readonly object[] | undefined }>(method: T) {
  const weights = ["weights.bin"];
  return { ...method, weights, blocks: method.blocks?.map((each) => ({ ...each, weights })) } as T;
}

test("the method is chosen by name", async () => {
  const engine = await LocalEngine.open({ runtime, pack, method: "all-ones" });
  const { mask } = await engine.explain(windowWith(0, 10, 20));
  assert.ok(mask.every((value) => value === 1));
  await engine.close();
});

test("a method that the pack lacks is refused with the ones it has", async () => {
  let message = "";
  await LocalEngine.open({ runtime, pack, method: "gradcam" }).catch((error) => {
    message = error.message;
  });
  assert.match(message, 'no method "gradcam"; it has: bands, all-ones');
});

test("a target is refused by a method that explains only the winner", async () => {
  let message = "";
  await LocalEngine.open({ runtime, pack, target: 1 }).catch((error) => {
    message = error.message;
  });
  assert.match(message, "explains only the winning class");
});

test("asked for the newest masks alone it gives the same ones, in a pack whose decoder can be cut and in one without", async () => {
  const random = mulberry(3);
  for (const folder of ["models/packs/esc10-speech", "test/fixtures/tiny-pack"]) {
    const opened = await openPackFolder(folder);
    const { windowFrames, stft } = opened.pack;
    const magnitudes = Float32Array.from({ length: windowFrames * stft.bins }, () => 4 * random());
    const window = { firstFrame: 0, magnitudes };
    const whole = await LocalEngine.open({ runtime, pack: opened });
    const newest = await LocalEngine.open({ runtime, pack: opened, newestFrames: 32 });
    const [expected, given] = [await whole.explain(window), await newest.explain(window)];
    assert.equal(given.probabilities, expected.probabilities);
    if (folder.endsWith("speech")) assert.is(given.mask.length, 32 * stft.bins);
    const tail = expected.mask.slice(expected.mask.length - given.mask.length);
    assert.ok(given.mask.every((value, k) => Math.abs(value - tail[k]) < 1e-4));
    await Promise.all([whole.close(), newest.close()]);
  }
});

test.run();

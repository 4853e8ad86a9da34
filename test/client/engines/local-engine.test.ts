import { test } from "uvu";
import * as assert from "uvu/assert";
import { LocalEngine } from "../../../client/engines/local-engine.ts";
import { openPackFolder } from "../../../models/runtime/open-pack-node.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { engineSuite, windowWith } from "./engine-suite.ts";

const pack = await openPackFolder("test/fixtures/tiny-pack");
const runtime = await nodeRuntime({ build: "wasm" });

engineSuite("local", () => LocalEngine.open({ runtime, pack }));

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

test.run();

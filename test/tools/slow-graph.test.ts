// The graphs that chaos gives to a page answer as those that they are made of.
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { OpenPack } from "../../models/pack/open-pack.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { packMethod } from "../../models/pack/pack.ts";
import { loadWhole } from "../../models/runtime/load-cut.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { slowGraph } from "../../tools/chaos/slow-graph.ts";
import { noise } from "../worklets/rig.ts";

test("a streaming pack's graphs with added work hear as they did before, block by block and many at once", async () => {
  const open = await openPackFolder("test/fixtures/tiny-streaming");
  const runtime = await nodeRuntime();
  const slow: OpenPack = {
    ...open,
    read: async ({ graph }) => ({ bytes: slowGraph(`${open.source}/${graph}`), weights: new Map() }),
    graph: async (name) => slow.read(packMethod(open.pack, name)),
  };
  const [method, slowed] = [await loadWhole(runtime, open, "bands"), await loadWhole(runtime, slow, "bands")];
  const magnitudes = noise(80 * 257, 3, 2).map(Math.abs);
  const heard = await method.streaming!.hear(magnitudes, [method.streaming!.begin()]);
  const same = await slowed.streaming!.hear(magnitudes, [slowed.streaming!.begin()]);
  assert.equal(same.masks, heard.masks);
  assert.equal(same.probabilities, heard.probabilities);
  assert.equal(same.states[0].values, heard.states[0].values);
  await method.close();
  await slowed.close();
});

test.run();

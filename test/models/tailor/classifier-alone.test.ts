import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { loadMethod } from "../../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { classifierAlone } from "../../../models/tailor/classifier-alone.ts";
import { writeAskedPack } from "../../client/page/moment/asked-pack.ts";
import { noise } from "../../worklets/rig.ts";

const runtime = await nodeRuntime();

async function assertSame(folder: string, name: string): Promise<void> {
  const opened = await openPackFolder(folder);
  const { pack } = opened;
  const { bytes } = await opened.graph(name);
  const alone = classifierAlone(bytes);
  assert.ok(alone.length <= bytes.length, `${name}: ${alone.length} bytes of ${bytes.length}`);
  const whole = await loadMethod(runtime, bytes, pack, name);
  const cut = await loadMethod(runtime, alone, pack, name);
  for (const seed of [1, 2]) {
    const magnitudes = noise(pack.windowFrames * pack.stft.bins, seed, 20).map(Math.abs);
    const expected = (await whole.run(magnitudes, 1)).probabilities;
    const { probabilities, masks } = await cut.run(magnitudes, 1);
    for (const [k, value] of probabilities.entries()) assert.ok(Math.abs(value - expected[k]) < 1e-5, name);
    assert.ok(masks.every((value) => value === 0));
  }
  await whole.close();
  await cut.close();
}

test("it says the same as the whole graph, with and without a target", async () => {
  const folder = mkdtempSync(join(tmpdir(), "listenable-alone-"));
  writeAskedPack(folder);
  for (const name of ["asked", "bands"]) await assertSame(folder, name);
  rmSync(folder, { recursive: true });
  for (const name of ["lmac-selective", "lmac"]) await assertSame("models/packs/esc10-speech", name);
});

test.run();

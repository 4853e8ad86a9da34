// The evaluation of a streaming pack: windows of a second, each heard as a sound of its own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { Random } from "../../../lab/data/random.ts";
import { runWindows } from "../../../lab/evaluation/measure/explain-windows.ts";
import { measureMethod, prepareSounds } from "../../../lab/evaluation/measure/measure-sound.ts";
import { PackModels } from "../../../lab/evaluation/measure/pack-models.ts";
import { randomisationCheck } from "../../../lab/evaluation/measure/randomisation.ts";
import { windowShape } from "../../../lab/evaluation/plan/window-shape.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";

const RATE = 16_000;
const BINS = 257;
const folder = mkdtempSync(join(tmpdir(), "listenable-measure-"));
test.after(() => rmSync(folder, { recursive: true }));
const models = new PackModels(await nodeRuntime(), await openPackFolder("test/fixtures/tiny-streaming"));
const shape = windowShape(models.pack);

/** Low from the beginning, louder and high in the end. */
const sound = Float32Array.from({ length: 2 * RATE }, (_, n) => {
  const sine = (hertz: number) => Math.sin((2 * Math.PI * hertz * n) / RATE);
  return 0.1 * sine(1_000) + (n > 1.6 * RATE ? 0.5 * sine(6_000) : 0);
});
const file = { name: "sound", path: join(folder, "sound.wav"), label: "low" };
writeFileSync(file.path, writeWav([sound], RATE));
const prepared = async (stride: number) =>
  prepareSounds(await models.classifier(), file, "clean", { clips: [], sentences: [] }, 1, stride);

test("a window is what an answer is about, and its answer is the one at its end", async () => {
  assert.is(shape.frames, 128);
  const [{ windows, whole }] = await prepared(shape.frames);
  assert.is(windows.length, 2);
  assert.ok(whole[0][0] > 0.9 && whole[1][1] > 0.9);
});

test("a window is explained for the class that wins at its end, in all its frames", async () => {
  const [{ windows }] = await prepared(shape.frames);
  const method = await models.method("bands");
  const [, last] = await runWindows(method, windows);
  const [, high] = await runWindows(method, windows, [1, 1]);
  assert.equal(last.mask, high.mask);
  assert.is(last.mask.length, shape.frames * BINS);
  for (let frame = 0; frame < shape.frames; frame++) {
    assert.ok(
      last.mask[frame * BINS + 30] <= 0.05,
      `frame ${frame}: low is not kept, though it won at first`,
    );
  }
});

test("methods are measured and checked as those of other packs are", async () => {
  const sounds = await prepared(shape.frames);
  const rows = await measureMethod(
    await models.method("bands"),
    await models.classifier(),
    sounds,
    new Random(1),
  );
  assert.ok(rows.own!.fidIn === 1 && rows.own!.ff! > 0.5, JSON.stringify(rows.own));
  assert.equal(Object.keys(rows).sort(), ["constant", "own", "shuffled"]);
  const ones = await measureMethod(
    await models.method("all-ones"),
    await models.classifier(),
    sounds,
    new Random(1),
  );
  assert.is(ones.own!.ai, 0);
  assert.is(ones.own!.mm, 1);
  const layers = await randomisationCheck(models, "bands", [file], { seed: 1 });
  assert.ok(Array.isArray(layers));
});

test.run();

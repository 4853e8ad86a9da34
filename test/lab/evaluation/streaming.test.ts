// A streaming pack is measured as every other: its windows are seconds that begin in silence, its whole masks those of a stream.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { Random } from "../../../lab/data/random.ts";
import { wholeMask } from "../../../lab/evaluation/measure/located-sound.ts";
import { measureMethod, prepareSounds } from "../../../lab/evaluation/measure/measure-sound.ts";
import { PackModels } from "../../../lab/evaluation/measure/pack-models.ts";
import { windowShape } from "../../../lab/evaluation/plan/window-shape.ts";
import { explainSound } from "../../../models/explain/explain-sound.ts";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";

const RATE = 16_000;
const test = suite<{ folder: string }>("measuring a streaming pack");
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), "listenable-stream-"));
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

const opened = await openPackFolder("test/fixtures/tiny-streaming");
const models = new PackModels(await nodeRuntime(), opened);

async function soundFile(folder: string, name: string, hertz: number, label: string) {
  const random = new Random(hertz);
  const samples = Float32Array.from(
    { length: 2 * RATE },
    (_, n) => 0.3 * Math.sin((2 * Math.PI * hertz * n) / RATE) + 0.003 * random.normal(),
  );
  const path = join(folder, `${name}.wav`);
  await writeFile(path, writeWav([samples], RATE));
  return { name, path, label };
}

test("a window is the second that an answer is about", () => {
  const { frames } = windowShape(opened.pack);
  assert.is(frames % opened.pack.windowFrames, 0);
  assert.ok(Math.abs((frames * 128) / RATE - 1) < 0.05);
});

test("mixtures and scenes of two bands are parted by the band of the class", async ({ folder }) => {
  const files = [await soundFile(folder, "a", 1000, "low"), await soundFile(folder, "b", 6000, "high")];
  const pools = { clips: files, sentences: [] };
  const [classifier, bands] = [await models.classifier(), await models.method("bands")];
  const { frames } = windowShape(opened.pack);
  for (const setting of ["mixtures", "scenes"] as const) {
    const sounds = await prepareSounds(classifier, files[0], setting, pools, 1, frames);
    const { own, shuffled } = await measureMethod(bands, classifier, sounds, new Random(1));
    assert.is(own!.fidIn, 1, setting);
    assert.ok(own!.selectivity! > 5, `${setting}: ${own!.selectivity} dB`);
    assert.ok(shuffled!.mm !== undefined);
    if (setting === "scenes") assert.ok(own!.relevanceMass! > 0.5, JSON.stringify(own));
  }
});

test("the whole mask is that of a stream that goes on, not of windows", async ({ folder }) => {
  const files = [await soundFile(folder, "a", 1000, "low")];
  const bands = await models.method("bands");
  const [{ samples, shape }] = await prepareSounds(
    await models.classifier(),
    files[0],
    "clean",
    { clips: files, sentences: [] },
    1,
    windowShape(opened.pack).frames,
  );
  const { mask } = await explainSound(bands, samples, { rate: RATE, target: "low" });
  assert.equal(await wholeMask(bands, samples, shape, 0), mask);
});

test.run();

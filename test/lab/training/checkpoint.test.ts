import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadCheckpoint, saveCheckpoint } from "../../../lab/training/checkpoint.ts";

const test = suite<{ path: string; folder: string }>("checkpoint");

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), "listenable-checkpoint-"));
  context.path = join(context.folder, "checkpoint.bin");
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

async function refusal(path: string): Promise<string> {
  try {
    await loadCheckpoint(path);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was loaded");
}

test("comes back to the bit, whatever the header's length", async ({ path }) => {
  for (const name of ["a", "ab", "abc", "abcd"]) {
    const arrays = { [name]: Float32Array.of(1.5, Number.MIN_VALUE, -0), empty: new Float32Array(0) };
    await saveCheckpoint(path, { meta: { step: 7 }, arrays });
    const loaded = await loadCheckpoint<{ step: number }>(path);
    assert.is(loaded.meta.step, 7);
    assert.equal(loaded.arrays, arrays);
  }
});

test("a file cut short or of another kind is refused by name", async ({ path }) => {
  await saveCheckpoint(path, { meta: {}, arrays: { weights: new Float32Array(100) } });
  const whole = await readFile(path);
  for (const length of [0, 3, 10, whole.length - 1]) {
    await writeFile(path, whole.subarray(0, length));
    assert.match(await refusal(path), path);
  }
  await writeFile(path, "this is a text, not a checkpoint");
  assert.match(await refusal(path), "not a usable checkpoint");
});

test.run();

// The examples for Node, from the packed package to what they print.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtInSounds, sampleRate } from "../../client/kit/sounds/index.ts";
import { readWav, writeWav } from "../../dsp/index.ts";
import { type Examples, installExamples } from "./installed.ts";

let examples: Examples;
test.before(async () => {
  examples = await installExamples();
});
test.after(() => examples.remove());

test("node-script names a sound and writes its explanation", async () => {
  const sound = builtInSounds.find(({ name }) => name === "helicopter-over-voices")!.make();
  await writeFile(join(examples.folder, "node-script", "sound.wav"), writeWav([sound], sampleRate));
  const printed = await examples.script("node-script", "start", "--", "sound.wav");
  assert.match(printed, /^It hears: helicopter \(\d+ %\)$/m);
  const { channels } = readWav(await readFile(join(examples.folder, "node-script", "explanation.wav")));
  assert.is(channels[0].length, sound.length);
  const energy = (samples: Float32Array) => samples.reduce((sum, value) => sum + value * value, 0);
  assert.ok(energy(channels[0]) > 0.01 * energy(sound));
});

test("own-method compiles a method of its own, and explains by it", async () => {
  const printed = await examples.script("own-method", "start");
  const [, kept] = /^It hears: middle, by ([\d.]+) % of the picture$/m.exec(printed) ?? [];
  assert.ok(Number(kept) > 0.05 && Number(kept) < 20, printed);
});

test.run();

/** From somebody else's classifier to a pack that `explain` runs, as the guide has it; a few steps only. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readWav } from "../../dsp/index.ts";
import { readSound } from "../../lab/data/check-sound.ts";
import { readHeard } from "../../lab/data/heard-sounds.ts";
import { findSounds } from "../../lab/data/sound-folder.ts";
import { soundHash } from "../../lab/data/sound-hash.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { FOLDER } from "../lab/import/fixtures.ts";
import { at, makeSounds, pack, removeSounds, rest, trains } from "./foreign-sounds.ts";
import { runCli } from "./run-cli.ts";

const test = suite("a classifier of somebody else's");
const run = trains ? test : test.skip;
test.before(makeSounds);
test.after(removeSounds);

for (const name of ["mel44", "wave16"]) {
  run(`${name}: trained, packed, measured, and explain splits a sound with it`, async () => {
    const methods = ["--methods", "lmac,gradcam,saliency"];
    const packed = await pack(name, ...rest(name), ...methods, "--steps", "3", "--batch", "2");
    assert.is(packed.status, 0, packed.stderr);
    assert.match(packed.stderr, "broken.wav");
    const { figures } = JSON.parse(packed.stdout);
    assert.equal(
      figures.map(({ method }: { method: string }) => method),
      ["lmac", "gradcam", "saliency"],
    );
    for (const { ai, ad, fidIn, mm } of figures) assert.ok([ai, ad, fidIn, mm].every(Number.isFinite));

    // What the classifier heard nobody says; its decoder heard all but the fifth that the figures are of.
    const opened = await openPackFolder(at(name));
    const known = (await readHeard(opened))!;
    assert.equal(known.unknown, ["classifier"]);
    const files = (await findSounds(at("sounds"))).sounds.filter(({ path }) => /\d\.wav$/.test(path));
    const hashes = await Promise.all(
      files.map(async ({ path }) => soundHash(await readSound(path, opened.pack.sampleRate))),
    );
    const heard = hashes.filter((hash) => known.has(hash)).length;
    assert.equal([heard, known.size], [known.size, hashes.length - 2], `${files.length} sounds`);

    for (const method of ["lmac", "gradcam"]) {
      const words = ["--pack", at(name), "--method", method, "--out", at("explained"), "--json"];
      const explained = await runCli("explain", at("sounds", "1.wav"), ...words);
      assert.is(explained.status, 0, explained.stderr);
      assert.is(JSON.parse(explained.stdout).decision.label, "middle");
    }
    const [sound, part, other] = await Promise.all(
      [at("sounds", "1.wav"), at("explained", "explanation.wav"), at("explained", "rest.wav")].map(
        async (path) => readWav(await readFile(path)).channels[0],
      ),
    );
    const error = sound.reduce((most, value, n) => Math.max(most, Math.abs(value - part[n] - other[n])), 0);
    assert.ok(error < 1e-6, `explanation and rest add up to within ${error}`);
  });
}

run("a .tflite file of 8 bits: packed and asked, by the same words", async () => {
  await writeFile(at("five.txt"), "a\nb\nc\nd\ne\n");
  const model = ["--classifier", join(FOLDER, "tflite", "int8.tflite"), "--labels", at("five.txt")];
  const front = ["--front", "input=mel,sampleRate=16000,nFft=512,hop=128,nMels=16,log=ln"];
  const methods = ["--methods", "saliency,gradcam", "--out", at("tflite"), "--json"];
  const packed = await runCli("pack", ...model, ...front, ...methods);
  assert.is(packed.status, 0, packed.stderr);
  assert.match(packed.stderr, "its roundings are kept");
  const words = ["--pack", at("tflite"), "--method", "gradcam", "--out", at("explained"), "--json"];
  const explained = await runCli("explain", at("sounds", "1.wav"), ...words);
  assert.is(explained.status, 0, explained.stderr);
  const none = await runCli("pack", "--classifier", at("five.txt"), ...front, ...methods);
  assert.is(none.status, 1);
  assert.match(none.stderr, /five\.txt.*no ONNX model/);
});

run("a run that stopped goes on with the same command, and other settings are refused", async () => {
  const words = [...rest("stopped"), "--steps", "4", "--batch", "2"];
  const stopped = await pack("mel44", ...words, "--stop-after", "2");
  assert.is(stopped.status, 0, stopped.stderr);
  assert.is(JSON.parse(stopped.stdout).steps, 2);
  const other = await pack("mel44", ...words, "--channels", "9");
  assert.is(other.status, 1);
  assert.match(other.stderr, "made with other settings");
  const done = await pack("mel44", ...words);
  assert.is(done.status, 0, done.stderr);
  assert.is(JSON.parse(done.stdout).methods.join(), "lmac");
});

test("the activations are listed, with those that would be taken", async () => {
  const { stdout, status } = await pack("mel44", "--list-latents");
  assert.is(status, 0);
  assert.match(stdout, /\* +\/model\/body\/body\.2\/Relu +Relu +\[B, 8, 20, 43\]/);
});

test("what is missing or does not fit is said, with the way out", async () => {
  const wrong = async (message: RegExp, ...words: string[]) => {
    const { status, stderr } = await pack("mel44", ...words);
    assert.is(status, 2, stderr);
    assert.match(stderr, message);
  };
  await wrong(/--labels is missing.*4 classes/, "--out", at("no"));
  await writeFile(at("three.txt"), "a\nb\nc\n");
  await wrong(
    /three\.txt has 3 names, but mel44\.onnx answers for 4/,
    "--out",
    at("no"),
    "--labels",
    at("three.txt"),
  );
  await wrong(/--data is missing.*--methods gradcam/, "--out", at("no"), "--labels", at("labels.txt"));
  const { status, stderr } = await runCli("pack", "--classifier", at("none.onnx"), "--front", "input=mel");
  assert.is(status, 2);
  assert.match(stderr, "none.onnx cannot be read (ENOENT)");
});

test.run();

/** From somebody else's classifier to a pack that `explain` runs, as the guide has it; a few steps only. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readWav, writeWav } from "../../dsp/index.ts";
import { Random } from "../../lab/data/random.ts";
import { chord, FOLDER, FUNDAMENTALS, LABELS } from "../lab/import/fixtures.ts";
import { runCli, temporaryFolder } from "./run-cli.ts";

const test = suite("a classifier of somebody else's");
const trains = await import("onnxruntime-node").then(
  () => true,
  () => false,
);
const run = trains ? test : test.skip;
if (!trains) console.log("skipped: training needs onnxruntime-node, which is not installed");
const runFull = trains && process.env["LISTENABLE_FULL"] ? test : test.skip;

const RATE = 44100;
let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

test.before(async () => {
  folder = await temporaryFolder();
  await mkdir(at("sounds"));
  const random = new Random(3);
  for (let k = 0; k < 12; k++) {
    const label = k % 4;
    const samples =
      label < 3
        ? chord(FUNDAMENTALS[label] * 2 ** random.uniform(-0.3, 0.3), 2 * RATE, RATE)
        : new Float32Array(2 * RATE);
    for (let n = 0; n < samples.length; n++) samples[n] += (label < 3 ? 0.005 : 0.05) * random.normal();
    await writeFile(at("sounds", `${k}.wav`), writeWav([samples], RATE));
  }
  await writeFile(at("sounds", "broken.wav"), "this is no sound");
  await writeFile(at("labels.txt"), `${LABELS.join("\n")}\n`);
});
test.after(() => rm(folder, { recursive: true }));

function pack(name: string, ...words: string[]) {
  const model = ["--classifier", join(FOLDER, `${name}.onnx`), "--front", join(FOLDER, `${name}.front.json`)];
  return runCli("pack", ...model, ...words);
}
const rest = (name: string) => [
  ...["--labels", at("labels.txt"), "--data", at("sounds"), "--out", at(name)],
  ...["--channels", "8", "--json"],
];

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
  assert.is(JSON.parse(done.stdout).methods.join(), "lmac,all-ones");
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

runFull(
  "a decoder that was trained for a minute keeps the class in less than half of the spectrum",
  async () => {
    const packed = await pack(
      "mel44",
      ...rest("full"),
      "--methods",
      "lmac",
      "--steps",
      "200",
      "--batch",
      "8",
    );
    assert.is(packed.status, 0, packed.stderr);
    const [lmac] = JSON.parse(packed.stdout).figures;
    assert.ok(lmac.fidIn >= 0.9 && lmac.ad <= 10 && lmac.mm <= 0.5, JSON.stringify(lmac));
  },
);

test.run();

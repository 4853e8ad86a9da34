// Methods that call a classifier and nothing more, on packs and on classifiers in files.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readWav, writeWav } from "../../dsp/wav.ts";
import { PERTURBATIONS } from "../../lab/methods/perturbation/index.ts";
import { runCli, TINY_PACK, temporaryFolder } from "./run-cli.ts";

const folder = await temporaryFolder();
const fixture = (...path: string[]) => join(TINY_PACK, "..", ...path);

/** A low tone, which is what the tiny packs decide by, beside a high one. */
const sound = Float32Array.from(
  { length: 24_000 },
  (_, n) =>
    0.4 * Math.sin((2 * Math.PI * 300 * n) / 16_000) + 0.1 * Math.sin((2 * Math.PI * 6000 * n) / 16_000),
);
const file = join(folder, "tones.wav");
await mkdir(folder, { recursive: true });
await writeFile(file, writeWav([sound], 16_000, "float32"));
let runs = 0;

async function explain(...options: string[]) {
  const out = join(folder, `out-${runs++}`);
  const run = await runCli("explain", file, "--out", out, "--json", ...options);
  return { out, ...run };
}

async function soundOf(out: string, part: string): Promise<Float32Array> {
  const path = join(out, `${part}.wav`);
  return readWav(await readFile(path), path).channels[0]!;
}

// The tiny packs have a method of their own that is called bands.
for (const { name } of PERTURBATIONS.filter((each) => each.name !== "bands")) {
  test(`${name} explains a pack's classifier within its budget, the same each time`, async () => {
    const options = ["--pack", TINY_PACK, "--method", name, "--budget", "60"];
    const run = await explain(...options);
    assert.is(run.status, 0, run.stderr);
    const facts = JSON.parse(run.stdout);
    assert.equal([facts.method, facts.budget, facts.heardIn], [name, 60, "windows"]);
    assert.is(facts.decision.label, "low");
    assert.ok(facts.energy.explanation > 0.01, JSON.stringify(facts.energy));
    const [one, rest] = await Promise.all([soundOf(run.out, "explanation"), soundOf(run.out, "rest")]);
    // What is drawn follows the seed; the unit tests say it of all of them.
    if (name === "rise") assert.equal(one, await soundOf((await explain(...options)).out, "explanation"));
    assert.ok(one.every((value, n) => Math.abs(value + rest[n] - sound[n]) < 1e-6));
  });
}

test("a streaming pack's classifier is asked about windows", async () => {
  const run = await explain("--pack", fixture("tiny-streaming"), "--method", "occlusion", "--budget", "60");
  assert.is(run.status, 0, run.stderr);
  const facts = JSON.parse(run.stdout);
  assert.is(facts.heardIn, "windows");
  assert.ok(facts.windows < 8, String(facts.windows));
});

test("a classifier in a file is explained without a pack, with its labels or without", async () => {
  const classifier = [
    "--classifier",
    fixture("foreign", "mel44.onnx"),
    "--front",
    fixture("foreign", "mel44.front.json"),
  ];
  const run = await explain(...classifier, "--budget", "40");
  assert.is(run.status, 0, run.stderr);
  assert.match(run.stderr, /called by their numbers/);
  const facts = JSON.parse(run.stdout);
  assert.is(facts.method, "rise");
  const labels = join(folder, "labels.txt");
  const names = Object.keys(facts.decision.probabilities).map((_, k) => `sound ${k}`);
  await writeFile(labels, names.join("\n"));
  const named = await explain(
    ...classifier,
    "--labels",
    labels,
    "--method",
    "lime",
    "--class",
    "sound 1",
    "--budget",
    "40",
  );
  assert.is(named.status, 0, named.stderr);
  assert.is(JSON.parse(named.stdout).class, "sound 1");
  await writeFile(labels, "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven");
  const wrong = await explain(...classifier, "--labels", labels);
  assert.ok(wrong.status !== 0);
  assert.match(wrong.stderr, /11/);
});

test("a classifier that computes in integers is explained too", async () => {
  const words = "input=mel,sampleRate=16000,nFft=512,hop=256,nMels=16,log=ln";
  for (const [file, front] of [
    [fixture("foreign", "mel44-qoperator.onnx"), fixture("foreign", "mel44.front.json")],
    [fixture("foreign", "tflite", "int8.tflite"), words],
  ] as const) {
    const run = await explain("--classifier", file, "--front", front, "--method", "lime", "--budget", "40");
    assert.is(run.status, 0, run.stderr);
    assert.match(run.stderr, /quantised/);
    assert.ok(JSON.parse(run.stdout).energy.explanation > 0);
  }
});

test("what does not go together is said", async () => {
  const refused = async (pattern: RegExp, ...options: string[]) => {
    const run = await explain(...options);
    assert.is(run.status, 2, run.stderr);
    assert.match(run.stderr, pattern);
  };
  await refused(/--budget is of methods without gradients/, "--pack", TINY_PACK, "--budget", "50");
  await refused(
    /budget must be a whole number from 16/,
    "--pack",
    TINY_PACK,
    "--method",
    "rise",
    "--budget",
    "2",
  );
  await refused(/no method .+limo.+rise/, "--pack", TINY_PACK, "--method", "limo");
  await refused(/--front is of a classifier in a file/, "--pack", TINY_PACK, "--front", "ast");
  await refused(/in place of a pack/, "--pack", TINY_PACK, "--classifier", "some.onnx");
  await refused(/is explained by rise/, "--classifier", "some.onnx", "--method", "gradcam");
});

test.after(() => rm(folder, { recursive: true, force: true }));
test.run();

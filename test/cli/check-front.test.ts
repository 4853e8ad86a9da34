/** `listenable check-front`: PyTorch's scores of a chord tell the front that the fixtures were trained with from its neighbours. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/index.ts";
import { chord, expected, FOLDER, FUNDAMENTALS, LABELS } from "../lab/import/fixtures.ts";
import { runCli, temporaryFolder } from "./run-cli.ts";

const test = suite("check-front");
let folder: string;
const at = (name: string) => join(folder, name);

const SOUNDS = { mel44: { rate: 44_100, samples: 85 * 512 + 1024 }, wave16: { rate: 16_000, samples: 8192 } };

test.before(async () => {
  folder = await temporaryFolder();
  await writeFile(at("labels.txt"), `${LABELS.join("\n")}\n`);
  for (const [name, { rate, samples }] of Object.entries(SOUNDS)) {
    // In front of the window lies a moment of something else.
    const sound = new Float32Array(rate / 100 + samples);
    sound.set(chord(FUNDAMENTALS[1], samples, rate), rate / 100);
    await writeFile(at(`${name}.wav`), writeWav([sound], rate, "float32"));
    const logits = Array.from((await expected(name))["logits"].data.subarray(4, 8));
    const raised = logits.map(Math.exp);
    const sum = raised.reduce((a, b) => a + b, 0);
    await writeFile(at(`${name}-logits.json`), JSON.stringify({ scores: [logits] }));
    await writeFile(at(`${name}.json`), JSON.stringify(raised.map((value) => value / sum)));
    const [low, middle] = raised.map((value) => value / sum);
    await writeFile(at(`${name}-some.json`), JSON.stringify({ middle, low }));
  }
});
test.after(() => rm(folder, { recursive: true }));

async function check(name: keyof typeof SOUNDS, change: object, ...words: string[]) {
  const front = JSON.parse(await readFile(join(FOLDER, `${name}.front.json`), "utf8"));
  await writeFile(at("front.json"), JSON.stringify({ ...front, ...change }));
  return runCli(
    ...["check-front", "--classifier", join(FOLDER, `${name}.onnx`), "--front", at("front.json")],
    ...["--sound", at(`${name}.wav`), "--start", "0.01", "--labels", at("labels.txt")],
    ...(words.includes("--expect") ? [] : ["--expect", at(`${name}.json`)]),
    ...words,
  );
}

test("the front that it was trained with fits", async () => {
  const { status, stdout, stderr } = await check("mel44", {}, "--changes", "0", "--json");
  assert.is(status, 0, stderr);
  const { fits, given, expectedWinner, comparedWith } = JSON.parse(stdout);
  assert.equal([fits, given.winner, expectedWinner, comparedWith], [true, "middle", "middle", "answer"]);
  assert.ok(given.difference < 1e-3, given.difference);
});

test("a front with a mistake does not fit; logits that the file does not give are found", async () => {
  const words = ["--expect", at("mel44-logits.json"), "--changes", "0"];
  const { status, stdout, stderr } = await check("mel44", { mean: 10 }, ...words);
  assert.is(status, 1, stderr);
  assert.match(stdout, /the logits before the end of the file compared/);
  assert.match(stdout, /The front does not fit\. Largest difference \d/);
});

test("the table names the mistake and the front to take", async () => {
  const words = ["--expect", at("wave16-logits.json"), "--changes", "1"];
  const { status, stdout, stderr } = await check("wave16", { normalise: "none" }, ...words);
  assert.is(status, 1, stderr);
  assert.match(stdout, /\n {2}normalise=window +0[.\d]+ % +middle +fits\n/);
  assert.match(
    stdout,
    /It fits with normalise=window: .*\n {2}--front input=waveform,sampleRate=16000,normalise=window,samples=8192/,
  );
});

test("scores of some classes by their names, which are a softmax outside the file", async () => {
  const words = ["--expect", at("wave16-some.json"), "--changes", "1", "--json"];
  const { status, stdout, stderr } = await check("wave16", { normalise: "none" }, ...words);
  assert.is(status, 1, stderr);
  const { comparedWith, best } = JSON.parse(stdout);
  assert.is(comparedWith, "softmax");
  assert.equal([best.changes.join(), best.winner, best.fits], ["normalise=window", "middle", true]);
});

test("what cannot be compared is said, with the way out; the help has the presets", async () => {
  const wrong = async (json: unknown, message: RegExp, ...words: string[]) => {
    await writeFile(at("wrong.json"), JSON.stringify(json));
    const { status, stderr } = await check("mel44", {}, "--expect", at("wrong.json"), ...words);
    assert.is(status, 2, stderr);
    assert.match(stderr, message);
  };
  await wrong([0.1, 0.9], /wrong\.json: it has 2 scores, the classifier answers for 4 classes/);
  await wrong({ dog: 1, low: 0 }, /"dog" is none of the classes/);
  await wrong([0, 1, null, 0], /null is no score/);
  await wrong([0, 1, 0, 0], /--start 9 lies beyond the end.*1\.02 s/, "--start", "9");
  const { status, stdout } = await runCli("check-front", "--help");
  assert.is(status, 0);
  assert.match(stdout, /Exit status: 0 it fits, 1 it does not/);
  assert.match(stdout, /panns-cnn14 +PANNs/);
});

test.run();

/** From folders of sounds to a pack and its figures, through the real commands; a few steps only. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../dsp/index.ts";
import { WINDOW_FRAMES, windowMagnitudes } from "../../lab/data/windows.ts";
import { BINS, MODEL_RATE } from "../../lab/networks/own-shape.ts";
import { loadRun } from "../../lab/training/weights-file.ts";
import { openPackFolder } from "../../models/pack/open-pack-node.ts";
import { packFeatureMethod } from "../../models/pack/pack.ts";
import { loadFeatureMethod, loadMethod } from "../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../models/runtime/runtime-node.ts";
import { chord, writeMadeUpEsc50 } from "../lab/data/made-up-esc50.ts";
import { runCli, temporaryFolder } from "./run-cli.ts";

const test = suite("train, pack, evaluate");
const trains = await import("onnxruntime-node").then(
  () => true,
  () => false,
);
const run = trains ? test : test.skip;
if (!trains) console.log("skipped: training needs onnxruntime-node, which is not installed");

const CREDITS = [
  "The class `speech` learnt from one chord of nobody's.",
  "The class `other` learnt from another.",
  "The decoder heard a third.",
];
let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

test.before(async () => {
  folder = await temporaryFolder();
  await writeMadeUpEsc50(at("esc50"), { folds: [1, 2], clips: 2, seconds: 2 });
  await mkdir(at("speech"));
  await writeFile(at("speech", "one.wav"), writeWav([chord(3000, 2)], MODEL_RATE));
  await writeFile(at("speech", "CREDITS.txt"), `${CREDITS[0]}\n`);
  await mkdir(at("other"));
  await writeFile(at("other", "one.wav"), writeWav([chord(5000, 2)], MODEL_RATE));
});
test.after(() => rm(folder, { recursive: true }));

const ok = async (...words: string[]) => {
  const result = await runCli(...words);
  assert.is(result.status, 0, result.stderr);
  return result;
};

run("the steps of the guide lead to a pack that names its sources, and to its figures", async () => {
  const data = ["--data", at("esc50"), "--folds", "1", "--speech", at("speech")];
  const other = ["--other", at("other")];
  const course = ["--steps", "2", "--batch", "4"];
  const credited = ["--credit", CREDITS[1], "--out", at("classifier")];
  const first = await ok("train", "classifier", ...data, ...other, ...course, ...credited);
  assert.not.match(first.stderr, "CREDITS.txt");
  const decoder = ["--classifier", at("classifier"), "--out", at("lmac")];
  const uncredited = await ok("train", "lmac", ...data, ...other, ...course, ...decoder);
  assert.match(uncredited.stderr, "CREDITS.txt");
  const parts = ["--classifier", at("classifier"), "--decoder", at("lmac")];
  await ok("pack", ...parts, "--version", "2.5.0", "--credit", CREDITS[2], "--out", at("pack"));
  assert.is(JSON.parse(await readFile(at("pack", "pack.json"), "utf8")).version, "2.5.0");

  const attribution = await readFile(at("pack", "ATTRIBUTION.md"), "utf8");
  assert.match(attribution, "22 clips of ESC-50");
  assert.match(attribution, "11 under CC0 1.0, 11 under CC BY 3.0");
  for (const credit of CREDITS) assert.is(attribution.split(credit).length, 2, credit);

  const { stdout } = await ok(
    ...["evaluate", "--pack", at("pack"), "--data", at("esc50"), "--fold", "2", "--speech", at("speech")],
    ...["--contamination", "clean", "--out", at("figures"), "--json"],
  );
  // What the trainings heard is known of each sound, and they heard no other fold.
  const { heard } = JSON.parse(stdout);
  assert.equal(heard.sources, [
    { name: "fold 2 of ESC-50", heard: 0, of: 20 },
    { name: "speech", heard: 1, of: 1 },
  ]);
});

run("a selective decoder is asked about any class, live or on a file", async () => {
  const data = ["--data", at("esc50"), "--folds", "1", "--speech", at("speech")];
  const course = ["--steps", "2", "--batch", "4"];
  const on = ["--classifier", at("classifier")];
  await ok(
    "train",
    "selective",
    ...on,
    ...data,
    ...course,
    "--channels",
    "8,8,6,4",
    "--out",
    at("selective"),
  );
  await ok(
    ...["pack", ...on, "--decoder", at("selective"), "--methods", "lmac-selective", "--out", at("asked")],
  );
  const { pack } = await openPackFolder(at("asked"));
  assert.equal(
    pack.methods.map(({ name, target }) => [name, target]),
    [["lmac-selective", true]],
  );
  const words = ["explain", at("speech", "one.wav"), "--pack", at("asked"), "--json"];
  const explained = await ok(...words, "--class", "rain", "--out", at("explained"));
  assert.is(JSON.parse(explained.stdout).method, "lmac-selective");
});

run("plain L-MAC, its second stage and Listen to Interpret become methods of one pack", async () => {
  const data = [
    "--data",
    at("esc50"),
    "--folds",
    "1",
    "--speech",
    at("speech"),
    "--steps",
    "2",
    "--batch",
    "2",
  ];
  const on = ["--classifier", at("classifier"), ...data];
  await ok("train", "classifier", ...data, "--seed", "2", "--out", at("classifier-2"));
  const small = ["--channels", "8,8,6,4", "--published", "--sparsity", "1.5", "--masking", "log1p"];
  await ok("train", "lmac", ...on, ...small, "--out", at("plain"));
  await ok(
    "train",
    "lmac",
    ...on,
    ...small,
    "--finetune",
    at("plain"),
    "--guidance",
    "l1",
    "--out",
    at("ft"),
  );
  const l2i = ["--components", "8", "--width", "8", "--nmf-frames", "64", "--nmf-steps", "3"];
  const { meta } = await loadRun(at("ft"));
  const first = await loadRun(at("plain"));
  assert.equal(meta.heard, first.meta.heard);
  assert.is(meta.heard?.length, 23);
  await ok("train", "l2i", ...on, ...l2i, "--out", at("l2i"));
  await ok(
    ...["pack", "--classifier", at("classifier"), "--decoder", at("plain"), "--decoder", at("ft")],
    ...["--l2i", at("l2i"), "--l2i-threshold", "0.1", "--out", at("trained")],
  );
  const opened = await openPackFolder(at("trained"));
  const { pack } = opened;
  assert.is(pack.masking, "log1p");
  assert.equal(
    pack.methods.map(({ name }) => name),
    ["lmac-plain", "lmac-ft", "l2i"],
  );
  const window = windowMagnitudes(chord(440, 2), 0, new Float32Array(WINDOW_FRAMES * BINS));
  const runtime = await nodeRuntime();
  const masks: Float32Array[] = [];
  for (const { name } of pack.methods) {
    const method = await loadMethod(runtime, await opened.graph(name), pack, name);
    const { masks: mask } = await method.run(window, 1);
    assert.ok(mask.every((value) => value >= 0 && value <= 1));
    masks.push(mask.slice());
    await method.close();
  }
  assert.not.equal(masks[0], masks[1], "the second stage has changed the decoder");

  const other = await runCli(
    ...["train", "lmac", "--classifier", at("classifier-2"), ...data, ...small],
    ...["--finetune", at("plain"), "--out", at("other")],
  );
  assert.is(other.status, 1);
  assert.match(other.stderr, "was not trained for the classifier");
});

run("decoders of the classifier's own input become rows that are not listenable", async () => {
  const course = ["--folds", "1", "--speech", at("speech"), "--steps", "2", "--batch", "2"];
  const on = ["--classifier", at("classifier"), "--data", at("esc50"), ...course];
  const small = ["--channels", "8,8,6,4", "--published", "--sparsity", "1.5"];
  await ok("train", "lmac", ...on, ...small, "--features", "--out", at("plain-features"));
  const second = ["--finetune", at("plain-features"), "--guidance", "l1"];
  await ok("train", "lmac", ...on, ...small, ...second, "--out", at("ft-features"));
  const parts = ["--classifier", at("classifier"), "--decoder", at("plain-features")];
  const both = [...parts, "--decoder", at("ft-features"), "--decoder", at("lmac")];
  const refused = await runCli("pack", ...both, "--out", at("unlistenable"));
  assert.is(refused.status, 1);
  assert.match(refused.stderr, "--features");
  await ok("pack", ...both, "--methods", "all-ones,lmac", "--features", "--out", at("none"));
  const opened = await openPackFolder(at("none"));
  assert.equal(
    opened.pack.methods.map(({ name }) => name),
    ["all-ones", "lmac"],
  );
  const runtime = await nodeRuntime();
  const window = windowMagnitudes(chord(440, 2), 0, new Float32Array(WINDOW_FRAMES * BINS));
  for (const name of ["lmac-plain", "lmac-ft"]) {
    const graph = await opened.read(packFeatureMethod(opened.pack, name));
    const method = await loadFeatureMethod(runtime, graph, opened.pack, name);
    const { masks } = await method.run(window, 1);
    assert.is(masks.length, WINDOW_FRAMES * 64);
    assert.ok(masks.every((value) => value > 0 && value < 1));
    await method.close();
  }
});

run("what --published and --guidance need is said", async () => {
  const words = [
    ...["train", "lmac", "--classifier", at("none"), "--data", at("esc50"), "--folds", "1"],
    ...["--speech", at("speech"), "--out", at("none")],
  ];
  for (const [more, why] of [
    [["--published"], "needs --sparsity"],
    [["--published", "--sparsity", "1", "--gain", "2"], "cannot be used with"],
    [["--guidance", "l1"], "--finetune"],
    [["--masking", "square"], "linear, log1p"],
  ] as const) {
    const { status, stderr } = await runCli(...words, ...more);
    assert.is(status, 2, stderr);
    assert.match(stderr, why);
  }
});

run("a run that stopped goes on from its checkpoint, with the same command alone", async () => {
  const words = [
    ...["train", "classifier", "--data", at("esc50"), "--folds", "1", "--speech", at("speech")],
    ...["--batch", "4", "--out", at("stopped"), "--json"],
  ];
  const first = await ok(...words, "--steps", "3", "--stop-after", "2");
  assert.is(JSON.parse(first.stdout).steps, 2);
  const second = await ok(...words, "--steps", "3");
  assert.is(JSON.parse(second.stdout).steps, 3);
  const other = await runCli(...words, "--steps", "3", "--folds", "2");
  assert.is.not(other.status, 0);
});

test.run();

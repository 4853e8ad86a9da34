import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { integratedLoudness } from "../../dsp/loudness.ts";
import { readWav, writeWav } from "../../dsp/wav.ts";
import { matchLevels } from "../../study/level.ts";
import { allSounds, openStudy, soundPath } from "../../study/study-file.ts";
import { independentPack, runCli, TINY_PACK, temporaryFolder } from "../cli/run-cli.ts";
import { openToOthers } from "../open-to-others.ts";

const test = suite("study prepare");
const RATE = 16_000;

/** A second and a half; the tiny pack calls what is below 1 kHz "low" and what is above "high". */
function tone(hz: number, level = 0.3): Float32Array {
  return Float32Array.from({ length: 1.5 * RATE }, (_, n) => level * Math.sin((2 * Math.PI * hz * n) / RATE));
}

async function soundFolder(): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, hz] of [
    ["a", 300],
    ["b", 3000],
    ["c", 400],
    ["d", 5000],
    ["e", 250],
    ["f", 350],
    ["g", 4000],
  ] as const) {
    await writeFile(join(folder, `${name}.wav`), writeWav([tone(hz)], RATE));
  }
  await writeFile(join(folder, "silent.wav"), writeWav([new Float32Array(RATE)], RATE));
  return folder;
}

test("makes a study that opens, every sound at one loudness and below full scale, under names that tell nothing", async () => {
  const data = await soundFolder();
  const out = join(await temporaryFolder(), "study-1");
  const words = [
    "--data",
    data,
    "--methods",
    "bands,all-ones",
    "--anchors",
    "original,low",
    "--pack",
    TINY_PACK,
  ];
  const { status, stdout, stderr } = await runCli(
    "study",
    "prepare",
    ...words,
    "--clips",
    "3",
    "--out",
    out,
    "--json",
  );
  assert.is(status, 0, stderr);
  assert.equal(await openToOthers(out), []);
  const facts = JSON.parse(stdout);
  assert.equal(facts.methods, ["bands", "all-ones", "original", "low"]);
  assert.is(facts.clips, 3);
  const { study } = await openStudy(out);
  assert.ok(study.clips.every(({ label }) => ["low", "high"].includes(label)));
  assert.equal(
    (await readdir(join(out, "sounds"))).sort(),
    allSounds(study)
      .map((name) => `${name}.wav`)
      .sort(),
  );
  const sizes = new Set<number>();
  for (const name of study.clips.flatMap(({ original, sounds }) => [original, ...Object.values(sounds)])) {
    const bytes = await readFile(soundPath(out, name));
    const { channels, sampleRate } = readWav(bytes);
    sizes.add(bytes.length);
    const loudness = integratedLoudness(channels[0], sampleRate);
    assert.ok(Math.abs(loudness + 23) < 0.2, `${loudness} LUFS`);
  }
  assert.is(sizes.size, 1, "lengths tell nothing either");
  assert.match(await readFile(join(out, "study.json"), "utf8"), /L-MAC|Known bands/);
});

test("sounds of others join in, classes come from a table, and what has no sound is left out with its reason", async () => {
  const data = await soundFolder();
  const others = await temporaryFolder();
  for (const name of ["a", "b", "c"])
    await writeFile(join(others, `${name}.wav`), writeWav([tone(500)], RATE));
  const classes = join(others, "classes.csv");
  await writeFile(classes, "clip,class\na.wav,dog\nb.wav,cat_meow\nc.wav,dog\nd.wav,dog\n");
  const out = join(others, "study");
  const words = [
    "--data",
    data,
    "--foreign",
    `theirs=${others}`,
    "--classes",
    classes,
    "--out",
    out,
    "--json",
  ];
  const { status, stdout, stderr } = await runCli("study", "prepare", ...words, "--pack", TINY_PACK);
  assert.is(status, 0, stderr);
  assert.match(JSON.parse(stdout).leftOut.join("\n"), /d\.wav: theirs has no sound of this name/);
  const { study } = await openStudy(out);
  assert.equal(
    study.methods.map(({ id, kind }) => `${id} ${kind}`),
    ["theirs foreign"],
  );
  assert.ok([...study.clips, study.practice!].some(({ label }) => label === "cat meow"));
});

test("of several classes that are heard at once a clip is its own's", async () => {
  const data = await temporaryFolder();
  const high = tone(5000, 0.24);
  for (const name of ["a", "b", "c"]) {
    const both = tone(300).map((sample, n) => sample + high[n]);
    await writeFile(join(data, `${name}.wav`), writeWav([both], RATE));
  }
  const classes = join(data, "classes.csv");
  await writeFile(classes, "clip,class\na.wav,high\nb.wav,high\nc.wav,quiet\n");
  const out = join(data, "study");
  const words = ["--data", data, "--methods", "bands", "--classes", classes, "--out", out, "--json"];
  const pack = await independentPack([0.5, 0.2, 0.9]);
  const { status, stdout, stderr } = await runCli("study", "prepare", ...words, "--pack", pack);
  assert.is(status, 0, stderr);
  const { study } = await openStudy(out);
  assert.equal([...new Set([...study.clips, study.practice!].map(({ label }) => label))], ["high"]);
  assert.match(JSON.parse(stdout).leftOut.join("\n"), /c\.wav: the classifier hears low and not quiet/);
  assert.is(JSON.parse(stdout).heard.told, false);
  assert.match(stderr, "doesn't say which sounds it has heard in training");
});

test("misuse is told by name, and nothing is written over", async () => {
  const data = await soundFolder();
  const out = join(data, "out");
  const prepare = (...words: string[]) =>
    runCli("study", "prepare", "--pack", TINY_PACK, "--out", out, ...words);
  for (const [words, message] of [
    [["--data", data], /nothing to rate/],
    [["--methods", "bands"], /name either sound files or/],
    [["--data", data, "--methods", "gradcam"], /no method "gradcam"/],
    [["--data", data, "--foreign", "x"], /--foreign: "x"/],
    [
      ["--data", data, "--foreign", "x=y", "--contamination", "mixtures"],
      /leave --contamination mixtures out/,
    ],
    [["--data", data, "--methods", "bands", "--anchors", "high"], /"high" is not one of/],
  ] as const) {
    const { status, stderr } = await prepare(...words);
    assert.is(status, 2, stderr);
    assert.match(stderr, message);
  }
  assert.not.ok(existsSync(out));
});

test("a peaky sound lowers its whole trial, and silence stays silent", () => {
  const clicks = Float32Array.from({ length: RATE }, (_, n) => (n % 4000 === 0 ? 1 : 0));
  const [steady, peaky, silent] = matchLevels([tone(500), clicks, new Float32Array(RATE)], RATE, -23);
  assert.ok(steady.loudness < -23.5);
  assert.ok(Math.abs(steady.loudness - peaky.loudness) < 1e-9);
  assert.ok(Math.max(...peaky.samples) <= 0.892);
  assert.is(silent.loudness, -Infinity);
  assert.ok(silent.samples.every((sample) => sample === 0));
});

test.run();

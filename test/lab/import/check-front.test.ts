/** Which front led to given scores: found among the neighbours of a wrong one, in one change, two, or three. */
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { checkFront } from "../../../lab/import/check/check-front.ts";
import { expectedScores } from "../../../lab/import/check/expected-scores.ts";
import { furtherNeighboursOf, neighboursOf } from "../../../lab/import/check/neighbours.ts";
import { bandsOf, parseFrontWords } from "../../../lab/import/front.ts";
import { inputOf } from "../../../lab/import/heard.ts";
import { PRESETS } from "../../../lab/import/presets.ts";
import { encodeModel, GraphBuilder, type Tensor } from "../../../models/graph/index.ts";
import { compileGraph, random } from "../../models/graph/run.ts";
import { madeUpSound } from "./published-fronts.ts";

const test = suite("the front that led to scores");
const RIGHT =
  "input=mel,sampleRate=8000,nFft=256,hop=128,nMels=16,melScale=htk,melNorm=none,log=ln,floor=1e-6,mean=-3,std=4,layout=BTF";
const FRAMES = 14;
const SAMPLES = (FRAMES - 1) * 128 + 256;
const folder = join(tmpdir(), `check-front-${process.pid}`);
const at = (name: string) => `${folder}-${name}`;

/** Three classes by a layer that reads all of the picture, behind a bend: no mistake is hidden by a mean. */
function network(g: GraphBuilder, picture: Tensor): Tensor {
  const next = random(4);
  const layer = (x: Tensor, from: number, to: number) =>
    g.matmul(
      x,
      g.constant(
        Float32Array.from({ length: from * to }, () => next() / Math.sqrt(from)),
        "float32",
        [from, to],
      ),
    );
  const flat = g.reshape(picture, [-1, FRAMES * 16]);
  return layer(g.op("Tanh", [layer(flat, FRAMES * 16, 12)]), 12, 3);
}

test.before(async () => {
  const sound = madeUpSound(8000, SAMPLES);
  await writeFile(at("sound.wav"), writeWav([sound], 8000, "float32"));
  const model = new GraphBuilder();
  model.output("logits", network(model, model.input("x", "float32", ["B", FRAMES, 16])));
  await writeFile(at("model.onnx"), encodeModel(model));
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [1, 1, SAMPLES]);
  g.output("logits", network(g, inputOf(g, x, parseFrontWords(RIGHT), FRAMES)));
  const { logits } = await (await compileGraph(g))({ x: sound });
  await writeFile(at("logits.json"), JSON.stringify(Array.from(logits)));
  const odds = Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
  await writeFile(at("sigmoid.json"), JSON.stringify({ scores: odds }));
});

test.after(async () => {
  for (const name of ["sound.wav", "model.onnx", "logits.json", "sigmoid.json"]) await rm(at(name));
});

const check = (change: string, expect = "logits.json", more: object = {}) => {
  const files = { file: at("model.onnx"), sound: at("sound.wav"), expect: at(expect) };
  // The last word for a field counts.
  const fields = new Map(`${RIGHT},${change}`.split(",").map((word) => word.split("=") as [string, string]));
  const front = [...fields].map(([name, value]) => `${name}=${value}`).join(",");
  return checkFront({ ...files, front, answers: "independent", answer: "logits", ...more });
};

test("the right one fits, as logits and as the sigmoid of them", async () => {
  const { fits, given, comparedWith } = await check("fMin=0", "logits.json", { changes: 0 });
  assert.equal([fits, comparedWith, given.fits], [true, "answer", true]);
  assert.ok(given.difference < 1e-5);
  const outside = await check("fMin=0", "sigmoid.json", { changes: 0 });
  assert.equal([outside.fits, outside.comparedWith], [true, "sigmoid"]);
});

for (const [mistake, mended] of [
  ["melScale=slaney", "melScale=htk"],
  ["gain=32768", "gain=1"],
  ["mean=3", "mean=-3"],
  ["pad=reflect", "pad=none"],
  ["preEmphasis=0.97", "no preEmphasis"],
  ["melScale=slaney,gain=32768", "gain=1 melScale=htk"],
]) {
  test(`${mistake} is mended by ${mended}`, async () => {
    const changes = mistake.split(",").length;
    const { fits, best, neighbours } = await check(mistake, "logits.json", { changes });
    assert.not(fits);
    assert.is([...best.changes].sort().join(" "), mended);
    assert.ok(best.fits && best.difference < 1e-5, String(best.difference));
    if (changes === 1) assert.is(neighbours[0], best);
  });
}

test("scores come as a list, a batch of one, by their labels, or one of a yes or no", () => {
  const read = (json: unknown, classes: number, labels?: string[]) =>
    [...expectedScores(json, classes, labels, (what) => new Error(what))].flat();
  assert.equal(read({ scores: [[1, 2, 3]] }, 3), [0, 1, 1, 2, 2, 3]);
  assert.equal(read({ c: 0.5, a: 0.25 }, 3, ["a", "b", "c"]), [2, 0.5, 0, 0.25]);
  assert.equal(read([[0.75]], 2), [0, 0.75, 1, 0.25]);
  assert.equal(read([-3], 2), [0, -3, 1, 0]);
  assert.throws(() => read({ a: 1, b: 2 }, 2), /give their list with --labels/);
  assert.throws(() => read("0.5", 2), /list of scores, or an object/);
});

test("a neighbour is a front of as many bands that does something else, named once", () => {
  for (const words of [
    ...Object.keys(PRESETS),
    RIGHT,
    `${RIGHT.replace("input=mel", "input=mfcc")},nMfcc=13`,
  ]) {
    const front = parseFrontWords(words);
    const around = neighboursOf(front);
    assert.ok(around.length >= 8, words);
    for (const { front: other } of [...around, ...furtherNeighboursOf(front)])
      assert.is(bandsOf(other), bandsOf(front));
    const names = around.map(({ changes }) => changes.join());
    assert.is(new Set(names).size, names.length, names.join("; "));
    assert.not(names.includes(""));
  }
});

test.run();

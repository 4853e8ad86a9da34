// A moment explained anew by a model whose right answers are known by hand.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { explainMoment, type MomentModels } from "../../../../client/page/moment/explain-moment.ts";
import { figuresOf } from "../../../../models/explain/figures.ts";
import { openPackFolder } from "../../../../models/pack/open-pack-node.ts";
import { type LoadedMethod, loadMethod } from "../../../../models/runtime/load-method.ts";
import { nodeRuntime } from "../../../../models/runtime/runtime-node.ts";
import { writeAskedPack } from "./asked-pack.ts";

const test = suite("explain moment");
const BINS = 257;
const RATE = 16_000;
const folder = mkdtempSync(join(tmpdir(), "listenable-moment-"));
const opened = await openPackFolder(writeAskedPack(folder));
const runtime = await nodeRuntime();
const methods = new Map<string, LoadedMethod>();
for (const name of ["asked", "bands"]) {
  methods.set(name, await loadMethod(runtime, await opened.graph(name), opened.pack, name));
}
test.after(async () => {
  for (const method of methods.values()) await method.close();
  rmSync(folder, { recursive: true });
});

/** 1 kHz ("low") and, at half its strength, 6 kHz ("high"). */
function twoTones(seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * RATE }, (_, n) => {
    const t = (2 * Math.PI * n) / RATE;
    return 0.3 * Math.sin(1_000 * t) + 0.15 * Math.sin(6_000 * t);
  });
}

/** Strength of one tone in the middle of a sound. */
function strength(samples: Float32Array, hertz: number): number {
  const from = Math.floor(samples.length / 3);
  const to = 2 * from;
  let re = 0;
  let im = 0;
  for (let n = from; n < to; n++) {
    const t = (2 * Math.PI * hertz * n) / RATE;
    re += samples[n] * Math.cos(t);
    im += samples[n] * Math.sin(t);
  }
  return (2 * Math.hypot(re, im)) / (to - from);
}

function modelsOf(name: string): MomentModels {
  const method = methods.get(name)!;
  return { explainer: method, judge: method };
}

const ask = (method: string, original: Float32Array, target = -1, heard: Float32Array | null = null) =>
  explainMoment(modelsOf(method), { original, target, heard });

test("the winner is explained, and the classifier judges both parts", async () => {
  const original = twoTones(3);
  const { explanation, mask, windows } = await ask("asked", original);
  assert.ok(Math.abs(strength(explanation, 1_000) - 0.95 * 0.3) < 0.003);
  assert.ok(Math.abs(strength(explanation, 6_000) - 0.05 * 0.15) < 0.003);
  assert.ok(mask);
  assert.is(mask.length, Math.ceil((original.length + 384) / 128) * BINS);
  assert.ok(Math.abs(mask[200 * BINS + 32] - 0.95) < 1e-6);
  assert.ok(Math.abs(mask[200 * BINS + 192] - 0.05) < 1e-6);
  const figures = figuresOf(windows, { target: -1, during: { from: 0, to: 378, windowFrames: 128 } });
  assert.ok(figures);
  assert.is(figures.target, 0);
  assert.ok(figures.whole > 0.5 && figures.explanation > figures.whole, "alone it is surer of low");
  assert.ok(figures.rest < 0.1, `most of what is left is high: ${figures.rest}`);
  assert.is(figures.increase, 1);
});

test("asked about another class, another part is kept", async () => {
  const original = twoTones(2);
  const { explanation, windows } = await ask("asked", original, 1);
  assert.ok(Math.abs(strength(explanation, 1_000) - 0.05 * 0.3) < 0.003);
  assert.ok(Math.abs(strength(explanation, 6_000) - 0.95 * 0.15) < 0.003);
  const figures = figuresOf(windows, { target: 1, during: { from: 0, to: 253, windowFrames: 128 } });
  assert.ok(figures && figures.explanation > 0.9 && figures.whole < 0.5);
});

test("a method that can't be asked explains the winner", async () => {
  const original = twoTones(2);
  const { explanation } = await ask("bands", original, 1);
  assert.ok(strength(explanation, 1_000) > 0.25);
});

test("an explanation that there is is judged and left as it is", async () => {
  const original = twoTones(2);
  const heard = original.map((sample) => 0.5 * sample);
  const answer = await ask("asked", original, -1, heard);
  assert.is(answer.explanation, heard);
  assert.is(answer.mask, null);
  assert.ok(answer.windows.length >= 5);
});

test("progress grows to the whole, and a sound shorter than a window is one window", async () => {
  const shares: number[] = [];
  const original = twoTones(0.25);
  const models = modelsOf("asked");
  const { windows } = await explainMoment(models, { original, target: -1, heard: null }, (share) => {
    shares.push(share);
  });
  assert.is(windows.length, 1);
  assert.is(shares.at(-1), 1);
  const longer: number[] = [];
  await explainMoment(models, { original: twoTones(3), target: -1, heard: null }, (share) => {
    longer.push(share);
  });
  assert.equal(
    longer,
    [...longer].sort((a, b) => a - b),
  );
  assert.ok(longer.at(-1)! > 0.95 && longer.at(-1)! <= 1, `${longer.at(-1)}`);
});

test("silence is nothing to be judged", async () => {
  const { windows, explanation } = await ask("asked", new Float32Array(2 * RATE));
  assert.is(figuresOf(windows, { target: -1, during: { from: 0, to: 253, windowFrames: 128 } }), null);
  assert.ok(explanation.every((sample) => sample === 0));
});

test.run();

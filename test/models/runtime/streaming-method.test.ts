import { test } from "uvu";
import * as assert from "uvu/assert";
import { openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { PackError, parsePack } from "../../../models/pack/pack.ts";
import { loadClassifier, loadNewest, loadWhole } from "../../../models/runtime/load-cut.ts";
import { type LoadedMethod, loadMethod, MethodInputError } from "../../../models/runtime/load-method.ts";
import { openPack } from "../../../models/runtime/open-pack-node.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { StateError, type StreamState } from "../../../models/runtime/streaming.ts";
import { noise } from "../../worklets/rig.ts";
import { BINS, BLOCK, BLOCKS, STATE } from "./streaming-pack.ts";

const opened = await openPackFolder("test/fixtures/tiny-streaming");
const { pack } = opened;
const ROW = BLOCK * BINS;
const runtimes = await Promise.all((["native", "wasm"] as const).map((build) => nodeRuntime({ build })));
const [runtime] = runtimes;

/** A sound that changes: low, then nothing, then high, with noise of its own. */
function sound(blocks: number, seed: number): Float32Array {
  return noise(blocks * ROW, seed, 2).map((value, i) => {
    const block = Math.floor(i / ROW);
    const bin = i % BINS;
    const third = Math.floor((3 * block) / blocks);
    const loud = (third === 0 && bin >= 1 && bin < 64) || (third === 2 && bin >= 128);
    return third === 1 ? 0 : Math.abs(value) * (loud ? 5 : 0.1);
  });
}

/** Blocks of so many at a time, one sound. */
async function heardIn(
  { streaming }: LoadedMethod,
  magnitudes: Float32Array,
  sizes: (left: number) => number,
  target = -1,
) {
  const masks: number[] = [];
  const probabilities: number[] = [];
  let state = streaming!.begin();
  for (let from = 0; from < magnitudes.length; ) {
    const count = Math.min(sizes(from), (magnitudes.length - from) / ROW);
    const heard = await streaming!.hear(magnitudes.subarray(from, from + count * ROW), [state], target);
    masks.push(...heard.masks);
    probabilities.push(...heard.probabilities);
    [state] = heard.states;
    from += count * ROW;
  }
  return { masks, probabilities, state };
}

function assertClose(a: ArrayLike<number>, b: ArrayLike<number>, what: string): void {
  assert.is(a.length, b.length, what);
  for (let i = 0; i < a.length; i++) {
    const away = Math.abs(a[i] - b[i]);
    if (!(away <= 1e-5 * Math.max(1, Math.abs(b[i]))))
      assert.unreachable(`${what}: ${a[i]} and ${b[i]} at ${i}`);
  }
}

async function failure(work: () => Promise<unknown>): Promise<Error> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error");
}

async function stateFailure(work: () => Promise<unknown>, code: StateError["code"]): Promise<StateError> {
  const error = await failure(work);
  assert.instance(error, StateError, error.message);
  assert.is((error as StateError).code, code);
  assert.match(error.message, "begin that sound anew");
  return error as StateError;
}

for (const runtime of runtimes) {
  test(`${runtime.name}: block by block, in pieces of any size and at once, a sound is heard the same`, async () => {
    const magnitudes = sound(53, 3);
    for (const name of ["bands", "gate"]) {
      const method = await loadWhole(runtime, opened, name);
      const one = await heardIn(method, magnitudes, () => 1);
      const all = await heardIn(method, magnitudes, () => 53);
      const pieces = await heardIn(method, magnitudes, (from) => 1 + (((from / ROW) * 7919) % 23));
      const alone = await loadMethod(runtime, await opened.graph(name), pack, name);
      const without = await heardIn(alone, magnitudes, () => 53);
      for (const other of [all, pieces, without]) {
        assertClose(other.masks, one.masks, `${name}: masks`);
        assertClose(other.probabilities, one.probabilities, `${name}: probabilities`);
        assertClose(other.state.values, one.state.values, `${name}: state`);
        assert.is(other.state.frames, 53 * BLOCK);
      }
      assert.equal(method.streaming!.blocks, [1, BLOCKS]);
      assert.equal(alone.streaming!.blocks, [1]);
      await method.close();
      await alone.close();
    }
  });
}

test("what is heard is what the formulas say: early frames of a block know its end, none knows what follows", async () => {
  const method = await loadWhole(runtime, opened, "bands");
  const magnitudes = sound(30, 5);
  const { masks, probabilities } = await heardIn(method, magnitudes, () => 30);
  let energies = [0, 0, 0];
  let weight = 0;
  for (let block = 0; block < 30; block++) {
    for (let t = block * BLOCK; t < (block + 1) * BLOCK; t++) {
      const bin = (k: number) => magnitudes[t * BINS + k] ** 2;
      const band = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, k) => bin(from + k)).reduce((a, b) => a + b, 0);
      energies = [band(1, 64), band(128, 257), 0].map((energy, k) => 0.97 * energies[k] + energy);
      weight = 0.97 * weight + 1;
    }
    const powers = energies.map((energy, k) => (energy / weight + [1e-3, 1e-3, 0.101][k]) ** 2);
    const sum = powers.reduce((a, b) => a + b, 0);
    assertClose(
      probabilities.slice(block * 3, block * 3 + 3),
      powers.map((power) => power / sum),
      `block ${block}`,
    );
    const winner = powers.indexOf(Math.max(...powers));
    for (let t = block * BLOCK; t < (block + 1) * BLOCK; t++) {
      const most = (bin: number) => masks[t * BINS + bin];
      if (winner !== 0) assert.ok(most(30) <= 0.05);
      if (winner !== 1) assert.ok(most(200) <= 0.05);
    }
  }
  const changed = magnitudes.map((value, i) => (i >= 12 * ROW ? value + 3 : value));
  const other = await heardIn(method, changed, () => 30);
  assert.equal(other.masks.slice(0, 12 * ROW), masks.slice(0, 12 * ROW), "what follows changes nothing");
  await method.close();
});

test("sounds of one call don't hear one another, whatever each has heard before", async () => {
  const method = await loadWhole(runtime, opened, "bands");
  const { streaming } = method;
  const sounds = [1, 2, 3].map((seed) => sound(40, seed));
  const single: Awaited<ReturnType<typeof heardIn>>[] = [];
  for (const [k, each] of sounds.entries()) single.push(await heardIn(method, each, () => 1, k - 1));
  let states: readonly StreamState[] = sounds.map(() => streaming!.begin());
  const masks: number[][] = [[], [], []];
  for (const [from, to] of [
    [0, 3],
    [3, 24],
    [24, 40],
  ]) {
    const given = Float32Array.from(sounds.flatMap((each) => [...each.subarray(from * ROW, to * ROW)]));
    const heard = await streaming!.hear(given, states, [-1, 0, 1]);
    states = heard.states;
    const size = heard.masks.length / 3;
    for (const [k, list] of masks.entries()) list.push(...heard.masks.subarray(k * size, (k + 1) * size));
  }
  for (const [k, { masks: expected, state }] of single.entries()) {
    assertClose(masks[k], expected, `sound ${k}`);
    assertClose(states[k].values, state.values, `state ${k}`);
  }
  await method.close();
});

test("a state is told from a foreign, a broken and a wrong one, and of which sound it is", async () => {
  const method = await loadWhole(runtime, opened, "bands");
  const streaming = method.streaming!;
  const block = sound(1, 1);
  const good = streaming.begin();
  assert.is(good.values.length, STATE);
  const bad = (more: Partial<StreamState>) => async () =>
    streaming.hear(Float32Array.from([...block, ...block]), [good, { ...good, ...more }]);
  const foreign = await stateFailure(bad({ of: "tiny-streaming 0.9.0 bands" }), "foreign");
  assert.match(
    foreign.message,
    "a state of tiny-streaming 0.9.0 bands is nothing to tiny-streaming 1.0.0 bands",
  );
  assert.equal(foreign.sounds, [1]);
  const short = await stateFailure(bad({ values: new Float32Array(STATE - 1) }), "size");
  assert.match(short.message, `has ${STATE - 1} numbers; those of tiny-streaming 1.0.0 bands have ${STATE}`);
  const odd = new Float32Array(STATE);
  odd[7] = Number.NaN;
  assert.equal((await stateFailure(bad({ values: odd }), "not-finite")).sounds, [1]);
  const gate = await loadWhole(runtime, opened, "gate");
  await stateFailure(() => gate.streaming!.hear(block, [good]), "foreign");
  await method.close();
  await gate.close();
});

test("a sound that would break its state is named, and neither it nor the others have heard anything", async () => {
  const method = await loadWhole(runtime, opened, "bands");
  const streaming = method.streaming!;
  const block = sound(1, 1);
  const {
    states: [before],
  } = await streaming.hear(block, [streaming.begin()]);
  const kept = before.values.slice();
  const tooLoud = block.map(() => 3e38);
  const given = Float32Array.from([...block, ...tooLoud]);
  const error = await stateFailure(() => streaming.hear(given, [before, before]), "not-finite");
  assert.equal(error.sounds, [1]);
  assert.equal(before.values, kept);
  const again = await streaming.hear(block, [before]);
  assert.ok(again.masks.every(Number.isFinite));
  await method.close();
});

test("values that no magnitude can have count as 0, and the state stays finite", async () => {
  const method = await loadWhole(runtime, opened, "bands");
  const streaming = method.streaming!;
  const odd = sound(1, 1).map((value, i) => [Number.NaN, Number.POSITIVE_INFINITY, -1, value][i % 4]);
  const mended = odd.map((value) => (value >= 0 && value < Number.POSITIVE_INFINITY ? value : 0));
  const a = await streaming.hear(odd, [streaming.begin()]);
  const b = await streaming.hear(mended, [streaming.begin()]);
  assert.equal(a.masks, b.masks);
  assert.equal(a.states[0].values, b.states[0].values);
  await method.close();
});

test("wrong sizes, classes and overlapping calls are refused by name", async () => {
  const method = await loadWhole(runtime, opened, "bands");
  const streaming = method.streaming!;
  const state = streaming.begin();
  const block = sound(1, 1);
  const cases: [() => Promise<unknown>, string][] = [
    [
      () => streaming.hear(block.subarray(1), [state]),
      "hears whole blocks [1, n · 4, 257], and was given 1027",
    ],
    [() => streaming.hear(new Float32Array(0), [state]), "and was given 0 values"],
    [() => streaming.hear(block, []), "hears whole blocks [0, n"],
    [() => streaming.hear(block, [state, state]), "hears whole blocks [2, n"],
    [() => streaming.hear(block, [state], 3), "target class 3 is not in 0..2"],
    [() => method.run(block, 0), "batch must be"],
  ];
  for (const [call, part] of cases) {
    const error = await failure(call);
    assert.instance(error, MethodInputError, error.message);
    assert.match(error.message, part);
  }
  const running = streaming.hear(block, [state]);
  assert.match((await failure(() => streaming.hear(block, [state]))).message, "still at the call before");
  await running;
  await method.close();
  assert.match((await failure(() => streaming.hear(block, [state]))).message, "was closed");
});

test("a sound as a whole: the answer at its end, the masks of all its frames", async () => {
  const method = await loadWhole(runtime, opened, "bands");
  const magnitudes = sound(24, 4);
  const whole = await method.run(Float32Array.from([...magnitudes, ...magnitudes]), 2, [-1, 0]);
  const won = await heardIn(method, magnitudes, () => 1);
  const asked = await heardIn(method, magnitudes, () => 1, 0);
  assert.is(whole.probabilities.length, 6);
  assertClose(whole.probabilities.subarray(0, 3), won.probabilities.slice(-3), "answer");
  assert.ok(whole.probabilities[1] > 0.9, "high at the end");
  assertClose(whole.masks, [...won.masks, ...asked.masks], "masks");
  await method.close();
});

test("the pack gives its methods and its classifier, and everybody who asks takes turns", async () => {
  const runnable = await openPack("test/fixtures/tiny-streaming", { runtime });
  const [method, classifier] = await Promise.all([runnable.method(), runnable.classifier()]);
  const magnitudes = sound(40, 6);
  const [a, b] = await Promise.all([
    heardIn(method, magnitudes, () => 40),
    heardIn(method, magnitudes, () => 7),
  ]);
  assertClose(a.masks, b.masks, "masks");
  const alone = await heardIn(classifier, magnitudes, () => 40);
  assertClose(alone.probabilities, a.probabilities, "probabilities");
  assert.ok(alone.masks.every((value) => value === 0));
  assert.ok(
    alone.state.values.subarray(0, 2 * BINS).every((value) => value === 0),
    "what only masks remember is not kept",
  );
  const unprepared = { ...opened, pack: { ...pack, classifier: undefined } };
  const cut = await loadClassifier(runtime, unprepared, "bands");
  const cutNow = await heardIn(cut, magnitudes, () => 40);
  assertClose(cutNow.probabilities, a.probabilities, "cut when it was loaded");
  assert.equal((await loadNewest(runtime, opened, undefined, 2)).maskShape, [BLOCK, BINS]);
  await cut.close();
  await runnable.close();
});

test("graphs that don't fit the pack are refused", async () => {
  const graph = await opened.graph();
  const wrongs = [
    { pack: { ...pack, streaming: { state: 12 } }, part: "has state [B, 519]; pack.json says [B, 12]" },
    { pack: { ...pack, windowFrames: 8 }, part: "has magnitudes [B, 4, 257]; pack.json says [B, 8, 257]" },
    {
      pack: { ...pack, streaming: undefined },
      part: "inputs magnitudes, state, target; it should have magnitudes, target",
    },
  ];
  for (const { pack: described, part } of wrongs) {
    const error = await failure(() => loadMethod(runtime, graph, described));
    assert.instance(error, PackError);
    assert.match(error.message, part);
  }
  const text = JSON.parse(JSON.stringify(pack));
  for (const frames of [BLOCK, 3 * BLOCK + 1]) {
    text.classifier.blocks = [{ frames, graph: "x.onnx" }];
    assert.throws(() => parsePack(text, "odd"), /method classifier has graphs for several blocks/);
  }
});

test.run();

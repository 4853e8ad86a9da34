// A whole sound through a streaming pack whose right answers are known by hand: as block by block, with a memory of its own.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { joined } from "../../../dsp/joined.ts";
import { spectrogramMagnitudes, stft } from "../../../dsp/offline.ts";
import {
  type ExplainedBlock,
  explainSound,
  explainStream,
  figuresOf,
  hearSound,
  judgeParts,
  openPack,
} from "../../../models/index-node.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";
import { BINS, BLOCK, BLOCKS } from "../runtime/streaming-pack.ts";

const test = suite("explain sounds block by block");
const RATE = 16_000;
/** Blocks that an answer is about. */
const SECOND = 32;
let runs = 0;
const runtime = await nodeRuntime();
const pack = await openPack("test/fixtures/tiny-streaming", {
  runtime: { ...runtime, onRun: () => runs++ },
});
test.after(() => pack.close());

/** A tone with a little noise, from and to seconds. */
function tone(hertz: number, seconds: number, { rate = RATE, amplitude = 0.3, from = 0, to = seconds } = {}) {
  let state = hertz;
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, n) => {
    if (n < from * rate || n >= to * rate) return 0;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return amplitude * (Math.sin((2 * Math.PI * hertz * n) / rate) + 0.1 * (state / 2 ** 32 - 0.5));
  });
}

const mixed = (...sounds: readonly Float32Array[]) =>
  sounds[0].map((_, n) => sounds.reduce((sum, sound) => sum + sound[n], 0));

/** "low" all the time, "high" over it in the last second of three, where it wins. */
const LOW_THEN_HIGH = mixed(tone(1_000, 3, { amplitude: 0.1 }), tone(6_000, 3, { from: 2, amplitude: 0.4 }));

function furthest(a: Float32Array, b: Float32Array): number {
  assert.is(a.length, b.length);
  return a.reduce((most, value, n) => Math.max(most, Math.abs(value - b[n])), 0);
}

async function inPieces(sound: Float32Array, size: (at: number) => number, options = {}) {
  function* pieces() {
    for (let at = 0; at < sound.length; ) {
      const end = at + size(at);
      yield sound.subarray(at, end);
      at = end;
    }
  }
  const blocks: ExplainedBlock[] = [];
  for await (const block of explainStream(pack, pieces(), { rate: RATE, ...options })) blocks.push(block);
  return {
    explanation: joined(blocks.map((block) => block.explanation)),
    mask: joined(blocks.map((block) => block.mask)),
    windows: blocks.flatMap((block) => block.windows),
  };
}

test("a whole sound, pieces of any size and blocks one by one get the same masks and answers", async () => {
  const whole = await explainSound(pack, LOW_THEN_HIGH, { rate: RATE });
  const method = await pack.method();
  const frames = Math.ceil(whole.frames / BLOCK) * BLOCK;
  const heard = new Float32Array(frames * BINS);
  heard.set(whole.magnitudes);
  const shape = { window: 512, hop: 128, bins: BINS };
  const spectra = spectrogramMagnitudes(stft(LOW_THEN_HIGH, shape));
  assert.ok(
    furthest(whole.magnitudes.subarray(0, spectra.length), spectra.subarray(0, whole.magnitudes.length)) <
      1e-4,
  );
  let state = method.streaming!.begin();
  for (let block = 0; block < frames / BLOCK; block++) {
    const rows = [block * BLOCK * BINS, (block + 1) * BLOCK * BINS] as const;
    const answer = await method.streaming!.hear(heard.subarray(...rows), [state]);
    [state] = answer.states;
    const mask = whole.mask.subarray(...rows);
    assert.ok(furthest(mask, answer.masks.subarray(0, mask.length)) < 1e-5, `block ${block}`);
    const said = whole.windows[block];
    assert.is(said.firstFrame, block * BLOCK);
    assert.ok(furthest(said.probabilities, answer.probabilities) < 1e-5, `block ${block}`);
  }
  assert.is(whole.windows.length, frames / BLOCK);
  for (const size of [() => 1 + 37, (at: number) => 1 + ((at * 7919) % 30_011)]) {
    const pieces = await inPieces(LOW_THEN_HIGH, size);
    assert.ok(furthest(pieces.mask, whole.mask) < 1e-5);
    assert.ok(furthest(pieces.explanation, whole.explanation) < 1e-5);
    assert.is(pieces.windows.length, whole.windows.length);
    for (const [k, { probabilities, silent, power, weight }] of pieces.windows.entries()) {
      assert.ok(furthest(probabilities, whole.windows[k].probabilities) < 1e-5);
      assert.equal(
        [silent, power, weight],
        [whole.windows[k].silent, whole.windows[k].power, whole.windows[k].weight],
      );
    }
  }
});

test("explanation and rest are the sound, at any rate; a frame is explained as the class that wins its block", async () => {
  for (const rate of [RATE, 44_100]) {
    const sound = mixed(
      tone(1_000, 3, { amplitude: 0.1, rate }),
      tone(6_000, 3, { from: 2, amplitude: 0.4, rate }),
    );
    const { explanation, rest, decision, windows } = await explainSound(pack, sound, { rate });
    assert.is(explanation.length, sound.length);
    assert.ok(furthest(mixed(explanation, rest), sound) < 1e-6);
    assert.is(decision.label, "low", "for two seconds of three");
    assert.ok(windows.at(-1)!.probabilities[1] > 0.9, "high in the end");
    const energy = (from: number, to: number, part: Float32Array) =>
      part.subarray(from * rate, to * rate).reduce((sum, sample) => sum + sample * sample, 0);
    assert.ok(energy(0.5, 1.9, explanation) > 0.5 * energy(0.5, 1.9, sound), "low is explained");
    assert.ok(energy(2.5, 2.9, explanation) > 0.5 * energy(2.5, 2.9, sound), "then high is");
  }
});

test("a clip of five seconds needs few runs, and says how far it is", async () => {
  await pack
    .method()
    .then((method) =>
      method.streaming!.hear(new Float32Array(BLOCKS * BLOCK * BINS), [method.streaming!.begin()]),
    );
  runs = 0;
  const shares: number[] = [];
  const { windows } = await explainSound(pack, tone(1_000, 5), {
    rate: RATE,
    onProgress: (share) => void shares.push(share),
  });
  assert.is(windows.length, 157);
  assert.is(runs, Math.ceil(157 / BLOCKS));
  assert.is(shares.length, runs);
  assert.is(shares.at(-1), 1);
  assert.ok(shares.every((share, k) => share > (shares[k - 1] ?? 0)));
});

test("a sound knows nothing of the one before it", async () => {
  const alone = await explainSound(pack, tone(6_000, 1), { rate: RATE });
  await explainSound(pack, tone(1_000, 1, { amplitude: 0.9 }), { rate: RATE });
  const [again, beside] = await Promise.all([
    explainSound(pack, tone(6_000, 1), { rate: RATE }),
    explainSound(pack, tone(1_000, 1, { amplitude: 0.9 }), { rate: RATE }),
  ]);
  assert.equal(again.mask, alone.mask);
  assert.equal(again.windows, alone.windows);
  assert.is(beside.decision.label, "low");
});

test("what is said early counts by how much was heard, and a click by the second that it is in", async () => {
  const { windows } = await explainSound(pack, tone(1_000, 2), { rate: RATE });
  assert.ok(Math.abs(windows[0].weight! - 1 / SECOND) < 1e-9);
  assert.is(windows[SECOND - 1].weight, 1);
  assert.is(windows.at(-1)!.weight, 1);

  const click = tone(1_000, 4, { from: 2, to: 2.02, amplitude: 0.9 });
  const clicked = await explainSound(pack, click, { rate: RATE });
  const heard = clicked.windows.filter(({ silent }) => !silent);
  assert.ok(Math.abs(heard.length - SECOND) <= 2, `${heard.length} blocks know of it`);
  const loudness = heard.slice(2, -2).map(({ power }) => power);
  assert.ok(Math.max(...loudness) < 1.01 * Math.min(...loudness), "all alike: they are about the same");
  assert.is(clicked.decision.silentWindows, clicked.windows.length - heard.length);
  assert.is(clicked.decision.label, "low");
});

test("silence says nothing, and is all rest", async () => {
  const { decision, explanation, windows } = await explainSound(pack, new Float32Array(2 * RATE), {
    rate: RATE,
  });
  assert.is(decision.label, null);
  assert.is(decision.silentWindows, windows.length);
  assert.ok(explanation.every((sample) => sample === 0));
});

test("the classifier hears both parts on and on, each with a memory of its own", async () => {
  const explained = await explainSound(pack, LOW_THEN_HIGH, { rate: RATE, target: "low" });
  const judged = await judgeParts(pack, explained);
  assert.is(judged.length, explained.windows.length);
  const alone = await hearSound(pack, explained.rest, { rate: RATE });
  for (const [k, { rest, weight }] of judged.entries()) {
    assert.equal(rest, alone[k].silent ? new Float32Array(3) : alone[k].probabilities);
    assert.is(weight, explained.windows[k].weight);
  }
  const inLastSecond = { from: 2.5 * 125, to: 3 * 125, windowFrames: BLOCK };
  const figures = figuresOf(judged, { target: 0, during: inLastSecond });
  assert.ok(
    figures!.explanation > 0.8 && figures!.whole < 0.2,
    "low alone is low, though high wins the whole",
  );
});

test("a class that a method can't be asked about is only where it wins", async () => {
  const options = { rate: RATE, method: "gate", target: "high", ifUnaskable: "only-where-it-wins" } as const;
  const all = await explainSound(pack, LOW_THEN_HIGH, { rate: RATE, method: "gate" });
  const high = await explainSound(pack, LOW_THEN_HIGH, options);
  for (const [block, { probabilities }] of high.windows.entries()) {
    const rows = [block * BLOCK * BINS, (block + 1) * BLOCK * BINS] as const;
    const wins = probabilities[1] === Math.max(...probabilities);
    const expected = wins ? all.mask.subarray(...rows) : new Float32Array(all.mask.subarray(...rows).length);
    assert.equal(high.mask.subarray(...rows), expected);
  }
});

test.run();

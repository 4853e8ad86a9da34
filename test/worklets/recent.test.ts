// What went out lately: kept by the audio thread, copied by another, and told in pieces where nothing is shared.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { applyMask, StreamingIstft, StreamingStft } from "../../dsp/index.ts";
import { BINS, HOP, OWN_STFT } from "../../lab/networks/own-shape.ts";
import { MaskState } from "../../protocol/mask-state.ts";
import type { ProcessorToPage, RecentHops } from "../../protocol/port.ts";
import { emptyHops, Recent, recentBytes } from "../../worklets/recent.ts";
import { PIECE_HOPS, RecentSender } from "../../worklets/recent-sender.ts";
import { constantMask, largestDifference, noise, OWN_SHAPE, Rig } from "./rig.ts";

const test = suite("recent");

function recentOf(buffer: ArrayBufferLike = new SharedArrayBuffer(recentBytes(OWN_SHAPE))): Recent {
  return new Recent(buffer, OWN_SHAPE);
}

/** Everything that is kept, at most `recent.wanted` hops. */
function kept(recent: Recent): RecentHops {
  const count = Math.min(recent.wanted, recent.written);
  const hops = emptyHops(count, OWN_SHAPE);
  assert.ok(recent.copy(recent.written - count, count, hops));
  return hops;
}

/** Ten seconds and a half of hops that can be told apart. */
function writeHops(recent: Recent, count: number, first = 0): void {
  for (let n = first; n < first + count; n++) {
    const original = new Float32Array(HOP).fill(n);
    const explanation = new Float32Array(HOP).fill(n / 2);
    recent.write(n, original, explanation, constantMask((n % 100) / 100), 0, MaskState.own);
  }
}

test("ten seconds are kept, the oldest are overwritten", () => {
  const recent = recentOf();
  assert.is(recent.wanted, 1_250);
  writeHops(recent, 5_000);
  const hops = kept(recent);
  assert.is(hops.frames[0], 3_750);
  assert.is(hops.frames.at(-1), 4_999);
  assert.is(hops.original[1_000 * HOP + 5], 4_750);
  assert.is(hops.explanation[1_000 * HOP + 5], 2_375);
  assert.is(hops.mask[1_000 * BINS + 256], 0.5);
});

test("a reader that was overtaken is told", () => {
  const recent = recentOf();
  writeHops(recent, recent.capacity + 10);
  const hops = emptyHops(5, OWN_SHAPE);
  assert.not(recent.copy(9, 5, hops), "hop 9 was overwritten");
  assert.not(recent.copy(10, 5, hops), "hop 10 is the next to be overwritten, and may be half so");
  assert.ok(recent.copy(11, 5, hops));
  assert.is(hops.frames[0], 11);
});

test("frame numbers are exact beyond what 32 bits count", () => {
  const recent = recentOf();
  const frame = 2 ** 40 + 1;
  recent.write(frame, new Float32Array(HOP), new Float32Array(HOP), constantMask(1), 0, MaskState.own);
  assert.is(kept(recent).frames[0], frame);
});

test("what is kept is what was heard, whatever the listener chose, and in step with its frames", () => {
  const input = noise(40 * HOP, 4);
  const masks = (frame: number) => constantMask(0.25 + (frame % 3) / 4);
  const outputs = { original: 0, explanation: 1, rest: 2 } as const;
  for (const listening of Object.keys(outputs) as (keyof typeof outputs)[]) {
    const recent = recentOf();
    const rig = new Rig({ recent, listening, delayFrames: 5 });
    rig.maskEvery(masks);
    const output = rig.run(input);
    const hops = kept(recent);
    assert.equal([...hops.frames.slice(0, 3)], [0, 1, 2]);
    // Rate and model rate are the same here: hop k of what is kept lies some whole number of samples late in the output.
    const heard =
      listening === "original"
        ? hops.original
        : listening === "explanation"
          ? hops.explanation
          : hops.original.map((sample, n) => sample - hops.explanation[n]);
    // At equal rates the delay is D hops and one window; the hop that frame 0 completes lies a window less a hop back.
    const begin = 5 * HOP + HOP;
    assert.ok(
      largestDifference(output.slice(begin, begin + 20 * HOP), heard.slice(0, 20 * HOP)) < 1e-6,
      listening,
    );
    assert.ok(Math.abs(hops.mask[4 * BINS + 7] - masks(4)[7]) < 1e-6);
  }
});

test("sound, frames and masks belong together: masking the original anew gives the explanation", () => {
  const recent = recentOf();
  const rig = new Rig({ recent, delayFrames: 5 });
  const next = noise(BINS * 60, 5, 1);
  rig.maskEvery((frame) => next.slice(frame * BINS, (frame + 1) * BINS).map(Math.abs));
  rig.run(noise(50 * HOP, 6));
  const { original, explanation, mask, frames } = kept(recent);
  const stft = new StreamingStft(OWN_STFT);
  const istft = new StreamingIstft(OWN_STFT);
  const again = new Float32Array(original.length);
  const ahead = istft.delay / HOP;
  stft.push(original, (spectrum, frame) => {
    if (frame < ahead) return;
    applyMask(spectrum, mask, "linear", spectrum, (frame - ahead) * BINS);
    istft.add(spectrum, again, frame * HOP);
  });
  // `istft` gives the samples of hop k - ahead with frame k; the first ones lack frames from before the moment.
  const settled = 2 * ahead * HOP;
  const late = ahead * HOP;
  let largest = 0;
  for (let n = settled; n + late < again.length; n++)
    largest = Math.max(largest, Math.abs(again[n + late] - explanation[n]));
  assert.ok(largest < 1e-5, `${largest}`);
  assert.is(frames.length * HOP, original.length);
});

test("while the delay changes, what is kept is what was heard: faded, without a gap in the output", () => {
  const recent = recentOf();
  const rig = new Rig({ recent, delayFrames: 4, listening: "explanation" });
  rig.maskEvery(() => constantMask(0.5));
  const input = noise(200 * HOP, 7);
  let at = 0;
  const output = rig.run(input, () => {
    at += 128;
    if (at === 60 * HOP) rig.explainer.setDelay(20);
    if (at === 120 * HOP) rig.explainer.setDelay(2);
    return 128;
  });
  const { explanation, frames } = kept(recent);
  const begin = 4 * HOP + HOP;
  assert.ok(
    largestDifference(output.slice(begin, begin + 150 * HOP), explanation.slice(0, 150 * HOP)) < 1e-6,
  );
  const jumps = [...frames].filter((frame, n) => n > 0 && frame !== frames[n - 1] + 1).length;
  assert.is(jumps, 2, "one jump back, one forward");
});

test("what is kept tells how each frame came by its mask, over a change of the delay too", () => {
  const recent = recentOf();
  const rig = new Rig({ recent, delayFrames: 4, holdFrames: 5, fadeFrames: 10 });
  rig.onRecord = ({ frame }) => {
    if (frame < 100) rig.board.write(frame, constantMask(0.5));
  };
  let at = 0;
  rig.run(noise(160 * HOP, 7), () => {
    at += 128;
    if (at === 60 * HOP) rig.explainer.setDelay(20);
    return 128;
  });
  const { frames, states } = kept(recent);
  frames.forEach((frame, n) => {
    const state = states[n];
    if (frame < 100) assert.is(state, MaskState.own, `frame ${frame}`);
    else if (frame < 105) assert.is(state, MaskState.held, `frame ${frame}`);
    else assert.is(state, frame < 114 ? MaskState.fading : MaskState.none, `frame ${frame}`);
  });
  assert.ok(states.includes(MaskState.none));
});

test("told in pieces, it is the same as copied, while more goes out", () => {
  const recent = recentOf(new ArrayBuffer(recentBytes(OWN_SHAPE)));
  writeHops(recent, 3_000);
  const expected = kept(recent);
  const told = emptyHops(recent.wanted, OWN_SHAPE);
  let at = 0;
  let left = -1;
  const sender = new RecentSender(recent, OWN_SHAPE, (message: ProcessorToPage) => {
    if (message.type !== "recent") throw new Error(message.type);
    const { hops, piece } = message;
    assert.is(message.freeze, 7);
    told.frames.set(piece.frames.subarray(0, hops), at);
    told.original.set(piece.original.subarray(0, hops * HOP), at * HOP);
    told.explanation.set(piece.explanation.subarray(0, hops * HOP), at * HOP);
    told.mask.set(piece.mask.subarray(0, hops * BINS), at * BINS);
    at += hops;
    left = message.left;
  });
  sender.begin(7);
  let blocks = 0;
  for (; left !== 0; blocks++) {
    sender.step();
    // As much as the largest block of a polyfill lets out: 16,384 samples at 48 kHz.
    writeHops(recent, 43, 3_000 + 43 * blocks);
  }
  assert.is(blocks, Math.ceil(1_250 / PIECE_HOPS));
  assert.equal(told, expected);
});

test("before anything went out, a freeze is answered all the same", () => {
  const answers: ProcessorToPage[] = [];
  const sender = new RecentSender(recentOf(), OWN_SHAPE, (message) => answers.push(message));
  sender.begin(1);
  sender.step();
  assert.is(answers.length, 1);
  assert.is((answers[0] as { left: number }).left, 0);
});

test.run();

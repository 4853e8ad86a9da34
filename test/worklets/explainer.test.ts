import { test } from "uvu";
import * as assert from "uvu/assert";
import { BINS, HOP, WINDOW } from "../../lab/networks/own-shape.ts";
import { MaskState } from "../../protocol/mask-state.ts";
import {
  constantMask,
  delayed,
  largestBend,
  largestDifference,
  noise,
  OWN_SHAPE,
  Rig,
  random,
  rms,
  sine,
} from "./rig.ts";

const listenings = ["original", "explanation", "rest"] as const;

/** Ones below `edge`, zeros from there on. */
const lowMask = (edge: number) => Float32Array.from({ length: BINS }, (_, bin) => (bin < edge ? 1 : 0));

test("at the model's rate a mask of ones gives the input back, D hops and 512 samples late, however it is cut up", () => {
  const input = noise(16_000, 1);
  for (const [seed, delayFrames] of [
    [1, 0],
    [2, 7],
    [3, 40],
  ]) {
    const next = random(seed);
    for (const sizes of [() => 128, () => 1 + Math.floor(next() * 700), () => 1]) {
      const rig = new Rig({ delayFrames });
      rig.maskEvery(() => constantMask(1));
      const output = rig.run(input, sizes);
      const late = delayFrames * HOP + WINDOW;
      assert.is(Math.round(rig.explainer.latencySeconds * 16_000), late);
      assert.ok(largestDifference(output, delayed(input, late)) <= 1e-5);
    }
  }
});

test("original is the untouched input, and explanation plus rest is the original, sample by sample", () => {
  for (const sampleRate of [16_000, 44_100, 48_000]) {
    const input = noise(sampleRate / 2, 4);
    const [original, explanation, rest] = listenings.map((listening) => {
      const rig = new Rig({ listening, sampleRate });
      const next = random(9);
      rig.maskEvery(() => Float32Array.from({ length: BINS }, next));
      return rig.run(input);
    });
    const sum = explanation.map((value, n) => value + rest[n]);
    assert.ok(largestDifference(sum, original) <= 1e-6, `at ${sampleRate}`);
    assert.ok(rms(explanation) > 0.05 && rms(rest) > 0.05);
    if (sampleRate === 16_000) assert.ok(largestDifference(original, delayed(input, 4 * HOP + WINDOW)) === 0);
  }
});

test("at every device rate the sound comes back as it went in, as late as stated", () => {
  for (const sampleRate of [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000]) {
    // Within the pass band of both resamplers.
    const hz = 0.3 * Math.min(sampleRate, 16_000);
    const length = Math.round(sampleRate * 0.5);
    const input = sine(length, hz, sampleRate);
    const next = random(sampleRate);
    const rig = new Rig({ sampleRate });
    rig.maskEvery(() => constantMask(1));
    const output = rig.run(input, () => 1 + Math.floor(next() * 1000));
    const late = rig.explainer.latencySeconds * sampleRate;
    const expected = Float32Array.from(
      { length },
      (_, n) => 0.5 * Math.sin((2 * Math.PI * hz * (n - late)) / sampleRate),
    );
    const settled = Math.ceil(late + 0.05 * sampleRate);
    const error = largestDifference(output, expected, settled);
    assert.ok(error < 2e-3, `at ${sampleRate} Hz off by ${error}`);
    assert.ok(rig.explainer.latencySeconds < 0.032 + 4 * 0.008 + 0.012, `${rig.explainer.latencySeconds} s`);
  }
});

test("the chunking of the input changes nothing at other rates either", () => {
  const input = noise(20_000, 5);
  const outputs = [() => 128, () => 1, () => 4096].map((sizes) => {
    const rig = new Rig({ sampleRate: 44_100 });
    rig.maskEvery(() => lowMask(80));
    return rig.run(input, sizes);
  });
  assert.is(largestDifference(outputs[0], outputs[1]), 0);
  assert.is(largestDifference(outputs[0], outputs[2]), 0);
});

test("a pack of another rate and other frames: as late as its own hops and window say, to the sample", () => {
  for (const [rate, window, hop] of [
    [44_100, 1024, 512],
    [22_050, 2048, 512],
    [16_000, 512, 64],
    [8_000, 256, 16],
  ]) {
    const shape = { sampleRate: rate, window, hop, bins: window / 2 + 1, phases: false };
    const input = noise(rate, 3);
    const next = random(window);
    const rig = new Rig({ sampleRate: rate, shape, delayFrames: 5 });
    rig.maskEvery(() => constantMask(1, shape.bins));
    const output = rig.run(input, () => 1 + Math.floor(next() * 700));
    const late = 5 * hop + window;
    assert.is(Math.round(rig.explainer.latencySeconds * rate), late);
    const error = largestDifference(output, delayed(input, late));
    assert.ok(error <= 1e-5, `${rate} Hz, ${window}/${hop}: ${error}`);
    assert.is(rig.records[9].missed, 0);

    const low = sine(24_000, 500, 48_000);
    const resampled = new Rig({ sampleRate: 48_000, shape, delayFrames: 5 });
    resampled.maskEvery(() => constantMask(1, shape.bins));
    const heard = resampled.run(low);
    const seconds = resampled.explainer.latencySeconds;
    const expected = low.map((_, n) => 0.5 * Math.sin(2 * Math.PI * 500 * (n / 48_000 - seconds)));
    const settled = Math.ceil((seconds + 0.05) * 48_000);
    assert.ok(largestDifference(heard, expected, settled) < 2e-3, `${rate} Hz at a device of 48 kHz`);
  }
});

test("where the model wants phases, records carry those of the frame that has just arrived", () => {
  const rig = new Rig({ shape: { ...OWN_SHAPE, phases: true } });
  rig.maskEvery(() => constantMask(1));
  // Eight periods a hop: the angle at its bin is the same in every frame.
  rig.run(sine(128 * 20, 1_000, 16_000));
  const angles = rig.records.slice(4).map(({ phases }) => phases[32]);
  assert.ok(Math.max(...angles) - Math.min(...angles) < 1e-3 && Math.abs(angles[0] + Math.PI / 2) < 1e-3);
  assert.is(new Rig().records.length, 0);
});

test("a mask of a band keeps that band and the rest keeps the others", () => {
  // 1 kHz is bin 32, 4 kHz is bin 128.
  const low = sine(16_000, 1_000, 16_000);
  const high = sine(16_000, 4_000, 16_000);
  const input = low.map((value, n) => value + high[n]);
  const late = 4 * HOP + WINDOW;
  for (const [listening, expected] of [
    ["explanation", low],
    ["rest", high],
  ] as const) {
    const rig = new Rig({ listening });
    rig.maskEvery(() => lowMask(64));
    assert.ok(largestDifference(rig.run(input), delayed(expected, late), late + WINDOW) < 1e-3);
  }
});

test("each frame gets the mask of its own index", () => {
  const input = noise(16_000, 6);
  const rig = new Rig({ delayFrames: 10 });
  // Frames 40 to 59 pass, the others don't: in time, input samples (40 + 1) * 128 - 512 to 60 * 128 at the widest.
  rig.maskEvery((frame) => constantMask(frame >= 40 && frame < 60 ? 1 : 0));
  const output = rig.run(input);
  const late = 10 * HOP + WINDOW;
  const start = 41 * HOP - WINDOW + late;
  const end = 60 * HOP + late;
  assert.is(rms(output, 0, start), 0);
  assert.is(rms(output, end + 1), 0);
  const core = start + WINDOW - HOP;
  assert.ok(largestDifference(output, delayed(input, late), core, end - WINDOW + HOP) < 1e-5);
});

test("log masking multiplies log1p of the magnitude", () => {
  const input = sine(16_000, 1_000, 16_000);
  const rig = new Rig({ masking: "log1p" });
  rig.maskEvery(() => constantMask(0.5));
  const output = rig.run(input);
  // Peak bin of a sine of amplitude 0.5 under a Hann window of 512: 64; sqrt(1 + 64) - 1 of it is left.
  const expected = (Math.sqrt(65) - 1) / 64;
  const ratio = rms(output, 8_000) / rms(input, 8_000);
  assert.ok(Math.abs(ratio - expected) < 0.03, `${ratio}, expected about ${expected}`);
});

test("records carry the magnitudes of each new frame and the mask that was applied D frames later", () => {
  const rig = new Rig({ delayFrames: 5 });
  rig.maskEvery((frame) => constantMask((frame % 10) / 10));
  rig.run(sine(128 * 50, 2_000, 16_000));
  assert.equal(
    rig.records.map(({ frame }) => frame),
    Array.from({ length: 50 }, (_, n) => n),
  );
  for (const { frame, appliedFrame, mask, magnitudes } of rig.records) {
    assert.is(appliedFrame, Math.max(-1, frame - 5));
    if (appliedFrame >= 0) assert.is(mask[100], Math.fround((appliedFrame % 10) / 10));
    if (frame > 4) assert.is(magnitudes.indexOf(Math.max(...magnitudes)), 64);
  }
});

test("changing what is heard does not click", () => {
  const rate = 48_000;
  const input = sine(2 * rate, 500, rate);
  const rig = new Rig({ sampleRate: rate, listening: "original" });
  // The explanation is the sound turned down, so all three differ in level and a jump would be heard.
  rig.maskEvery(() => constantMask(0.2));
  let block = 0;
  const output = rig.run(input, () => {
    block++;
    if (block % 31 === 0) rig.explainer.choose(listenings[(block / 31) % 3]);
    // Changes of mind before a fade has ended.
    if (block % 100 === 0) rig.explainer.choose("rest");
    if (block % 100 === 1) rig.explainer.choose("explanation");
    return 128;
  });
  const settled = Math.round(0.2 * rate);
  // A sine bends by amplitude * (2 pi f / rate)^2; the fade may add little to that.
  const own = 0.5 * ((2 * Math.PI * 500) / rate) ** 2;
  assert.ok(largestBend(output, settled) < 1.5 * own, `${largestBend(output, settled) / own}`);
  assert.ok(rms(output, settled) > 0.05);
});

test("the delay changes by a cross-fade, up and down, and then holds exactly", () => {
  const input = sine(32_000, 300, 16_000);
  const rig = new Rig({ delayFrames: 10, maxDelayFrames: 30 });
  rig.maskEvery(() => constantMask(1));
  let at = 0;
  const output = rig.run(input, () => {
    if (at === 6_400) rig.explainer.setDelay(21);
    if (at === 16_000) rig.explainer.setDelay(3);
    // Two wishes during the fade: the last one counts.
    if (at === 16_256) rig.explainer.setDelay(25);
    if (at === 16_384) rig.explainer.setDelay(13);
    at += 128;
    return 128;
  });
  const own = 0.5 * ((2 * Math.PI * 300) / 16_000) ** 2;
  assert.ok(largestBend(output, 10 * HOP + WINDOW + 8) < 2 * own);
  for (const [delayFrames, from, to] of [
    [10, 3_000, 6_400],
    [21, 8_000, 16_000],
    [13, 19_000, 32_000],
  ]) {
    const late = delayFrames * HOP + WINDOW;
    assert.ok(largestDifference(output, delayed(input, late), from, to) < 1e-5, `D = ${delayFrames}`);
  }
  assert.is(rig.explainer.delayFrames, 13);
  assert.is(rig.records.at(-1)?.missed, 0);
  rig.explainer.setDelay(1_000);
  rig.run(input.subarray(0, 4_096));
  assert.is(rig.explainer.delayFrames, 30, "never beyond its limit");
});

test("a missing mask holds the last one, then fades to ones, and is counted", () => {
  const input = sine(128 * 200, 1_000, 16_000);
  const rig = new Rig({ delayFrames: 2, lateFrames: 2, holdFrames: 20, fadeFrames: 40 });
  rig.onRecord = ({ frame }) => {
    if (frame >= 10 && frame < 50) rig.board.write(frame, constantMask(0.25));
    if (frame >= 150) rig.board.write(frame, constantMask(0.5));
  };
  const output = rig.run(input);
  const maskOf = new Map(rig.records.map((record) => [record.appliedFrame, record.mask[7]]));
  assert.is(maskOf.get(5), 1, "neutral before the first mask");
  assert.is(maskOf.get(49), 0.25);
  assert.is(maskOf.get(69), 0.25, "held");
  assert.ok(Math.abs((maskOf.get(89) ?? 0) - (0.25 + 0.75 * 0.5)) < 1e-6, "half faded");
  assert.is(maskOf.get(109), 1, "neutral");
  assert.is(maskOf.get(149), 1);
  assert.is(maskOf.get(150), 0.5);
  const { late, missed } = rig.records.at(-1)!;
  assert.equal(
    [late, missed],
    [3, 98],
    "frames 50 and 51, then to 149; of those before only 9, whose time came later than the first mask",
  );
  assert.ok(largestBend(output, 3_000) < 2 * 0.5 * ((2 * Math.PI * 1_000) / 16_000) ** 2);
});

test("every frame tells how it came by its mask: its own, held, fading or none", () => {
  const rig = new Rig({ delayFrames: 2, lateFrames: 2, holdFrames: 20, fadeFrames: 40 });
  rig.onRecord = ({ frame }) => {
    if ((frame >= 10 && frame < 50) || frame >= 150) rig.board.write(frame, constantMask(0.25));
  };
  rig.run(noise(HOP * 200, 3));
  assert.equal(stretches(rig), [
    [MaskState.none, 0, 9],
    [MaskState.own, 10, 49],
    [MaskState.held, 50, 69],
    [MaskState.fading, 70, 108],
    [MaskState.none, 109, 149],
    [MaskState.own, 150, 197],
  ]);
  for (const { maskState, mask, appliedFrame } of rig.records) {
    if (appliedFrame >= 0 && maskState === MaskState.none) assert.is(mask[7], 1, "all of it passes");
  }
});

test("masks that are late from the first one on are no masks: there is nothing to hold", () => {
  const rig = new Rig({ delayFrames: 3, lateFrames: 2, holdFrames: 20, fadeFrames: 40 });
  rig.onRecord = ({ frame }) => {
    if (frame >= 4 && frame < 100) rig.board.write(frame - 4, constantMask(0.5));
    if (frame >= 100) rig.board.write(frame, constantMask(0.5));
  };
  rig.run(noise(HOP * 120, 3));
  assert.equal(stretches(rig), [
    [MaskState.none, 0, 99],
    [MaskState.own, 100, 116],
  ]);
});

/** Frames in a row that came by their masks in the same way: how, the first and the last. */
function stretches({ records }: Rig): number[][] {
  const found: number[][] = [];
  for (const { appliedFrame: frame, maskState } of records) {
    if (frame < 0) continue;
    const last = found.at(-1);
    if (last?.[0] === maskState) last[2] = frame;
    else found.push([maskState, frame, frame]);
  }
  return found;
}

test("a mask that comes after its deadline is not used", () => {
  const rig = new Rig({ delayFrames: 3 });
  rig.onRecord = ({ frame }) => {
    if (frame < 10) rig.board.write(frame, constantMask(0.5));
    // Frame k went out at record k + 3; these come one later.
    else if (frame >= 14) rig.board.write(frame - 4, constantMask(0));
  };
  rig.run(noise(128 * 30, 8));
  for (const { appliedFrame, mask } of rig.records) if (appliedFrame >= 0) assert.is(mask[0], 0.5);
  assert.is(rig.records.at(-1)?.late, 2, "16 ms");
  assert.is(rig.records.at(-1)?.missed, 27 - 10 - 2);
});

test("NaN, infinities and absurd values count as silence and leave no trace", () => {
  const input = noise(16_000, 9);
  const spoiled = input.slice();
  for (const [at, value] of [
    [2_000, Number.NaN],
    [2_001, Number.POSITIVE_INFINITY],
    [2_002, -1e30],
  ]) {
    input[at] = 0;
    spoiled[at] = value;
  }
  const [expected, output] = [input, spoiled].map((samples) => {
    const rig = new Rig({ sampleRate: 44_100 });
    rig.maskEvery(() => constantMask(0.7));
    return rig.run(samples);
  });
  assert.is(largestDifference(output, expected), 0);
});

test("silence, DC and full-scale square waves pass through", () => {
  const square = Float32Array.from({ length: 16_000 }, (_, n) => (Math.floor(n / 40) % 2 ? 1 : -1));
  for (const input of [new Float32Array(16_000), new Float32Array(16_000).fill(0.8), square]) {
    const rig = new Rig();
    rig.maskEvery(() => constantMask(1));
    assert.ok(largestDifference(rig.run(input), delayed(input, 4 * HOP + WINDOW)) < 1e-5);
  }
});

test("records that the worker does not take are counted and cost the sound nothing", () => {
  const input = noise(128 * 100, 10);
  const rig = new Rig({ listening: "original" });
  rig.full = true;
  const output = rig.run(input.slice(0, 128 * 50));
  rig.full = false;
  rig.run(input.slice(128 * 50));
  assert.is(rig.records[0].frame, 50);
  assert.is(rig.records[0].dropped, 50);
  assert.ok(largestDifference(output, delayed(input.slice(0, 128 * 50), 4 * HOP + WINDOW)) === 0);
});

test.run();

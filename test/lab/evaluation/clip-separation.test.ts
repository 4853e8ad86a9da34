import { test } from "uvu";
import * as assert from "uvu/assert";
import { ClipSeparation } from "../../../lab/evaluation/metrics/clip-separation.ts";
import { idealBinaryMask } from "../../../lab/evaluation/metrics/separation.ts";
import type { WindowShape } from "../../../lab/evaluation/plan/window-shape.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";

const shape: WindowShape = {
  sampleRate: 16000,
  frames: 64,
  bins: 257,
  window: 512,
  hop: 128,
  samples: 63 * 128 + 512,
  phases: false,
};
const WINDOW = shape.frames * shape.bins;
const tone = (frequency: number, level: number) =>
  Float32Array.from({ length: 32_000 }, (_, n) => level * Math.sin((2 * Math.PI * frequency * n) / 16000));
const low = tone(500, 0.4);
const high = tone(4000, 0.2);
const mixture = low.map((sample, n) => sample + high[n]);
const ASKED = 2;
const clip = new ClipSeparation(mixture, low, high, ASKED, shape);
const bandMask = (below: number, above: number) =>
  Float32Array.from({ length: WINDOW }, (_, k) => (k % shape.bins < 64 ? below : above));

test("every frame between the ends lies in two windows, and the windows reach from end to end", () => {
  assert.is(clip.bothHeard, true);
  const hops = clip.starts.slice(1, -1).map((start, k) => (start - clip.starts[k]) / shape.hop);
  assert.ok(hops.every((frames) => frames === 32));
  assert.is(clip.starts[0], 0);
  assert.ok(mixture.length - (clip.starts.at(-1)! + shape.samples) < shape.hop);
});

test("masks that keep the target's band part the whole clip, and one of ones changes nothing", () => {
  const all = clip.row(
    clip.starts.map(() => bandMask(1, 1)),
    "linear",
  );
  assert.ok(Math.abs(all.selectivity!) < 0.05, `${all.selectivity}`);
  assert.ok(Math.abs(all.siSdr!) < 0.05, `${all.siSdr}`);
  const band = clip.row(
    clip.starts.map(() => bandMask(1, 0)),
    "linear",
  );
  assert.ok(band.selectivity! > 20 && band.siSdr! > 20, JSON.stringify(band));
  const ideal = clip.idealRow(idealBinaryMask);
  assert.ok(ideal.siSdr! > 20, JSON.stringify(ideal));
});

test("a frame's mask is the mean of the windows that cover it", () => {
  // All and nothing of the interferer in turns, of which the mean is half: a quarter of its energy, 6.02 dB; more at the
  // ends, which lie in one window. One window after the other without a mean would be 3 dB.
  const masks = clip.starts.map((_, k) => bandMask(1, k % 2));
  const steady = clip.row(
    clip.starts.map(() => bandMask(1, 0.5)),
    "linear",
  );
  const alternating = clip.row(masks, "linear");
  assert.ok(Math.abs(steady.selectivity! - 6.02) < 0.1, `${steady.selectivity}`);
  assert.ok(Math.abs(alternating.selectivity! - 6.02) < 1.5, `${alternating.selectivity}`);
});

test("a method is asked about the clip's class, and only for windows that it has not explained", async () => {
  const calls: { windows: number; targets: readonly number[] | undefined }[] = [];
  const method = (target: boolean) =>
    ({
      method: { name: "made up", target },
      async run(magnitudes: Float32Array, windows: number, targets?: readonly number[]) {
        calls.push({ windows, targets });
        return { probabilities: new Float32Array(3 * windows), masks: magnitudes.map(() => 0.25) };
      },
    }) as unknown as LoadedMethod;
  const known = bandMask(1, 0);
  const masks = await clip.masks(method(true), new Map([[clip.starts[1], known]]));
  assert.is(masks.length, clip.starts.length);
  assert.is(masks[1], known);
  assert.ok(masks.every((mask, k) => k === 1 || mask.every((value) => value === 0.25)));
  assert.is(
    calls.reduce((sum, { windows }) => sum + windows, 0),
    clip.starts.length - 1,
  );
  assert.ok(calls.every(({ targets }) => targets?.every((target) => target === ASKED)));
  calls.length = 0;
  await clip.masks(method(false), new Map());
  assert.ok(calls.every(({ targets }) => targets === undefined));
});

test.run();

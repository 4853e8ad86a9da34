// Methods without gradients: surrogates against the lime and shap packages, the rest by what has to hold of them.
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../../lab/data/random.ts";
import { METHODS } from "../../../lab/methods/index.ts";
import { findPerturbation, PERTURBATIONS } from "../../../lab/methods/perturbation/index.ts";
import {
  type Coalition,
  drawCoalitions,
  shapleyValues,
} from "../../../lab/methods/perturbation/kernel-shap.ts";
import { limeValues } from "../../../lab/methods/perturbation/lime.ts";
import { perturb } from "../../../lab/methods/perturbation/perturb.ts";
import type { PerturbationMethod, WindowShape } from "../../../lab/methods/perturbation/perturbation.ts";
import { segmentsOf, segmentsUpTo } from "../../../lab/methods/perturbation/segments.ts";
import { type Pack, parsePack } from "../../../models/pack/pack.ts";
import type { LoadedMethod } from "../../../models/runtime/load-method.ts";

interface Surrogate {
  readonly answers: readonly number[];
  readonly every: readonly number[];
  readonly lime: readonly number[];
  readonly shapley: readonly number[];
}
const { segments, subsets, ...functions } = JSON.parse(
  readFileSync(new URL("../../fixtures/methods/perturbation.json", import.meta.url), "utf8"),
) as { segments: number; subsets: number[][]; additive: Surrogate; saturated: Surrogate };

const SHAPE: WindowShape = { frames: 24, bins: 33, sampleRate: 16_000, hop: 128 };
const SIZE = SHAPE.frames * SHAPE.bins;

function close(found: ArrayLike<number>, wanted: ArrayLike<number>, within: number, what = ""): void {
  assert.is(found.length, wanted.length);
  for (let k = 0; k < wanted.length; k++) {
    assert.ok(Math.abs(found[k] - wanted[k]) <= within, `${what} ${k}: ${found[k]}, not ${wanted[k]}`);
  }
}

function indexOf(subset: ArrayLike<number>): number {
  return Array.from(subset).reduce((sum, each, k) => sum + each * 2 ** k, 0);
}

for (const [name, { answers, every, lime, shapley }] of Object.entries(functions)) {
  test(`LIME's coefficients of a function are the lime package's: ${name}`, () => {
    const rows = subsets.map((row) => Uint8Array.from(row));
    close(limeValues(rows, answers), lime, 1e-9);
  });

  test(`KernelSHAP with all subsets is the shap package's: ${name}`, () => {
    const coalitions = drawCoalitions(segments, 2 ** segments - 2, new Random(1));
    assert.is(new Set(coalitions.map(({ subset }) => indexOf(subset))).size, 2 ** segments - 2);
    const found = shapleyValues(
      coalitions,
      coalitions.map(({ subset }) => every[indexOf(subset)]),
      { whole: every[2 ** segments - 1], silence: every[0] },
    );
    close(found, shapley, 1e-6);
  });

  test(`KernelSHAP's values sum up to what the whole says more, however few calls: ${name}`, () => {
    for (const calls of [14, 40, 100]) {
      const coalitions = drawCoalitions(segments, calls, new Random(calls));
      assert.ok(coalitions.length <= calls);
      const ends = { whole: every[2 ** segments - 1], silence: every[0] };
      const found = shapleyValues(coalitions, answersTo(coalitions, every), ends);
      const sum = found.reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - (ends.whole - ends.silence)) < 1e-12, `${calls}: ${sum}`);
    }
  });
}

test("KernelSHAP is exact for a sum as soon as there are as many calls as segments", () => {
  const { every, shapley } = functions.additive;
  const coalitions = drawCoalitions(segments, 40, new Random(5));
  const ends = { whole: every[2 ** segments - 1], silence: every[0] };
  close(shapleyValues(coalitions, answersTo(coalitions, every), ends), shapley, 1e-9);
});

function answersTo(coalitions: readonly Coalition[], every: readonly number[]): number[] {
  return coalitions.map(({ subset }) => every[indexOf(subset)]);
}

/** What a method finds of a function of the kept bins. */
function relevanceOf(
  method: PerturbationMethod,
  calls: number,
  seed: number,
  answer: (kept: Float32Array) => number,
) {
  const trials = method.trials(SHAPE, calls, seed);
  assert.ok(trials.count <= calls, `${method.name}: ${trials.count} of ${calls}`);
  const kept = new Float32Array(SIZE);
  const answers = Float64Array.from({ length: trials.count }, (_, n) => {
    trials.keep(n, kept);
    assert.ok(
      kept.every((value) => value >= 0 && value <= 1),
      method.name,
    );
    return answer(kept);
  });
  const silence = answer(new Float32Array(SIZE));
  const whole = answer(new Float32Array(SIZE).fill(1));
  return trials.relevance({ whole, silence, trials: answers });
}

/** A sum over the bins of a blob. */
function blob(time: number, bin: number): (kept: Float32Array) => number {
  return (kept) => {
    let sum = 0.1;
    for (let t = 0; t < SHAPE.frames; t++) {
      for (let f = 0; f < SHAPE.bins; f++) {
        sum += kept[t * SHAPE.bins + f] * Math.exp(-((t - time) ** 2) / 8 - (f - bin) ** 2 / 8) * 0.02;
      }
    }
    return sum;
  };
}

for (const method of PERTURBATIONS) {
  test(`${method.name} finds where a sound adds to the answer, for any budget, the same each time`, () => {
    for (const calls of [14, 100, 498]) {
      const relevance = relevanceOf(method, calls, 2, blob(15, 8));
      assert.equal(relevance, relevanceOf(method, calls, 2, blob(15, 8)));
      if (calls < 100) continue;
      const at = relevance[15 * SHAPE.bins + 8];
      const most = Math.max(...relevance);
      assert.ok(at > 0.6 * most, `${calls}: ${at} of ${most}`);
      assert.ok(relevance[15 * SHAPE.bins + 28] < 0.3 * most, `${calls}: elsewhere`);
    }
  });

  test(`${method.name} says of an answer that never changes that nothing adds to it`, () => {
    close(
      relevanceOf(method, 100, 1, () => 0.7),
      new Float32Array(SIZE),
      1e-7,
    );
  });
}

test("what speaks against a class is below 0", () => {
  const answer = (kept: Float32Array) => blob(6, 6)(kept) - blob(18, 24)(kept);
  for (const method of PERTURBATIONS.filter(({ name }) => name !== "bands")) {
    const relevance = relevanceOf(method, 498, 3, answer);
    assert.ok(relevance[6 * SHAPE.bins + 6] > 0, method.name);
    assert.ok(relevance[18 * SHAPE.bins + 24] < 0, method.name);
  }
});

test("RISE comes to the truth, smoothed by its grid, as the square root of its calls", () => {
  const rise = findPerturbation("rise")!;
  // Of a sum the covariance with every mask is known: that of the masks among themselves, drawn once more and many.
  const answer = blob(12, 10);
  const truth = relevanceOf(rise, 12_000, 77, answer);
  const error = (calls: number) => {
    const errors = [1, 2, 3].map((seed) => {
      const found = relevanceOf(rise, calls, seed, answer);
      return found.reduce((sum, value, i) => sum + (value - truth[i]) ** 2, 0);
    });
    return Math.sqrt(errors.reduce((a, b) => a + b, 0) / 3);
  };
  const ratio = error(100) / error(1600);
  assert.ok(ratio > 2.5 && ratio < 6.5, `16 times the calls, ${ratio} times as near`);
});

test("RISE's masks keep half of everything, everywhere alike", () => {
  const { count, keep } = findPerturbation("rise")!.trials(SHAPE, 4000, 9);
  const mean = new Float64Array(SIZE);
  const mask = new Float32Array(SIZE);
  for (let n = 0; n < count; n++) {
    keep(n, mask);
    for (let i = 0; i < SIZE; i++) mean[i] += mask[i] / count;
  }
  close(mean, new Float64Array(SIZE).fill(0.5), 0.04);
});

test("occlusion of a sum is the sum under the patches", () => {
  const occlusion = findPerturbation("occlusion")!;
  const relevance = relevanceOf(occlusion, 498, 1, (kept) => kept.reduce((a, b) => a + b, 0) / SIZE);
  const total = relevanceOf(occlusion, 498, 1, (kept) => 3 * kept[5 * SHAPE.bins + 3]);
  assert.ok(relevance.every((value) => value > 0));
  assert.ok(Math.abs(total[5 * SHAPE.bins + 3] - 3) < 1e-6);
});

test("bands of a sum are the sums of the bands", () => {
  const relevance = relevanceOf(findPerturbation("bands")!, 40, 1, (kept) => {
    let sum = 0;
    for (let t = 0; t < SHAPE.frames; t++) sum += kept[t * SHAPE.bins + 20] - kept[t * SHAPE.bins + 2];
    return sum;
  });
  for (let t = 0; t < SHAPE.frames; t++) {
    assert.ok(Math.abs(relevance[t * SHAPE.bins + 20] - SHAPE.frames) < 1e-4);
    assert.ok(Math.abs(relevance[t * SHAPE.bins + 2] + SHAPE.frames) < 1e-4);
  }
});

test("segments cover every bin, never more than asked, and none without a bin", () => {
  for (const most of [1, 4, 12, 62, 498]) {
    const { count, steps, bands, bandCount } = segmentsUpTo(SHAPE, most);
    assert.ok(count <= most, `${count} of ${most}`);
    const found = new Set(
      Array.from(steps).flatMap((step) => Array.from(bands, (band) => step * bandCount + band)),
    );
    assert.equal(
      [...found].sort((a, b) => a - b),
      [...Array(count).keys()],
    );
  }
  assert.is(segmentsOf(SHAPE, 100, 1).count, SHAPE.frames);
});

test("names are those of no other method", () => {
  const names = [...METHODS, ...PERTURBATIONS].map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
});

const PACK: Pack = parsePack(
  {
    ...{ format: 3, name: "function", version: "0", title: "A function", licence: "none", threshold: 0.5 },
    ...{ labels: ["low", "high", "other"], other: "other", sampleRate: SHAPE.sampleRate, masking: "linear" },
    ...{ stft: { window: 64, hop: 32, bins: SHAPE.bins }, windowFrames: SHAPE.frames },
    methods: [{ name: "none", title: "None", graph: "none.onnx" }],
  },
  "a function",
);

/** Low where the sound is, else high: no graph at all. */
function functionOfSounds(calls: { windows: number; batches: number }, pack = PACK): LoadedMethod {
  return {
    pack,
    method: pack.methods[0],
    runtime: { description: "none" } as LoadedMethod["runtime"],
    maskShape: [SHAPE.frames, SHAPE.bins],
    async run(magnitudes, batch) {
      calls.windows += batch;
      calls.batches++;
      const probabilities = new Float32Array(3 * batch);
      for (let n = 0; n < batch; n++) {
        let low = 0;
        for (let t = 0; t < SHAPE.frames; t++)
          low += magnitudes[n * SIZE + t * SHAPE.bins + 4] / SHAPE.frames;
        probabilities.set([low, 0.6 * (1 - low), 0.4 * (1 - low)], 3 * n);
      }
      return { probabilities, masks: new Float32Array(batch * SIZE), inferenceMs: 1 };
    },
    close: async () => {},
  };
}

function window(): Float32Array {
  return Float32Array.from({ length: SIZE }, (_, i) => (i % SHAPE.bins === 4 ? 0.9 : 0.2));
}

test("a function of sounds is explained as a loaded method is, within its budget", async () => {
  for (const method of PERTURBATIONS) {
    const calls = { windows: 0, batches: 0 };
    const told: string[] = [];
    const onCalls = (done: number, total: number) => told.push(`${done}/${total}`);
    const loaded = perturb(functionOfSounds(calls), method, { settings: { budget: 200, seed: 1 }, onCalls });
    const two = new Float32Array(2 * SIZE);
    two.set(window());
    two.set(window(), SIZE);
    const { probabilities, masks } = await loaded.run(two, 2, [-1, 1]);
    assert.ok(calls.windows <= 400, `${method.name}: ${calls.windows}`);
    assert.ok(calls.batches < 40, `${method.name}: ${calls.batches} batches`);
    assert.is(told.at(-1), `${calls.windows / 2}/${calls.windows / 2}`);
    close(probabilities, [0.9, 0.06, 0.04, 0.9, 0.06, 0.04], 1e-6);
    assert.is(Math.max(...masks.subarray(0, SIZE)), 1);
    assert.ok(masks.every((value) => value >= 0 && value <= 1));
    const [band, other] = [4, 28].map((bin) => masks[12 * SHAPE.bins + bin]);
    assert.ok(band > 0.8 && other < 0.3, `${method.name}: ${band} ${other}`);
    // Of the class that it is not, nothing in that band speaks for it.
    assert.is(masks[SIZE + 12 * SHAPE.bins + 4], 0, method.name);
    assert.equal(loaded.method.parameters, { budget: 200, seed: 1 });
    assert.match(loaded.method.title, /200 calls/);
  }
});

test("calls end with the signal", async () => {
  const calls = { windows: 0, batches: 0 };
  const stop = new AbortController();
  const loaded = perturb(functionOfSounds(calls), findPerturbation("lime")!, {
    settings: { budget: 500, seed: 1 },
    signal: stop.signal,
    onCalls: (done) => {
      if (done > 30) stop.abort(new Error("enough"));
    },
  });
  const failed = await loaded.run(window(), 1).catch((error: Error) => error.message);
  assert.is(failed, "enough");
  assert.ok(calls.windows < 60, String(calls.windows));
});

test.run();

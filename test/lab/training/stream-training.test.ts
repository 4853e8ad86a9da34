// The streaming classifier's training: what is asked of it at each moment, and from folders of sounds to weights.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeWav } from "../../../dsp/index.ts";
import { Random } from "../../../lab/data/random.ts";
import { BINS, MODEL_RATE } from "../../../lab/networks/own-shape.ts";
import { AUDIOSET_NAMES } from "../../../lab/training/audioset-names.ts";
import { StreamBatches } from "../../../lab/training/stream-batches.ts";
import { trainStreamClassifier } from "../../../lab/training/train-stream.ts";
import { loadTrainedClassifier } from "../../../lab/training/trained-classifier.ts";
import { chord, writeMadeUpEsc50 } from "../data/made-up-esc50.ts";

const test = suite("streaming classifier's training");
const trains = await import("onnxruntime-node").then(
  () => true,
  () => false,
);
const LABELS = ["low", "middle", "high"];
const MOMENTS = [11, 19, 30, 39];
const mix = { labels: LABELS, frames: 160, moments: MOMENTS, labelWeight: {}, otherShare: 0.2 };
/** All that `AUDIOSET_NAMES` asks for. */
const teacherClasses = () => [...new Set(Object.values(AUDIOSET_NAMES).flat())];
const known = new Map(LABELS.map((label, k) => [label, [chord(300 * 4 ** k, 2)]]));
const sounds = { known, other: [chord(7_000, 2)], rooms: [] };

test("targets, weights and shares fit together, and the same numbers give the same batch", async () => {
  const batches = new StreamBatches(sounds, mix);
  const { magnitudes, targets, weights, choice, taught } = await batches.next(new Random(1), 240);
  assert.is(magnitudes.length, 240 * 160 * BINS);
  assert.ok(magnitudes.every((value) => value >= 0 && Number.isFinite(value)));
  assert.is(taught, undefined);
  let two = 0;
  let none = 0;
  for (let row = 0; row < 240 * MOMENTS.length; row++) {
    const of = (all: Float32Array) => all.subarray(row * 3, row * 3 + 3);
    const shares = of(choice).reduce((sum, share) => sum + share, 0);
    const there = of(targets).filter((value) => value > 0).length;
    assert.ok(Math.abs(shares) < 1e-6 || Math.abs(shares - 1) < 1e-5);
    assert.ok(of(weights).every((weight) => weight === 0 || weight === 0.5 || weight === 1));
    assert.ok(
      of(targets).every((value, k) => value === 0 || of(choice)[k] > 0),
      "what is there has a share",
    );
    if (there > 1) two++;
    if (there === 0) none++;
  }
  assert.ok(two > 40, "two at once");
  assert.ok(none > 40, "none of them");
  const again = await batches.next(new Random(1), 240);
  assert.equal(again.magnitudes, magnitudes);
});

test("the teacher hears the sound before room and microphone, at the last moment", async () => {
  const asked: number[] = [];
  const classNames = teacherClasses();
  const lesson = async (windows: readonly Float32Array[], ends?: readonly number[]) => {
    asked.push(...ends!);
    return {
      scores: new Float32Array(windows.length * classNames.length),
      embedding: new Float32Array(windows.length * 1024),
    };
  };
  const teacher = { lesson, classNames };
  const { taught, taught_embedding: read } = await new StreamBatches(sounds, mix, teacher).next(
    new Random(2),
    5,
  );
  assert.equal(asked, new Array(5).fill(159 * 128 + 512));
  assert.is(taught!.length, 5 * classNames.length);
  assert.is(read!.length, 5 * 1024);
});

test("a recording in which the teacher hears a class is no example of its absence", async () => {
  const classNames = teacherClasses();
  const labels = ["low", "rain", "high"];
  const lesson = async (windows: readonly Float32Array[]) => {
    const scores = new Float32Array(windows.length * classNames.length);
    for (let row = 0; row < windows.length; row++)
      scores[row * classNames.length + classNames.indexOf("Rain")] = 0.5;
    return { scores, embedding: new Float32Array(windows.length * 1024) };
  };
  const weightsOf = async (otherShare: number, only: Map<string, Float32Array[]>) => {
    const given = { ...mix, labels, otherShare };
    const teacher = { lesson, classNames };
    const batches = new StreamBatches({ ...sounds, known: only }, given, teacher);
    const { weights } = await batches.next(new Random(3), 80);
    return [0, 1, 2].map((label) => weights.filter((_, at) => at % 3 === label));
  };
  const [low, rain] = await weightsOf(1, new Map([["high", known.get("high")!]]));
  assert.ok(
    low.every((weight) => weight === 1),
    "what it does not hear is not there",
  );
  const excused = rain.filter((weight) => weight === 0).length / rain.length;
  assert.ok(excused > 0.5 && excused < 0.9, `recordings, not sounds that are made up: ${excused}`);
});

(trains ? test : test.skip)("leads from folders to weights that answer", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-training-"));
  const at = (name: string) => join(folder, name);
  try {
    await writeMadeUpEsc50(at("esc50"), { folds: [1, 2], clips: 2, seconds: 2 });
    for (const [name, hertz] of [
      ["speech", 3_000],
      ["music", 900],
    ] as const) {
      await mkdir(at(name));
      await writeFile(join(at(name), "one.wav"), writeWav([chord(hertz, 2)], MODEL_RATE));
    }
    const options = {
      data: at("esc50"),
      folds: [1],
      speech: at("speech"),
      music: at("music"),
      out: at("out"),
    };
    const { stepsDone } = await trainStreamClassifier({ ...options, steps: 2, batch: 2 });
    assert.is(stepsDone, 2);
    const { weights, classifier } = await loadTrainedClassifier(at("out"));
    assert.is(classifier.answers, "independent");
    assert.equal(weights.meta.labels.slice(-2), ["speech", "music"]);
    assert.is(classifier.classes, weights.meta.labels.length);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();

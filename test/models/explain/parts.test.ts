import { test } from "uvu";
import * as assert from "uvu/assert";
import { clipDecision } from "../../../models/explain/clip-decision.ts";
import { DecisionTimeline } from "../../../models/explain/decision-timeline.ts";
import { MaskAverage } from "../../../models/explain/mask-average.ts";
import { SampleQueue } from "../../../models/explain/sample-queue.ts";
import { SpectrogramColumns } from "../../../models/picture/spectrogram-columns.ts";

const classes = { labels: ["dog", "rain", "other"], other: "other", threshold: 0.6 };
const window = (firstFrame: number, probabilities: number[], silent = false, power = 1) => ({
  firstFrame,
  probabilities: Float32Array.from(probabilities),
  silent,
  power,
});

test("a clip is what its windows say on the mean, silent ones left out", () => {
  const result = clipDecision(classes, [
    window(0, [1, 0, 0]),
    window(16, [0.5, 0.5, 0]),
    window(32, [0, 0, 1], true),
  ]);
  assert.is(result.label, "dog");
  assert.is(result.probability, 0.75);
  assert.is(result.accepted, true);
  assert.is(result.windows, 3);
  assert.is(result.silentWindows, 1);
});

test("below the threshold, or as none of the known classes, nothing is accepted", () => {
  const unsure = clipDecision(classes, [window(0, [0.5, 0.25, 0.25])]);
  assert.is(unsure.label, "dog");
  assert.is(unsure.accepted, false);
  const other = clipDecision(classes, [window(0, [0, 0, 1])]);
  assert.is(other.label, "other");
  assert.is(other.accepted, false);
});

test("a clip of silence alone, or of nothing, has no label", () => {
  assert.is(clipDecision(classes, []).label, null);
  const silent = clipDecision(classes, [window(0, [1, 0, 0], true)]);
  assert.is(silent.label, null);
  assert.equal(silent.probabilities, [0, 0, 0]);
});

test("of independent classes all that reach their own thresholds are believed, the most above it first", () => {
  const independent = {
    labels: ["dog", "rain", "speech"],
    answers: "independent",
    threshold: 0.5,
    thresholds: [0.8, 0.2, 0.5],
  } as const;
  const both = clipDecision(independent, [window(0, [0.9, 0.5, 0.2]), window(16, [0.8, 0.4, 0.1])]);
  // Log-odds above the thresholds: dog 1.73 − 1.39, rain −0.20 + 1.39.
  assert.equal([both.label, both.accepted], ["rain", true]);
  assert.equal(
    both.believed.map(({ label, probability }) => [label, probability.toFixed(2)]),
    [
      ["rain", "0.45"],
      ["dog", "0.85"],
    ],
  );
  const none = clipDecision(independent, [window(0, [0.79, 0.1, 0.1])]);
  assert.equal([none.label, none.accepted, none.believed], ["dog", false, []]);
  assert.equal(clipDecision(independent, []).believed, []);
});

test("of exclusive classes one is believed at most, however low the threshold", () => {
  const low = { ...classes, threshold: 0.2 };
  const { label, believed } = clipDecision(low, [window(0, [0.3, 0.4, 0.3])]);
  assert.is(label, "rain");
  assert.equal(
    believed.map((each) => each.label),
    ["rain"],
  );
});

test("masks are averaged with the windows' weights", () => {
  // Two windows of two frames of one bin, one frame apart; the second frame of a window weighs three times the first.
  const average = new MaskAverage(1, Float32Array.of(1, 3));
  average.add(0, Float32Array.of(0.5, 1));
  assert.equal([...average.take(1)], [0.5]);
  average.add(1, Float32Array.of(0, 0.25));
  assert.equal([...average.take(4)], [0.75, 0.25, 0]);
});

test("masks of windows out of order are refused", () => {
  const average = new MaskAverage(1, Float32Array.of(1, 1));
  average.add(0, Float32Array.of(1, 1));
  average.take(2);
  assert.throws(() => average.add(1, Float32Array.of(1, 1)), RangeError);
  assert.throws(() => average.add(9, Float32Array.of(1, 1)), RangeError);
});

test("a queue gives samples in order, whatever the pieces", () => {
  const queue = new SampleQueue();
  const reused = Float32Array.of(1, 2, 3);
  queue.push(reused);
  reused.fill(9);
  queue.push(Float32Array.of(4));
  queue.push(new Float32Array(0));
  assert.equal([...queue.take(2)], [1, 2]);
  assert.is(queue.length, 2);
  assert.throws(() => queue.take(3), RangeError);
  assert.equal([...queue.take(2)], [3, 4]);
  assert.equal([...queue.take(0)], []);
});

test("a spectrogram of any length fits its columns", () => {
  const columns = new SpectrogramColumns(2, 4);
  // Frame k has magnitudes k and 1, masks 0 and 1.
  for (let k = 0; k < 11; k++) columns.add(Float32Array.of(k, 1), Float32Array.of(0, 1));
  assert.is(columns.framesPerColumn, 4);
  assert.is(columns.count, 3);
  assert.equal([...columns.column(0).power], [(0 + 1 + 4 + 9) / 4, 1]);
  assert.equal([...columns.column(2).power], [(64 + 81 + 100) / 3, 1].map(Math.fround));
  assert.equal([...columns.column(2).mask], [0, 1]);
});

test("a timeline of any length keeps its place in time", () => {
  const timeline = new DecisionTimeline(2, { windowFrames: 4, answered: 4 }, 16, 1);
  // The class changes halfway through the first 60 of 100 frames; nothing is heard in the rest.
  for (let first = 0; first < 100; first++) {
    timeline.add(window(first, first + 2 < 32 ? [1, 0] : [0, 1], first >= 60));
  }
  const over = timeline.sample(0, 100, 10);
  assert.equal([...over.slice(0, 3)], [1, 1, 1]);
  assert.equal([...over.slice(4, 6)], [0, 0]);
  assert.ok(Number.isNaN(over[8]) && Number.isNaN(over[9]));
});

test("an answer about the last second counts in its middle", () => {
  const timeline = new DecisionTimeline(2, { windowFrames: 4, answered: 128 });
  // Blocks that end with frames 400 to 528 hear it: what they are about has its middles from 336 to 464.
  for (let first = 0; first < 800; first += 4) {
    timeline.add(window(first, first + 4 >= 400 && first + 4 < 528 ? [1, 0] : [0, 1]));
  }
  const over = timeline.sample(0, 800, 100);
  assert.equal([over[41], over[43], over[56], over[58]], [0, 1, 1, 0]);
  assert.is(over[99], 0, "the last one's, half a second before the end");
});

test("windows 30 dB below the loudest say nothing of the clip", () => {
  const [first, second] = classes.labels;
  const sure = (label: string) => classes.labels.map((each) => (each === label ? 1 : 0));
  const windows = [window(0, sure(first), false, 1)];
  for (let k = 1; k < 20; k++) windows.push(window(k, sure(second), false, 0.0009));
  const result = clipDecision(classes, windows);
  assert.is(result.label, first);
  assert.is(result.faintWindows, 19);
  windows.push(window(20, sure(second), false, 0.0011));
  assert.is(clipDecision(classes, windows).probabilities[0], 0.5);
});

test.run();

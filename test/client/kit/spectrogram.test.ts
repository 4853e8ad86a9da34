import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  FrequencyAxis,
  frequencyScales,
  frequencyTicks,
  timeTicks,
} from "../../../client/kit/spectrogram/axis.ts";
import { channels, colourTable, levels, pixel, veilTable } from "../../../client/kit/spectrogram/colours.ts";
import { ColumnPixels } from "../../../client/kit/spectrogram/column-pixels.ts";
import { LevelRange } from "../../../client/kit/spectrogram/level-range.ts";
import { scrolled, spans, swept } from "../../../client/kit/spectrogram/ring.ts";
import { SilenceWatch } from "../../../client/kit/spectrogram/silence.ts";

const bins = 257;

test("the axis runs from half the sample rate at the top to zero at the bottom", () => {
  const axis = new FrequencyAxis(320, bins, 16_000);
  assert.ok(Math.abs(axis.hertz(0) - 8000) < 1e-6);
  assert.ok(Math.abs(axis.hertz(1)) < 1e-9);
  for (const hz of frequencyTicks(axis)) assert.ok(Math.abs(axis.hertz(axis.fromTop(hz)) - hz) < 1e-6);
  // Log-like: the octave from 1 to 2 kHz is taller than a quarter of the one from 4 to 8 kHz is wide in hertz.
  assert.ok(axis.fromTop(1000) - axis.fromTop(2000) > 0.15);
});

test("on every scale heights and frequencies belong to each other, and labels keep their distance", () => {
  for (const scale of frequencyScales) {
    for (const sampleRate of [8_000, 16_000, 44_100, 48_000]) {
      const axis = new FrequencyAxis(320, bins, sampleRate, scale);
      for (const hz of [0, 60, 1_000, 3_999]) assert.ok(Math.abs(axis.hertz(axis.fromTop(hz)) - hz) < 1e-6);
      const ticks = frequencyTicks(axis);
      assert.ok(ticks.length >= 2 && ticks.length <= 10, `${scale} at ${sampleRate}: ${ticks}`);
      const heights = ticks.map((hz) => axis.fromTop(hz));
      for (let k = 1; k < ticks.length; k++) assert.ok(heights[k] - heights[k - 1] >= 0.05);
    }
  }
  assert.ok(Math.abs(new FrequencyAxis(320, bins, 16_000, "linear").fromTop(4_000) - 0.5) < 1e-9);
});

test("every bin is seen, whatever the number of rows", () => {
  for (const rows of [40, 160, 320, 1000]) {
    const axis = new FrequencyAxis(rows, bins, 16_000);
    for (let bin = 0; bin < bins; bin++) {
      const column = new Float32Array(bins);
      column[bin] = 1;
      let peak = 0;
      for (let row = 0; row < rows; row++) peak = Math.max(peak, axis.peak(column, 0, row));
      assert.ok(peak > 0, `bin ${bin} with ${rows} rows`);
    }
  }
});

test("a line appears at the height of its frequency", () => {
  const rows = 320;
  const axis = new FrequencyAxis(rows, bins, 16_000);
  for (const bin of [8, 32, 100, 250]) {
    const column = new Float32Array(2 * bins);
    column[bins + bin] = 1;
    const lit = Array.from({ length: rows }, (_, row) => axis.peak(column, bins, row));
    const brightest = lit.indexOf(Math.max(...lit));
    const expected = axis.fromTop((bin * 8000) / 256) * rows;
    assert.ok(Math.abs(brightest + 0.5 - expected) <= 3, `bin ${bin}: row ${brightest}, not ${expected}`);
  }
});

test("means of a constant are that constant", () => {
  const axis = new FrequencyAxis(200, bins, 16_000);
  const column = new Float32Array(bins).fill(0.25);
  for (let row = 0; row < 200; row++) assert.ok(Math.abs(axis.mean(column, 0, row) - 0.25) < 1e-6);
});

test("labels of time are whole seconds and few", () => {
  assert.equal(timeTicks(3), [1, 2]);
  assert.equal(timeTicks(8.1), [2, 4, 6]);
  for (const span of [0.5, 2, 5, 8, 30, 100]) assert.ok(timeTicks(span).length <= 8);
});

test("colours grow brighter level by level and are opaque; the veil is grey, dimmer and clear", () => {
  const luma = (word: number) => {
    const { red, green, blue } = channels(word);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const colours = colourTable();
  const veils = veilTable();
  assert.is(colours.length, levels);
  for (let k = 1; k < levels; k++) {
    assert.ok(luma(colours[k]) >= luma(colours[k - 1]) - 1, `level ${k}`);
    assert.ok(luma(veils[k]) >= luma(veils[k - 1]) - 1, `level ${k}`);
  }
  assert.ok(luma(colours[255]) > 220 && luma(colours[0]) < 5);
  assert.ok(luma(veils[255]) < 0.6 * luma(colours[255]));
  assert.is(channels(colours[7]).alpha, 255);
  assert.is(channels(veils[7]).alpha, 0);
  assert.equal(channels(pixel(1, 2, 3, 4)), { red: 1, green: 2, blue: 3, alpha: 4 });
});

test("the level range follows loud sounds at once and quiet ones slowly, within its limits", () => {
  const range = new LevelRange(70, -50, 12, 0.01);
  range.follow(-10);
  assert.is(range.top, -10);
  assert.is(range.fraction(-10), 1);
  assert.ok(Math.abs(range.fraction(-45) - 0.5) < 1e-9);
  assert.is(range.fraction(-200), 0);
  assert.is(range.fraction(Number.NaN), 0);
  range.follow(-80);
  assert.ok(Math.abs(range.top + 10.01) < 1e-9);
  for (let k = 0; k < 10_000; k++) range.follow(-180);
  assert.is(range.top, -50);
  range.follow(600);
  assert.is(range.top, 12);
});

test("the mask's veil is clear where all is kept and thick where nothing is, with a line between", () => {
  const rows = 128;
  const pixels = new ColumnPixels(new FrequencyAxis(rows, bins, 16_000), new LevelRange(), 4);
  const magnitudes = new Float32Array(bins).fill(1);
  const alphaAt = (x: number, row: number) => channels(pixels.veil[row * 4 + x]).alpha;
  const ones = new Float32Array(bins).fill(1);
  const none = new Float32Array(bins);
  pixels.write(magnitudes, ones, 0, 0);
  pixels.write(magnitudes, ones, 0, 1);
  for (let row = 0; row < rows; row++) assert.is(alphaAt(1, row), 0);
  pixels.write(magnitudes, none, 0, 2);
  pixels.write(magnitudes, none, 0, 3);
  for (let row = 0; row < rows; row++) {
    assert.ok(alphaAt(3, row) > 200);
    // Where it changes from one column to the next, the whole column is outline.
    assert.is.not(pixels.veil[row * 4 + 2], pixels.veil[row * 4 + 3]);
  }
  const low = Float32Array.from({ length: bins }, (_, bin) => (bin < 64 ? 1 : 0));
  pixels.write(magnitudes, low, 0, 0);
  pixels.write(magnitudes, low, 0, 1);
  const veil = Array.from({ length: rows }, (_, row) => alphaAt(1, row));
  assert.ok(veil[2] > 200, "high frequencies are covered");
  assert.is(veil[rows - 2], 0, "low frequencies are clear");
});

test("the view decides what is veiled: the rest, the explanation, or nothing", () => {
  const rows = 64;
  const pixels = new ColumnPixels(new FrequencyAxis(rows, bins, 16_000), new LevelRange(), 2);
  const magnitudes = new Float32Array(bins).fill(1);
  const low = Float32Array.from({ length: bins }, (_, bin) => (bin < 64 ? 1 : 0));
  const veiled = (view: "original" | "explanation" | "rest") => {
    pixels.view = view;
    pixels.restart();
    pixels.write(magnitudes, low, 0, 0);
    const alpha = (row: number) => channels(pixels.veil[row * 2]).alpha > 200;
    return { high: alpha(2), low: alpha(rows - 3) };
  };
  assert.equal(veiled("original"), { high: false, low: false });
  assert.equal(veiled("explanation"), { high: true, low: false });
  assert.equal(veiled("rest"), { high: false, low: true });
});

test("a column without a mask is grey and hatched in every view, and outlines nothing", () => {
  const rows = 64;
  const pixels = new ColumnPixels(new FrequencyAxis(rows, bins, 16_000), new LevelRange(), 20);
  const loud = new Float32Array(bins).fill(64);
  const ones = new Float32Array(bins).fill(1);
  const isStripe = (x: number, row: number) => channels(pixels.colour[row * 20 + x]).red > 150;
  for (const view of ["original", "explanation", "rest"] as const) {
    pixels.view = view;
    pixels.restart();
    pixels.write(loud, ones, 0, 0);
    for (let x = 1; x < 18; x++) pixels.write(loud, ones, 0, x, 100 + x);
    pixels.write(loud, new Float32Array(bins), 0, 18);
    for (let x = 1; x < 18; x++) {
      const striped = Array.from({ length: rows }, (_, row) => isStripe(x, row));
      assert.is(striped.filter(Boolean).length, (rows * 3) / 16);
      for (let row = 0; row < rows; row++) {
        const { red, green, alpha } = channels(pixels.colour[row * 20 + x]);
        assert.ok(Math.abs(red - green) < 10 && alpha === 255, "grey");
        assert.is(channels(pixels.veil[row * 20 + x]).alpha, 0, "no veil, no outline");
        // Slanted, and at its place in the stream.
        if (x > 1 && row < rows - 1) assert.is(isStripe(x, row), isStripe(x - 1, row + 1));
      }
    }
    const beside = new Set(Array.from({ length: rows }, (_, row) => pixels.veil[row * 20 + 18]));
    assert.is(beside.size, 1, "no line where the hatched part ends");
  }
});

test("a column painted again has the colours that it had", () => {
  const pixels = new ColumnPixels(new FrequencyAxis(64, bins, 16_000), new LevelRange(), 2);
  const quiet = new Float32Array(bins).fill(0.2);
  const mask = new Float32Array(bins).fill(1);
  const top = pixels.follow(quiet, 0);
  pixels.paint(quiet, mask, 0, 0, top);
  pixels.write(new Float32Array(bins).fill(100), mask, 0, 1);
  pixels.paint(quiet, mask, 0, 1, top);
  for (let row = 0; row < 64; row++) assert.is(pixels.colour[row * 2 + 1], pixels.colour[row * 2]);
});

test("bad numbers in a frame do not break later ones", () => {
  const pixels = new ColumnPixels(new FrequencyAxis(64, bins, 16_000), new LevelRange(), 2);
  const bad = new Float32Array(bins).fill(Number.NaN);
  pixels.write(bad, bad, 0, 0);
  pixels.write(new Float32Array(bins).fill(Number.POSITIVE_INFINITY), bad, 0, 0);
  pixels.write(new Float32Array(bins).fill(64), new Float32Array(bins).fill(1), 0, 1);
  const { red } = channels(pixels.colour[1]);
  assert.ok(red > 150, `a loud frame is bright again: ${red}`);
});

test("spans cover a run of a ring once and in order", () => {
  assert.equal(spans(5, 0, 8), []);
  assert.equal(spans(5, 3, 8), [{ at: 5, count: 3 }]);
  assert.equal(spans(13, 6, 8), [
    { at: 5, count: 3 },
    { at: 0, count: 3 },
  ]);
  assert.equal(spans(16, 8, 8), [{ at: 0, count: 8 }]);
});

test("scrolling puts the newest frame at the right edge", () => {
  assert.equal(scrolled(0, 0, 100), []);
  assert.equal(scrolled(0, 30, 100), [{ first: 0, count: 30, x: 70 }]);
  assert.equal(scrolled(0, 250, 100), [{ first: 150, count: 100, x: 0 }]);
  assert.equal(scrolled(200, 250, 100), [{ first: 200, count: 50, x: 50 }]);
});

test("sweeping never moves a frame and leaves a gap behind the newest", () => {
  const width = 100;
  for (const newest of [1, 99, 100, 150, 199, 200, 737]) {
    const shown = swept(0, newest, width);
    for (const { first, count, x } of shown) {
      assert.is(x, first % width, `newest ${newest}`);
      assert.ok(x + count <= width);
    }
    const total = shown.reduce((sum, { count }) => sum + count, 0);
    assert.ok(total <= Math.min(newest, width));
    assert.ok(total >= Math.min(newest, width - 12));
  }
});

test("silence is noticed after it lasted, and ends with the first sound", () => {
  const watch = new SilenceWatch(10);
  const columns = (value: number) => ({
    firstFrame: 0,
    frames: 4,
    bins: 3,
    magnitudes: new Float32Array(12).fill(value),
    mask: new Float32Array(12),
  });
  assert.equal(
    [0, 0, 0].map((value) => watch.push(columns(value))),
    [false, false, true],
  );
  assert.not(watch.push(columns(1)));
  assert.not(watch.push(columns(0)));
});

test.run();

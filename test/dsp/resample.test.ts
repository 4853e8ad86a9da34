import { test } from "uvu";
import * as assert from "uvu/assert";
import { resample, StreamingResampler } from "../../dsp/index.ts";
import { decibels, leak, toneResponse } from "./filter-response.ts";
import {
  heapBytesPerCall,
  largestDifference,
  noise,
  pieces,
  randomNumbers,
  reference,
  tone,
} from "./signals.ts";

const DEVICE_RATES = [8000, 11_025, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
/** Both directions of every device rate, and ratios that have no small whole numbers. */
const PAIRS = [
  ...DEVICE_RATES.flatMap((rate) => [
    [rate, 16_000],
    [16_000, rate],
  ]),
  [47_999, 16_000],
  [16_000, 15_534],
  [44_100, 48_000],
];

function inPieces(stream: StreamingResampler, chunks: Iterable<Float32Array>): Float32Array {
  const out: number[] = [];
  const room = new Float32Array(stream.maxOutput(100_000));
  for (const chunk of chunks) {
    const count = stream.push(chunk, room);
    for (let n = 0; n < count; n++) out.push(room[n]);
  }
  return Float32Array.from(out);
}

test("pass band: flat to 0.001 dB up to 7/8 of half the lower rate, images and aliases below -80 dB", () => {
  for (const [from, to] of PAIRS) {
    const edge = (7 / 16) * Math.min(from, to);
    for (const share of [0.013, 0.31, 0.62, 0.9, 0.97, 1]) {
      const response = toneResponse(from, to, share * edge);
      const where = `${from} to ${to} at ${(share * edge).toFixed(0)} Hz`;
      assert.ok(Math.abs(decibels(response.gain)) < 0.001, `${where}: gain ${decibels(response.gain)} dB`);
      assert.ok(decibels(response.rest) < -80, `${where}: rest ${decibels(response.rest)} dB`);
    }
  }
});

test("stop band: at least 80 dB from half the lower rate on", () => {
  for (const [from, to] of PAIRS.filter(([from, to]) => from > to)) {
    for (let step = 0; step <= 8; step++) {
      const hz = to / 2 + ((from - to) / 2) * (step / 8) ** 2;
      // A tone at half the input rate samples to zeros; just below it does not.
      const below = Math.min(hz, 0.4999 * from);
      assert.ok(decibels(leak(from, to, below)) < -80, `${from} to ${to} at ${below.toFixed(0)} Hz`);
    }
  }
});

test("group delay: constant, whole samples, below 3 ms where 16 kHz is the lower rate", () => {
  for (const [from, to] of PAIRS) {
    const stream = new StreamingResampler(from, to);
    assert.ok(Number.isInteger(stream.delay));
    if (Math.min(from, to) === 16_000)
      assert.ok(stream.delay / to < 0.003, `${from} to ${to}: ${stream.delay}`);
    for (const share of [0.02, 0.5, 1]) {
      const hz = share * (7 / 16) * Math.min(from, to);
      const { delay } = toneResponse(from, to, hz);
      assert.ok(Math.abs(delay - stream.delay) < 1e-3, `${from} to ${to} at ${hz} Hz: ${delay}`);
    }
  }
  assert.is(new StreamingResampler(48_000, 16_000).delay, 42);
  assert.is(new StreamingResampler(16_000, 48_000).delay, 126);
});

test("any chunking gives the same samples, bit for bit, and as many as announced", () => {
  for (const [from, to] of PAIRS) {
    const samples = noise(6000, from + to);
    const whole = inPieces(new StreamingResampler(from, to), [samples]);
    assert.is(whole.length, Math.ceil((6000 * to) / from));
    for (const most of [1, 128, 5000]) {
      const cut = inPieces(new StreamingResampler(from, to), pieces(samples, most, most));
      assert.is(cut.length, whole.length);
      assert.is(largestDifference(cut, whole), 0, `${from} to ${to} in pieces of up to ${most}`);
    }
  }
});

test("every push keeps to maxOutput and to the exact count so far", () => {
  const random = randomNumbers(3);
  for (let round = 0; round < 60; round++) {
    const from = 1000 + Math.floor(random() * 191_000);
    const to = 1000 + Math.floor(random() * 191_000);
    const stream = new StreamingResampler(from, to);
    let taken = 0;
    let given = 0;
    for (let push = 0; push < 5; push++) {
      const input = noise(Math.floor(random() * 40), push);
      const out = new Float32Array(stream.maxOutput(input.length) + 1).fill(7);
      const count = stream.push(input, out);
      assert.is(out[count], 7, "nothing is written beyond the count");
      taken += input.length;
      given += count;
      assert.is(given, Math.ceil((taken * to) / from), `${from} to ${to}`);
    }
  }
});

test("an hour without drift", () => {
  // Low rates, so that an hour takes little time; the arithmetic is the same.
  const [from, to, seconds, hz] = [1000, 1001, 3600, 171];
  const stream = new StreamingResampler(from, to);
  const out = new Float32Array(stream.maxOutput(from));
  const input = tone(from, hz, from);
  let given = 0;
  let count = 0;
  for (let second = 0; second < seconds; second++) {
    count = stream.push(input, out);
    given += count;
  }
  assert.is(given, seconds * to);
  // The tone has whole periods a second, so the last second is known from its place in it.
  for (let n = 0; n < count; n++) {
    const wanted = Math.sin((2 * Math.PI * hz * (n - stream.delay)) / to);
    assert.ok(Math.abs(out[n] - wanted) < 1e-4, `sample ${n} of the last second`);
  }
});

test("whole recordings come out in place: as soxr converts them", () => {
  const converted = resample(reference("band_44100"), 44_100, 16_000);
  const expected = reference("band_16000");
  assert.is(converted.length, expected.length);
  // soxr sees the recording's ends its own way.
  assert.ok(largestDifference(converted, expected, 100, expected.length - 100) < 1e-4);
});

test("whole recordings of any length have ceil(length * to / from) samples, tones in place to the last", () => {
  for (const [from, to] of PAIRS) {
    for (const length of [1, 37, 4096, 9001]) {
      assert.is(
        resample(noise(length, 1), from, to).length,
        Math.ceil((length * to) / from),
        `${from} to ${to}`,
      );
    }
    const lower = Math.min(from, to);
    const hz = lower / 20;
    const out = resample(tone(from / 4, hz, from), from, to);
    const margin = Math.ceil((50 * to) / lower);
    assert.ok(largestDifference(out, tone(out.length, hz, to), margin, out.length - margin) < 1e-4);
  }
  assert.is(resample(new Float32Array(0), 48_000, 16_000).length, 0);
});

test("equal rates pass through unchanged, without delay and as a copy", () => {
  const samples = noise(1000, 4);
  const stream = new StreamingResampler(16_000, 16_000);
  assert.is(stream.delay, 0);
  assert.is(largestDifference(inPieces(stream, pieces(samples, 100, 5)), samples), 0);
  const copy = resample(samples, 16_000, 16_000);
  assert.is.not(copy, samples);
  assert.is(largestDifference(copy, samples), 0);
});

test("constants pass exactly, square waves stay bounded, a NaN passes and is gone", () => {
  for (const [from, to] of [
    [48_000, 16_000],
    [16_000, 44_100],
    [47_999, 16_000],
  ]) {
    const constant = resample(new Float32Array(8000).fill(1), from, to);
    const margin = Math.ceil((50 * to) / Math.min(from, to));
    const ones = new Float32Array(constant.length).fill(1);
    assert.ok(largestDifference(constant, ones, margin, constant.length - margin) < 1e-6);

    const square = resample(tone(8000, 440, from).map(Math.sign), from, to);
    assert.ok(
      square.every((value) => Math.abs(value) < 1.3),
      "overshoot at edges stays that of a low-pass",
    );

    const broken = new Float32Array(8000);
    broken[4000] = Number.NaN;
    const out = resample(broken, from, to);
    const hurt = out.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0);
    assert.ok(hurt > 0 && hurt <= 2 * margin);
    assert.is(out.at(-1), 0);
  }
});

test("reset forgets what came before; parts of arrays can be taken", () => {
  const samples = noise(1000, 6);
  const fresh = inPieces(new StreamingResampler(44_100, 16_000), [samples]);
  const stream = new StreamingResampler(44_100, 16_000);
  const out = new Float32Array(400);
  stream.push(new Float32Array(777).fill(Number.NaN), out);
  stream.reset();
  const padded = new Float32Array(1500).fill(Number.NaN);
  padded.set(samples, 200);
  assert.is(stream.push(padded, out, 200, 1200), fresh.length);
  assert.is(largestDifference(fresh, out), 0);
});

test("allocates nothing once it runs", () => {
  const input = noise(128, 7);
  for (const [from, to] of [
    [48_000, 16_000],
    [16_000, 44_100],
    [47_999, 16_000],
  ]) {
    const stream = new StreamingResampler(from, to);
    const out = new Float32Array(stream.maxOutput(128));
    const bytes = heapBytesPerCall(() => void stream.push(input, out));
    assert.ok(bytes < 8, `${from} to ${to}: ${bytes} bytes a push`);
  }
});

test("refuses rates and outputs that can't work, by value", () => {
  for (const rate of [0, -48_000, 44_100.5, Number.NaN, Number.POSITIVE_INFINITY, 999, 1_000_001]) {
    assert.throws(() => new StreamingResampler(rate, 16_000), new RegExp(`${rate} Hz`));
    assert.throws(() => resample(new Float32Array(4), 16_000, rate), RangeError);
  }
  const stream = new StreamingResampler(16_000, 48_000);
  assert.throws(
    () => stream.push(noise(128, 8), new Float32Array(383)),
    /output holds 383 .* 128 inputs can make 384/,
  );
});

test.run();

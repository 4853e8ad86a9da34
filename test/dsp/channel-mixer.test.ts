import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type ChannelChoice,
  type ChannelVerdict,
  channelNote,
  MonoStream,
  mixDown,
  parseChannelChoice,
  toMono,
} from "../../dsp/index.ts";
import { largestDifference, noise as whiteNoise } from "./signals.ts";

const RATE = 16_000;
const SECONDS = 4;

const of = (count: number, value: (n: number) => number) =>
  Float32Array.from({ length: count }, (_, n) => value(n));
const noise = (count: number, seed: number, amplitude: number) => scaled(whiteNoise(count, seed), amplitude);
const scaled = (samples: Float32Array, by: number) => samples.map((sample) => by * sample);
const sum = (...parts: readonly Float32Array[]) =>
  of(parts[0].length, (n) => parts.reduce((s, part) => s + part[n], 0));
/** Barks: tones of many harmonics that begin and end, over a little noise. */
function sound(seconds = SECONDS, rate = RATE, seed = 1): Float32Array {
  const hiss = noise(seconds * rate, seed, 0.002);
  return of(seconds * rate, (n) => {
    const time = n / rate;
    const loud = Math.exp(-8 * (time % 0.4));
    let tones = 0;
    for (let k = 1; k <= 10; k++) tones += Math.sin(2 * Math.PI * 410 * k * time + k * k) / k;
    return 0.1 * loud * tones + hiss[n];
  });
}
const silence = (samples: Float32Array) => new Float32Array(samples.length);
const hum = (count: number, amplitude: number, rate = RATE) =>
  of(count, (n) => amplitude * Math.sin((2 * Math.PI * 50 * n) / rate));
/** Each sample leans on the one before: noise of a lower colour. */
function brown(count: number, amplitude: number): Float32Array {
  let last = 0;
  return noise(count, 9, amplitude).map((value) => {
    last = 0.9 * last + value;
    return last;
  });
}

function heardOf(channels: readonly Float32Array[], choice?: ChannelChoice, rate = RATE) {
  const verdicts: ChannelVerdict[] = [];
  const samples = mixDown(channels, rate, { choice, onVerdict: (verdict) => verdicts.push(verdict) });
  return { samples, verdicts };
}

const s = sound();
const long = s.length;
const faint = (db: number, seed: number) => noise(long, seed, 10 ** (db / 20) * Math.sqrt(3));

interface Case {
  readonly what: string;
  readonly channels: readonly Float32Array[];
  readonly heard: readonly number[];
  readonly told: RegExp;
}
const CASES: readonly Case[] = [
  { what: "upside down", channels: [s, scaled(s, -1)], heard: [1], told: /^the two channels cancel.*left/ },
  {
    what: "upside down and fainter",
    channels: [scaled(s, 0.4), scaled(s, -1)],
    heard: [2],
    told: /cancel.*right/,
  },
  {
    what: "upside down, each with a noise of its own",
    channels: [sum(s, faint(-50, 2)), sum(scaled(s, -1), faint(-50, 3))],
    heard: [1],
    told: /cancel/,
  },
  {
    what: "upside down with constants",
    channels: [s.map((x) => x + 0.3), s.map((x) => 0.2 - x)],
    heard: [1],
    told: /cancel/,
  },
  {
    what: "a silent one",
    channels: [silence(s), s],
    heard: [2],
    told: /^the left channel holds no sound; the right/,
  },
  {
    what: "a constant",
    channels: [s, silence(s).fill(0.5)],
    heard: [1],
    told: /right channel holds no sound/,
  },
  { what: "hum", channels: [s, hum(long, 0.2)], heard: [1], told: /right channel holds no sound/ },
  { what: "faint noise", channels: [s, faint(-60, 4)], heard: [1], told: /right channel holds/ },
  {
    what: "loud noise",
    channels: [faint(-15, 4), s],
    heard: [2],
    told: /left channel holds nothing but noise/,
  },
  {
    what: "four, two of them dead with noise",
    channels: [s, s, faint(-20, 5), brown(long, 0.05)],
    heard: [1, 2],
    told: /^channels 3 and 4 of 4 hold nothing but noise; channels 1 and 2 of 4 are heard/,
  },
  {
    what: "four, two of them silent, the others upside down",
    channels: [silence(s), silence(s), s, scaled(s, -1)],
    heard: [3],
    told: /^channels 1 and 2 of 4 hold no sound and the others cancel.*channel 3 of 4 is heard/,
  },
  {
    what: "six of a film: the low one hums, those behind are silent",
    channels: [s, scaled(s, 0.7), scaled(s, 0.8), hum(long, 0.3), silence(s), silence(s)],
    heard: [1, 2, 3],
    told: /channels 4, 5 and 6 of 6 hold no sound/,
  },
];

for (const { what, channels, heard, told } of CASES) {
  test(`the channels that hold the sound are heard alone: ${what}`, () => {
    const { samples, verdicts } = heardOf(channels);
    assert.is(verdicts.length, 1, JSON.stringify(verdicts));
    assert.equal(verdicts[0].heard, heard);
    assert.match(channelNote(verdicts[0])!, told);
    const expected = toMono(heard.map((channel) => channels[channel - 1]));
    assert.ok(largestDifference(samples, expected) < 1e-6);
  });
}

for (const rate of [8_000, 22_050, 44_100, 48_000, 96_000, 192_000]) {
  test(`a channel upside down and one of noise are found at ${rate} Hz`, () => {
    const bark = sound(3, rate);
    const inverted = heardOf([bark, scaled(bark, -1)], "mix", rate);
    assert.equal(inverted.verdicts[0]?.heard, [1]);
    const noisy = heardOf([noise(bark.length, 3, 0.1), bark], "mix", rate);
    assert.equal(noisy.verdicts[0]?.noisy, [1]);
  });
}

test("channels that mix are mixed, and nothing is told: one alone, the same twice, late, unlike, natural noise", () => {
  const late = new Float32Array(long);
  late.set(s.subarray(0, long - 12), 12);
  const rain = faint(-30, 6);
  for (const channels of [
    [s],
    [s, s],
    [s, late],
    [s, sound(SECONDS, RATE, 7)],
    [sum(s, faint(-40, 7)), sum(scaled(s, 0.3), faint(-40, 8))],
    [faint(-30, 7), faint(-30, 8)],
    [sum(rain, faint(-35, 7)), sum(rain, faint(-35, 8))],
    [silence(s), silence(s)],
  ]) {
    const { samples, verdicts } = heardOf(channels);
    assert.equal(verdicts, []);
    assert.ok(largestDifference(samples, toMono(channels)) < 1e-6);
  }
});

test("pieces of any size give the same as the whole", () => {
  const channels = [s, sum(scaled(s, -1), faint(-60, 3))];
  const whole = mixDown(channels, RATE);
  for (const size of [997, 4_000, 16_001]) {
    const stream = new MonoStream(RATE, 2);
    const pieces: Float32Array[] = [];
    for (let at = 0; at < long; at += size)
      pieces.push(...stream.push(channels.map((channel) => channel.slice(at, at + size))));
    pieces.push(...stream.finish());
    const joined = Float32Array.from(pieces.flatMap((piece) => [...piece]));
    assert.is(joined.length, long);
    assert.ok(largestDifference(joined, whole) < 1e-6);
  }
});

/** Live, in pieces of 20 ms. */
function live(
  channels: readonly Float32Array[],
  onVerdict?: (verdict: ChannelVerdict) => void,
): Float32Array {
  const stream = new MonoStream(RATE, channels.length, { live: true, onVerdict });
  const out = new Float32Array(channels[0].length);
  for (let at = 0; at < out.length; at += 320) {
    const [piece] = stream.push(channels.map((channel) => channel.subarray(at, at + 320)));
    out.set(piece, at);
  }
  return out;
}

test("live sound comes out sample by sample, and a change of channels does not click", () => {
  const tone = of(20 * RATE, (n) => 0.25 * Math.sin((2 * Math.PI * 500 * n) / RATE));
  // A plug is turned round after 8 s and back after 12 s.
  const other = tone.map((value, n) => (n > 8 * RATE && n < 12 * RATE ? -value : value));
  const heard = live([tone, other]);
  let step = 0;
  for (let n = 1; n < heard.length; n++) step = Math.max(step, Math.abs(heard[n] - heard[n - 1]));
  const largest = 0.25 * 2 * Math.sin((Math.PI * 500) / RATE);
  assert.ok(step < 1.05 * largest, `${step} of ${largest}`);
  // For half a second it cancels; then it is heard to the end.
  const level = (from: number, to: number) =>
    Math.sqrt(
      heard.subarray(from * RATE, to * RATE).reduce((sq, value) => sq + value * value, 0) /
        ((to - from) * RATE),
    );
  assert.ok(level(9, 12) > 0.17 && level(13, 20) > 0.17);
});

test("a sound that goes from one side to the other is not lost on the way", () => {
  const left = s.map((value, n) => (n < long / 2 ? value : 0));
  const right = s.map((value, n) => (n < long / 2 ? 0 : value));
  const heard = live([left, right]);
  const energy = (samples: Float32Array) => samples.reduce((sq, value) => sq + value * value, 0);
  // A mean has a quarter of it; what is lost is a sixteenth of a second.
  assert.ok(energy(heard.subarray(long / 2)) > 0.2 * energy(right));
  assert.ok(energy(heard.subarray(0, long / 2)) > 0.2 * energy(left));
});

test("a noisy channel is heard again when it is all that sounds", () => {
  const rain = noise(20 * RATE, 4, 0.05);
  const dog = new Float32Array(rain.length);
  dog.set(sound(4));
  const heard = live([rain, dog]);
  const level = (from: number) =>
    Math.sqrt(
      heard.subarray(from * RATE).reduce((sq, value) => sq + value * value, 0) / (heard.length - from * RATE),
    );
  assert.ok(level(15) > 0.01, `${level(15)}`);
});

test("a verdict is told once, and a sound that keeps changing tells a few", () => {
  const told: string[] = [];
  const pairs = 12;
  const rest = silence(s);
  const joined = (pieces: readonly Float32Array[]) =>
    Float32Array.from(pieces.flatMap((piece) => [...piece]));
  const left = joined(Array.from({ length: pairs }, (_, k) => (k % 2 ? s : rest)));
  const right = joined(Array.from({ length: pairs }, (_, k) => (k % 2 ? rest : s)));
  live([left, right], (verdict) => told.push(channelNote(verdict)!));
  assert.ok(told.length >= 2 && told.length <= 4, told.join("\n"));
});

test("a channel that is asked for is the one that is heard", () => {
  const channels = [scaled(s, 0.5), scaled(s, -0.25), faint(-30, 3)];
  for (const [choice, index] of [
    ["left", 0],
    ["right", 1],
    [3, 2],
    ["best", 0],
  ] as const) {
    const { samples, verdicts } = heardOf(channels, choice);
    assert.equal(verdicts, []);
    assert.is(largestDifference(samples, channels[index]), 0, `${choice}`);
  }
  assert.is(largestDifference(mixDown([s], RATE, { choice: "right" }), s), 0);
  assert.throws(() => mixDown(channels, RATE, { choice: 4 }), /no channel 4.*3 channels/);
  assert.throws(() => mixDown([s], RATE, { choice: 2 }), /one channel/);
  assert.throws(() => mixDown([], RATE), /no channel/);
});

test("choices are words or numbers from 1", () => {
  assert.equal(["mix", "best", "left", "right", "1", "12"].map(parseChannelChoice), [
    "mix",
    "best",
    "left",
    "right",
    1,
    12,
  ]);
  for (const text of ["", "0", "-1", "1.5", "65", "Left", "both"]) {
    assert.throws(() => parseChannelChoice(text), /mix, best, left, right, or a number/);
  }
});

test.run();

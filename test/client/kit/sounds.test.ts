import { readdir, readFile, stat } from "node:fs/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtInSounds, soundsFor } from "../../../client/kit/sounds/index.ts";
import { loadAhead } from "../../../client/kit/sounds/load-ahead.ts";
import { loopOf, ROLL_SECONDS } from "../../../client/kit/sounds/loop.ts";
import { sampleRate, syntheticSounds } from "../../../client/kit/sounds/synthetic/index.ts";
import {
  addLooped,
  along,
  Biquad,
  harmonicTone,
  randomFrom,
  render,
  rms,
} from "../../../client/kit/sounds/synthetic/synth.ts";
import { sounds as englishTitles } from "../../../client/kit/words/english/names.ts";
import { sounds as germanTitles } from "../../../client/kit/words/german/names.ts";
import { RECORDINGS, readScene } from "../../../tools/demo-scenes/read-scene.ts";

/** All files together, as people load them. */
const MOST_KB = 700;
/** They were mixed to 0.7; the codec adds a little. */
const PEAK_OF_MP3 = 0.8;

test("names are fit for an address and unique, and every language has a title for each", () => {
  const names = builtInSounds.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
  for (const name of names) {
    assert.match(name, /^[a-z-]+$/);
    assert.ok(Object.hasOwn(englishTitles, name) && Object.hasOwn(germanTitles, name), name);
  }
});

test("every file's recordings are credited, in the words the page shows", async () => {
  const credits = await readFile(`${RECORDINGS}/CREDITS.md`, "utf8");
  for (const { name, recordings } of builtInSounds) {
    assert.ok(recordings.length >= 2, name);
    for (const { title, author, licence, source } of recordings) {
      const row = credits
        .split("\n")
        .find((line) => line.includes(name) && line.includes(source) && line.includes(title));
      assert.ok(row?.includes(author) && row.includes(licence), `${name}: ${title}`);
    }
  }
  const files = (await readdir(RECORDINGS)).filter((file) => file.endsWith(".mp3"));
  assert.equal(files.sort(), builtInSounds.map(({ name }) => `${name}.mp3`).sort());
  const sizes = await Promise.all(files.map((file) => stat(`${RECORDINGS}/${file}`)));
  assert.ok(sizes.reduce((sum, { size }) => sum + size, 0) <= 1_000 * MOST_KB);
});

test("a pack is offered the sounds it can name, and what was chosen; all where it can name none", () => {
  const names = (labels?: string[], chosen?: string) => soundsFor(labels, chosen).map(({ name }) => name);
  assert.equal(names(["speech", "dog"]), ["dog-in-wind", "voice-by-the-fire"]);
  assert.equal(names(["dog"], "crow-before-a-storm"), ["dog-in-wind", "crow-before-a-storm"]);
  for (const all of [names(), names(["unheard of"])]) assert.is(all.length, builtInSounds.length);
});

test("a loop is any piece of its length, however much its decoder cut off", () => {
  const rate = 1_000;
  const decoded = Float32Array.from({ length: rate * (1 + 2 * ROLL_SECONDS) }, (_, n) => n % rate);
  const loop = loopOf(decoded, rate, 1);
  assert.is(loop.length, rate);
  assert.is((loop[rate - 1] + 1) % rate, loop[0], "its end goes on where it begins");
  assert.throws(() => loopOf(decoded.subarray(0, rate), rate, 1), RangeError);
});

const sounds = [
  ...builtInSounds.map(({ name, seconds }) => ({
    ...{ name, seconds, most: PEAK_OF_MP3 },
    make: () => readScene(name, sampleRate),
  })),
  ...syntheticSounds.map(({ name, make }) => ({
    name: `${name}, synthetic`,
    seconds: 10,
    most: 0.7001,
    make,
  })),
];
for (const { name, seconds, most, make } of sounds) {
  test(`${name}: of its length, bounded, loud enough, without offset, the same every time, no seam`, async () => {
    const samples = await make();
    assert.is(samples.length, seconds * sampleRate);
    let peak = 0;
    let sum = 0;
    let step = 0;
    for (let n = 0; n < samples.length; n++) {
      assert.ok(Number.isFinite(samples[n]));
      peak = Math.max(peak, Math.abs(samples[n]));
      sum += samples[n];
      if (n > 0) step = Math.max(step, Math.abs(samples[n] - samples[n - 1]));
    }
    assert.ok(peak > 0.5 && peak <= most, `peak ${peak}`);
    assert.ok(rms(samples) > 0.015, `level ${rms(samples)}`);
    assert.ok(Math.abs(sum / samples.length) < 0.005);
    assert.ok(Math.abs(samples[0] - samples[samples.length - 1]) <= step);
    assert.equal(samples.subarray(0, 2000), (await make()).subarray(0, 2000));
  });
}

test("random numbers are those of their seed and evenly spread", () => {
  const [a, b, c] = [randomFrom(1), randomFrom(1), randomFrom(2)];
  assert.is(a(), b());
  assert.is.not(a(), c());
  const random = randomFrom(3);
  let sum = 0;
  for (let k = 0; k < 10_000; k++) {
    const x = random();
    assert.ok(x >= 0 && x < 1);
    sum += x;
  }
  assert.ok(Math.abs(sum / 10_000 - 0.5) < 0.01);
});

test("filters pass and stop what their names say", () => {
  const gain = (kind: "lowpass" | "highpass" | "bandpass", hz: number) => {
    const filter = new Biquad(kind, 1000);
    const out = render(0.5, (t) => filter.next(Math.sin(2 * Math.PI * hz * t)));
    return rms(out.subarray(2000)) * Math.SQRT2;
  };
  assert.ok(gain("lowpass", 100) > 0.98 && gain("lowpass", 7000) < 0.02);
  assert.ok(gain("highpass", 7000) > 0.98 && gain("highpass", 50) < 0.02);
  assert.ok(gain("bandpass", 1000) > 0.98 && gain("bandpass", 50) < 0.1);
});

test("tones stay below half the sample rate", () => {
  const tone = harmonicTone(0, 1000);
  const samples = render(0.1, () => tone(1000));
  // Seven harmonics of 1 kHz fit below 7.5 kHz: their mean square is 7/2.
  assert.ok(Math.abs(rms(samples) ** 2 - 3.5) < 0.05);
});

test("lines and loops", () => {
  const line = [
    [0, 1],
    [1, 3],
  ] as const;
  assert.equal(
    [-1, 0, 0.5, 1, 9].map((t) => along(line, t)),
    [1, 1, 2, 3, 3],
  );
  const loop = new Float32Array(sampleRate);
  addLooped(loop, new Float32Array(3).fill(1), 1 - 1 / sampleRate, 0.5);
  assert.equal([loop[sampleRate - 1], loop[0], loop[1], loop[2]], [0.5, 0.5, 0.5, 0]);
});

test("sounds are loaded ahead, one each time that there is nothing else to do, past one that can't be", async () => {
  const loaded: string[] = [];
  const waiting: (() => void)[] = [];
  const sounds = ["a", "b", "c"].map((name) => ({
    load: async () => {
      loaded.push(name);
      if (name === "b") throw new Error("gone");
      return new Float32Array(1);
    },
  }));
  loadAhead(sounds, (run) => waiting.push(run));
  assert.equal(loaded, [], "not at once");
  for (const so of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(loaded, so);
  }
  assert.equal(waiting, []);
  const [{ make }] = syntheticSounds;
  assert.is(make(), make(), "the same array each time");
});

test.run();

// Scenes whose truth is exact: parts that add up, events at their times and levels, the same from the same seed.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { activeRegions, loudestStretch } from "../../../lab/data/active-regions.ts";
import { Random } from "../../../lab/data/random.ts";
import { makeScene, SCENE_SECONDS, SCENE_SNR_DB } from "../../../lab/data/scenes.ts";

const RATE = 16_000;
/** Silence with tones in these seconds, at these levels. */
function sound(seconds: number, ...tones: readonly [from: number, to: number, level: number][]) {
  const samples = new Float32Array(seconds * RATE);
  for (const [from, to, level] of tones) {
    for (let n = from * RATE; n < to * RATE; n++)
      samples[n] = level * Math.sin((2 * Math.PI * 440 * n) / RATE);
  }
  return samples;
}
const inSeconds = ({ from, to }: { from: number; to: number }) => [from / RATE, to / RATE];
const rms = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

test("regions are parted by pauses of a quarter of a second, and end where the sound is 30 dB down", () => {
  const samples = sound(5, [1, 1.5, 0.5], [1.6, 2, 0.5], [3, 3.2, 0.1], [4, 4.5, 0.01]);
  assert.equal(activeRegions(samples, RATE).map(inSeconds), [
    [1, 2],
    [3, 3.2],
  ]);
  assert.equal(activeRegions(new Float32Array(RATE), RATE), []);
});

test("a sound's event is its region of most energy, and the most energetic part of a long one", () => {
  const samples = sound(5, [0.5, 0.7, 0.4], [2, 3, 0.4]);
  assert.equal(inSeconds(loudestStretch(samples, RATE, 2.5)!), [2, 3]);
  const swelling = sound(5, [0, 5, 0.1], [3, 4, 0.5]);
  const [from, to] = inSeconds(loudestStretch(swelling, RATE, 1)!);
  assert.ok(Math.abs(from - 3) < 0.011 && Math.abs(to - 4) < 0.011, `${from} to ${to}`);
  assert.is(loudestStretch(new Float32Array(RATE), RATE, 1), undefined);
});

const sounds = [
  { label: "one", samples: sound(5, [1, 2, 0.3]) },
  { label: "two", samples: sound(5, [0, 5, 0.01]) },
  { label: "three", samples: sound(1, [0.4, 0.6, 0.9]) },
];

test("parts add up to the scene, and nothing of an event lies outside its time", () => {
  const { samples, background, events } = makeScene(sounds, undefined, RATE, new Random(1));
  assert.is(samples.length, SCENE_SECONDS * RATE);
  assert.equal(
    events.map(({ label }) => label),
    ["one", "two", "three"],
  );
  for (const [n, sample] of samples.entries()) {
    const sum = events.reduce((total, { stem }) => total + stem[n], background[n]);
    if (Math.abs(sample - sum) > 1e-6) assert.unreachable(`sample ${n}: ${sample}, not ${sum}`);
  }
  for (const { stem, span } of events) {
    assert.ok(stem.every((sample, n) => sample === 0 || (n >= span.from && n < span.to)));
    assert.ok(span.to <= samples.length);
  }
});

test("events are as far above the background as they say, and one after the other", () => {
  for (let seed = 0; seed < 6; seed++) {
    const { background, events } = makeScene(sounds, undefined, RATE, new Random(seed));
    for (const { stem, span, snrDb } of events) {
      const level = 20 * Math.log10(rms(stem.subarray(span.from, span.to)) / rms(background));
      assert.ok(Math.abs(level - snrDb) < 1e-3, `${level} dB, not ${snrDb}`);
      assert.ok((SCENE_SNR_DB as readonly number[]).includes(snrDb));
    }
    const inTime = events.map(({ span }) => span).sort((one, other) => one.from - other.from);
    const gaps = inTime.slice(1).map(({ from }, k) => from - inTime[k].to);
    assert.ok(gaps.every((gap) => gap >= 0.3 * RATE - 1));
  }
});

test("a given background is repeated, and all is quieter where the sum would be beyond full scale", () => {
  const click = new Float32Array(RATE);
  click[8000] = 1;
  const { samples, background } = makeScene([{ label: "click", samples: click }], click, RATE, new Random(3));
  assert.ok(samples.every((sample) => Math.abs(sample) <= 1));
  assert.ok(background[8000] > 0);
  assert.is(background[8000], background[8000 + 9 * RATE]);
});

test("the same seed makes the same scene; what has nothing to be heard makes none", () => {
  const made = (seed: number) => makeScene(sounds, undefined, RATE, new Random(seed)).samples;
  assert.equal(made(5), made(5));
  assert.not.equal(made(5), made(6));
  const silent = [{ label: "nothing", samples: new Float32Array(RATE) }];
  assert.throws(() => makeScene(silent, undefined, RATE, new Random(1)), /nothing is to be heard.*"nothing"/);
  const crowd = Array.from({ length: 5 }, () => sounds[1]);
  assert.throws(() => makeScene(crowd, undefined, RATE, new Random(1)), /no room/);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtInSounds, sampleRate } from "../../../client/kit/sounds/index.ts";
import { makeAhead } from "../../../client/kit/sounds/make-ahead.ts";
import {
  addLooped,
  along,
  Biquad,
  harmonicTone,
  randomFrom,
  render,
  rms,
} from "../../../client/kit/sounds/synth.ts";

test("names are fit for an address and unique", () => {
  const names = builtInSounds.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-z-]+$/);
});

for (const { name, make } of builtInSounds) {
  test(`${name}: ten seconds, bounded, loud enough, without offset, the same every time, no seam`, () => {
    const samples = make();
    assert.is(samples.length, 10 * sampleRate);
    let peak = 0;
    let sum = 0;
    let step = 0;
    for (let n = 0; n < samples.length; n++) {
      assert.ok(Number.isFinite(samples[n]));
      peak = Math.max(peak, Math.abs(samples[n]));
      sum += samples[n];
      if (n > 0) step = Math.max(step, Math.abs(samples[n] - samples[n - 1]));
    }
    assert.ok(peak > 0.5 && peak <= 0.7001, `peak ${peak}`);
    assert.ok(rms(samples) > 0.015, `level ${rms(samples)}`);
    assert.ok(Math.abs(sum / samples.length) < 0.005);
    assert.ok(Math.abs(samples[0] - samples[samples.length - 1]) <= step);
    assert.equal(samples.subarray(0, 2000), make().subarray(0, 2000));
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

test("sounds are made ahead, one each time that there is nothing else to do, and once", () => {
  const made: string[] = [];
  const waiting: (() => void)[] = [];
  const sounds = ["a", "b", "c"].map((name) => ({
    make: () => {
      made.push(name);
      return new Float32Array(1);
    },
  }));
  makeAhead(sounds, (run) => waiting.push(run));
  assert.equal(made, [], "not at once");
  for (const so of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    waiting.shift()?.();
    assert.equal(made, so);
  }
  assert.equal(waiting, []);
  const [sound] = builtInSounds;
  assert.is(sound.make(), sound.make(), "the same array each time");
});

test.run();

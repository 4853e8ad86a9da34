// An event begins where its sound does, whatever the windows say.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LOOKED_AT, onsetIn } from "../../monitor/onset.ts";
import { noise, randomNumbers } from "../dsp/signals.ts";

const SECONDS = LOOKED_AT.before + LOOKED_AT.after;

/** What is looked at: `sound` from `at` seconds on, over noise of `floor`. */
function around(
  rate: number,
  at: number,
  sound: (time: number) => number,
  floor = 1e-3,
  seed = 1,
): Float32Array {
  return noise(Math.round(SECONDS * rate), seed).map((hiss, n) => {
    const time = n / rate - at;
    return floor * hiss + (time < 0 ? 0 : sound(time));
  });
}

const saw = (time: number) => 0.1 * ((120 * time) % 1) - 0.05;
const bark = (time: number) => 0.3 * Math.sin(3_000 * time) * Math.exp(-12 * time);

test("a beginning is found to a few hundredths of a second, at every rate, wherever it lies", () => {
  const random = randomNumbers(4);
  for (const rate of [8_000, 16_000, 32_000, 44_100, 48_000, 96_000]) {
    for (const sound of [saw, bark]) {
      for (let k = 0; k < 10; k++) {
        const at = 0.2 + (SECONDS - 0.4) * random();
        const found = onsetIn(around(rate, at, sound, 1e-3, k + 1), rate);
        assert.ok(found !== undefined && Math.abs(found - at) < 0.03, `${found} for ${at} at ${rate} Hz`);
      }
    }
  }
});

test("where nothing plainly begins, nothing is found", () => {
  const rate = 16_000;
  const long = Math.round(SECONDS * rate);
  const cases = {
    silence: new Float32Array(long),
    "a constant": new Float32Array(long).fill(0.4),
    "steady noise": noise(long, 2),
    "a sound that goes on": around(rate, -1, saw),
    "a sound that swells": noise(long, 3).map((hiss, n) => hiss * (0.1 + (0.1 * n) / long)),
    "a sound that only ends": around(rate, 0, (time) => (time < 0.7 ? saw(time) : 0)),
    nothing: new Float32Array(0),
  };
  for (const [what, samples] of Object.entries(cases)) assert.is(onsetIn(samples, rate), undefined, what);
});

test("a microphone's constant offset hides no beginning", () => {
  const found = onsetIn(
    around(16_000, 0.6, bark).map((sample) => sample + 0.3),
    16_000,
  );
  assert.ok(found !== undefined && Math.abs(found - 0.6) < 0.03);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { applyMask, magnitudes } from "../../dsp/index.ts";
import { noise } from "./signals.ts";

test("magnitudes land where asked and nowhere else", () => {
  const out = new Float32Array(4).fill(-1);
  magnitudes(new Float32Array([3, 4, 0, -2]), out, 1);
  assert.equal([...out], [-1, 5, 2, -1]);
});

test("a linear mask scales, a log1p mask scales log1p, both keep the phase", () => {
  const spectrum = noise(2 * 64, 1).map((value, n) => value * 10 ** ((n % 9) - 4));
  const mask = noise(64, 2).map(Math.abs);
  const linear = new Float32Array(128);
  const log = new Float32Array(128);
  applyMask(spectrum, mask, "linear", linear);
  applyMask(spectrum, mask, "log1p", log);
  for (let bin = 0; bin < 64; bin++) {
    const [re, im] = spectrum.subarray(2 * bin);
    const before = Math.hypot(re, im);
    const near = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1e-30, Math.abs(b));
    assert.ok(near(Math.hypot(linear[2 * bin], linear[2 * bin + 1]), mask[bin] * before));
    const wanted = Math.expm1(mask[bin] * Math.log1p(before));
    assert.ok(near(Math.hypot(log[2 * bin], log[2 * bin + 1]), wanted), `bin ${bin}`);
    for (const out of [linear, log]) {
      assert.ok(Math.abs(Math.atan2(out[2 * bin + 1], out[2 * bin]) - Math.atan2(im, re)) < 1e-6);
    }
  }
});

test("a mask of 0 silences, zeros stay zeros, and a spectrum can be masked in place", () => {
  for (const masking of ["linear", "log1p"] as const) {
    const spectrum = new Float32Array([1, 2, 0, 0, 5, 6]);
    applyMask(spectrum, new Float32Array([9, 0, 0.5, 1]), masking, spectrum, 1);
    assert.equal([...spectrum.subarray(0, 4)], [0, 0, 0, 0]);
    assert.ok(Math.abs(spectrum[4] - 5) < 1e-5 && Math.abs(spectrum[5] - 6) < 1e-5);
  }
});

test.run();

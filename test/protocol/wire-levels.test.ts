import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeMagnitudes, decodeMask, encodeMagnitudes, encodeMask } from "../../protocol/wire-levels.ts";

/** Magnitudes from 1e-4 to 256, which is full scale. */
const scale = Float32Array.from({ length: 1000 }, (_, i) => 1e-4 * (256 / 1e-4) ** (i / 999));

function through(magnitudes: Float32Array, levels: Uint16Array | Uint8Array): Float32Array {
  const back = new Float32Array(magnitudes.length);
  encodeMagnitudes(magnitudes, levels);
  decodeMagnitudes(levels, back);
  return back;
}

test("16-bit magnitudes are right to 0.3 %", () => {
  through(scale, new Uint16Array(scale.length)).forEach((got, i) => {
    assert.ok(Math.abs(got - scale[i]) <= 0.003 * scale[i], `${scale[i]} became ${got}`);
  });
});

test("8-bit magnitudes are right to 1.2 % of 1 + |X|", () => {
  through(scale, new Uint8Array(scale.length)).forEach((got, i) => {
    assert.ok(Math.abs(got - scale[i]) <= 0.012 * (1 + scale[i]), `${scale[i]} became ${got}`);
  });
});

test("no magnitude in means zero out, and nothing overflows", () => {
  const odd = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1e38);
  assert.equal([...through(odd, new Uint16Array(5)).subarray(0, 4)], [0, 0, 0, 0]);
  assert.equal([...through(odd, new Uint8Array(5)).subarray(0, 4)], [0, 0, 0, 0]);
  const every = new Float32Array(65_536);
  decodeMagnitudes(
    Uint16Array.from({ length: 65_536 }, (_, i) => i),
    every,
  );
  assert.ok(every.every((value) => value >= 0 && value < 1e7));
});

test("decoding writes where it is told and nowhere else", () => {
  const into = new Float32Array(6).fill(-1);
  decodeMagnitudes(Uint16Array.of(0x3c00, 0), into, 2);
  assert.equal(
    [...into].map((each) => Math.round(each * 1000) / 1000),
    [-1, -1, 1.718, 0, -1, -1],
  );
});

test("masks are right to half a step, and 0 and 1 exactly", () => {
  const mask = Float32Array.from({ length: 2001 }, (_, i) => i / 2000);
  const back = decodeMask(encodeMask(mask));
  back.forEach((got, i) => {
    assert.ok(Math.abs(got - mask[i]) <= 0.5 / 255 + 1e-6);
  });
  assert.is(back[0], 0);
  assert.is(back[2000], 1);
});

test.run();

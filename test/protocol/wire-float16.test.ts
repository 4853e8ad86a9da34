import { test } from "uvu";
import * as assert from "uvu/assert";
import { fromFloat16, toFloat16 } from "../../protocol/wire-float16.ts";

test("all 65,536 values survive the way there and back", () => {
  for (let half = 0; half < 65_536; half++) {
    const value = fromFloat16(half);
    const back = toFloat16(value);
    if (Number.isNaN(value)) assert.is(back & 0x7e00, 0x7e00);
    else if (back !== half)
      assert.unreachable(`0x${half.toString(16)} = ${value} came back as 0x${back.toString(16)}`);
  }
});

test("known values", () => {
  const known: [number, number][] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3c00, 1],
    [0x3c01, 1 + 2 ** -10],
    [0x3555, 0.333251953125],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ];
  for (const [half, value] of known) assert.ok(Object.is(fromFloat16(half), value), `0x${half.toString(16)}`);
  assert.ok(Number.isNaN(fromFloat16(0x7c01)) && Number.isNaN(fromFloat16(0xffff)));
});

test("between two neighbours the nearer one is taken, and the even one in the middle", () => {
  for (let half = 0; half < 0x7bff; half++) {
    const low = fromFloat16(half);
    const high = fromFloat16(half + 1);
    const middle = (low + high) / 2;
    const even = half % 2 === 0 ? half : half + 1;
    const step = Math.fround(middle * (1 + 2 ** -22)) - middle || 2 ** -40;
    if (toFloat16(middle) !== even) assert.unreachable(`middle above 0x${half.toString(16)}`);
    if (toFloat16(middle - step) !== half)
      assert.unreachable(`below the middle above 0x${half.toString(16)}`);
    if (toFloat16(middle + step) !== half + 1)
      assert.unreachable(`above the middle above 0x${half.toString(16)}`);
    if (toFloat16(-middle) !== (even | 0x8000))
      assert.unreachable(`negative middle above 0x${half.toString(16)}`);
  }
});

test("what is too large becomes infinite, and not before 65520", () => {
  assert.is(toFloat16(65519.99), 0x7bff);
  assert.is(toFloat16(65520), 0x7c00);
  assert.is(toFloat16(1e30), 0x7c00);
  assert.is(toFloat16(-1e30), 0xfc00);
  assert.is(toFloat16(2 ** -25), 0);
  assert.is(toFloat16(2 ** -25 * 1.0001), 1);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { MaskBoard, maskBoardBytes } from "../../worklets/mask-board.ts";

const BINS = 5;
const row = (value: number) => new Float32Array(BINS).fill(value);

test("a mask is found under its own frame only, and the newest writing counts", () => {
  const board = new MaskBoard(new SharedArrayBuffer(maskBoardBytes(8, BINS)), BINS);
  board.clear();
  assert.is(board.capacity, 8);
  const out = new Float32Array(BINS);
  assert.not(board.read(0, out), "an empty board has no frame 0");
  board.write(0, row(0.1));
  board.write(3, row(0.3));
  board.write(3, row(0.5));
  assert.ok(board.read(3, out));
  assert.equal(out, row(0.5));
  assert.not(board.read(11, out), "same slot, other frame");
  board.write(11, row(0.9));
  assert.not(board.read(3, out), "displaced");
  assert.equal(out, row(0.5), "and nothing copied");
  assert.ok(board.read(0, out));
});

test("both sides see one board through one buffer", () => {
  const buffer = new SharedArrayBuffer(maskBoardBytes(16, BINS));
  const here = new MaskBoard(buffer, BINS);
  here.clear();
  const there = new MaskBoard(buffer, BINS);
  here.write(1_000_000, Float32Array.of(0, 0, 1, 2, 3, 4, 5), 2);
  const out = new Float32Array(BINS + 1);
  assert.ok(there.read(1_000_000, out, 1));
  assert.equal([...out], [0, 1, 2, 3, 4, 5]);
});

test.run();

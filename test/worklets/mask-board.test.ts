import { test } from "uvu";
import * as assert from "uvu/assert";
import { MaskBoard, maskBoardBytes } from "../../worklets/mask-board.ts";
import { MaskSchedule } from "../../worklets/mask-schedule.ts";

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

test("masks are found, and settled once, past 2^31 frames, which is after 198 days", () => {
  const bins = 2;
  const board = new MaskBoard(new ArrayBuffer(maskBoardBytes(8, bins)), bins);
  board.clear();
  const schedule = new MaskSchedule({ bins, capacity: 8, lateFrames: 0, holdFrames: 4, fadeFrames: 4 });
  for (const start of [2 ** 31 - 20, 2 ** 32 + 5, 2 ** 40]) {
    for (let frame = start; frame < start + 40; frame++) {
      board.write(frame, Float32Array.of(0.25, 0.5));
      const at = schedule.settle(frame, board);
      assert.equal([...schedule.rows.subarray(at, at + bins)], [0.25, 0.5]);
      board.write(frame, Float32Array.of(0.75, 0.75));
      assert.is(schedule.rows[schedule.settle(frame, board)], 0.25, "settled once");
    }
  }
  assert.is(schedule.missed + schedule.late, 0);
});

test.run();

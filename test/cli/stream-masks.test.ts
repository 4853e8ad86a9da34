// The simulated stream of `bench latency-quality`: what it says was heard is what a live stream would have heard.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { delayOf, streamMasks } from "../../cli/bench/stream-masks.ts";

const FRAMES = 16;

/** Each window's mask says how much the window heard after each of its frames. */
function windows(lost: (newest: number) => boolean = () => false) {
  return {
    frames: FRAMES,
    bins: 1,
    // The rise of weights is over within a frame.
    hopMs: 1_000,
    mask: (newest: number) =>
      lost(newest) ? undefined : Float32Array.from({ length: FRAMES }, (_, n) => (FRAMES - 1 - n) / FRAMES),
  };
}

test("a frame hears the windows that came before it went out, and at least one with its look-ahead", () => {
  for (const [lookAhead, stride, lag] of [
    [0, 1, 1],
    [2, 3, 2],
    [4, 8, 3],
  ]) {
    const times = { lookAhead, stride, lag };
    const heard = streamMasks(windows(), times, 40, 80);
    assert.is(heard.length, 40);
    for (let frame = 40; frame < 80; frame++) {
      // By hand: windows on the grid whose masks come before frame + D.
      const after: number[] = [];
      for (let newest = frame; newest + lag < frame + delayOf(times); newest++) {
        if ((newest + 1) % stride === 0) after.push(newest - frame);
      }
      assert.ok(after.at(-1)! >= lookAhead, `frame ${frame}`);
      const mean = after.reduce((sum, each) => sum + each / FRAMES, 0) / after.length;
      assert.ok(
        Math.abs(heard[frame - 40] - mean) < 1e-6,
        `frame ${frame}: ${heard[frame - 40]}, not ${mean}`,
      );
    }
  }
});

test("a frame that no window covered in time is 0", () => {
  const heard = streamMasks(
    windows((newest) => newest > 50),
    { lookAhead: 0, stride: 1, lag: 1 },
    45,
    60,
  );
  assert.equal([heard[5] >= 0, heard[6]], [true, 0]);
});

test.run();

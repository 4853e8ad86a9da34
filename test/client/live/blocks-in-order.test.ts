import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type BlockSettings,
  type Blocks,
  BlocksInOrder,
} from "../../../client/live/pipeline/blocks-in-order.ts";

function rig(settings: Partial<BlockSettings> = {}) {
  let dropped = 0;
  const queue = new BlocksInOrder({
    ...{ blockFrames: 4, mostFrames: 32, sizes: () => [4, 8, 16], least: () => 4 },
    onDropped: (blocks) => {
      dropped += blocks;
    },
    ...settings,
  });
  /** Frames from one to before the other. */
  const add = (from: number, to: number) => {
    for (let frame = from; frame < to; frame++) queue.add({ frame });
  };
  /** All that may be taken now: first frame, frames, and how it begins. */
  const taken = () => {
    const all: [number, number, Blocks["begins"]][] = [];
    for (let next = queue.take(); next; next = queue.take())
      all.push([next.firstFrame, next.frames, next.begins]);
    return all;
  };
  return { add, taken, dropped: () => dropped };
}

test("every block comes once and in order, the first of them as the beginning", () => {
  const { add, taken, dropped } = rig();
  add(0, 3);
  assert.equal(taken(), []);
  add(3, 4);
  assert.equal(taken(), [[0, 4, "start"]]);
  add(4, 8);
  assert.equal(taken(), [[4, 4, null]]);
  assert.is(dropped(), 0);
});

test("a stream may begin with any frame", () => {
  const { add, taken } = rig();
  add(17, 25);
  assert.equal(taken(), [[17, 8, "start"]]);
});

test("what waited while the engine was busy is given in few calls, as long as there are graphs for it", () => {
  const { add, taken } = rig();
  add(0, 30);
  assert.equal(taken(), [
    [0, 16, "start"],
    [16, 8, null],
    [24, 4, null],
  ]);
  add(30, 32);
  assert.equal(taken(), [[28, 4, null]]);
});

test("several blocks at a time where that is wished, or fewer where there is no graph for so many", () => {
  let least = 8;
  const { add, taken } = rig({ least: () => least });
  add(0, 7);
  assert.equal(taken(), []);
  add(7, 15);
  assert.equal(taken(), [[0, 8, "start"]]);
  add(15, 16);
  assert.equal(taken(), [[8, 8, null]]);
  least = 15;
  add(16, 24);
  assert.equal(taken(), [[16, 8, null]]);
});

test("a missing frame begins anew: what waits before it is still explained, the block it is missing from is not", () => {
  const { add, taken, dropped } = rig({ least: () => 8 });
  add(0, 6);
  add(7, 15);
  assert.equal(taken(), [
    [0, 4, "start"],
    [7, 8, "frames-lost"],
  ]);
  assert.is(dropped(), 1);
});

test("frames that come again, or out of order, begin anew", () => {
  const { add, taken } = rig();
  add(0, 8);
  add(4, 8);
  add(20, 24);
  assert.equal(taken(), [
    [0, 8, "start"],
    [4, 4, "frames-lost"],
    [20, 4, "frames-lost"],
  ]);
});

test("a full queue drops all that waits and begins anew with the block that found no room", () => {
  const { add, taken, dropped } = rig();
  add(0, 4);
  assert.equal(taken(), [[0, 4, "start"]]);
  // Eight blocks wait, and a ninth comes.
  add(4, 36);
  assert.is(dropped(), 0);
  add(36, 41);
  assert.is(dropped(), 8);
  assert.equal(taken(), [[36, 4, "behind"]]);
  add(41, 44);
  assert.equal(taken(), [[40, 4, null]]);
});

test.run();

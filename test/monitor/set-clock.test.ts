// A computer without a clock of its own starts in 1970 and gets the time while the monitor runs.
import { Readable } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { stdinInput } from "../../monitor/inputs/stdin-input.ts";
import { closeAll, joined, quiet, RATE, startRig, tone } from "./rig.ts";

const PIECE = RATE / 10;
const SET = Date.UTC(2026, 6, 14, 6, 30);

test("events of a running stream have the date that the clock was set to, to the second", async () => {
  const sound = joined(quiet(3), tone(300, 2), quiet(7), tone(5000, 2), quiet(5));
  const clock = { now: 0, set: 0, steady: () => clock.now, wall: () => clock.now + clock.set };
  function* bytes() {
    for (let at = 0; at < sound.length; at += PIECE) {
      clock.now = (1000 * Math.min(sound.length, at + PIECE)) / RATE;
      // Between the first event and the second.
      if (at === 10 * RATE) clock.set = SET;
      const out = Buffer.alloc(4 * PIECE);
      for (const [n, sample] of sound.subarray(at, at + PIECE).entries()) out.writeFloatLE(sample, 4 * n);
      yield out;
    }
  }
  const input = stdinInput(
    "pipe",
    { sampleRate: RATE, channels: 1, format: "f32le", clock },
    Readable.from(bytes()),
  );
  const { monitor, store } = await startRig([input]);
  assert.equal(await monitor.finished, []);
  const [second, first] = store.find().map(({ event }) => event);
  assert.equal([first.classes[0].label, second.classes[0].label], ["low", "high"]);
  assert.ok(Math.abs(Date.parse(first.at) - 3_000) < 250, first.at);
  assert.ok(Math.abs(Date.parse(second.at) - (SET + 12_000)) < 250, second.at);
  await monitor.close();
});

test("a pipe that stalls for ten seconds and goes on live makes nothing early, before and after", async () => {
  const clock = { now: 0, steady: () => clock.now, wall: () => clock.now + SET };
  function* bytes() {
    for (let k = 1; k <= 200; k++) {
      // After ten seconds of sound nothing comes for ten.
      clock.now = 100 * k + (k > 100 ? 10_000 : 0);
      yield Buffer.alloc(2 * PIECE);
    }
  }
  const options = { sampleRate: RATE, channels: 1, format: "s16le", clock } as const;
  const input = stdinInput("pipe", options, Readable.from(bytes()));
  const report = { state() {}, dropped() {}, failed() {} };
  for await (const { blocks, timeOf } of input.stretches(report, new AbortController().signal)) {
    for await (const _ of blocks);
    const told = [1, 9, 11, 19].map((seconds) => (timeOf!(seconds).getTime() - SET) / 1000);
    for (const [k, expected] of [1, 9, 21, 29].entries())
      assert.ok(Math.abs(told[k] - expected) < 0.3, `${told}`);
  }
});

test.after(closeAll);
test.run();

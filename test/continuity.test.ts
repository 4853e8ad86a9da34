// The judge of the chaos runs: that it hears what it should hear.
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type FaultReport,
  failuresOf,
  LEAST_JUDGED,
  LEAST_PIECES,
  steadyTones,
} from "../tools/chaos/chaos-rig.ts";
import { alignment, continuity } from "../tools/chaos/continuity.ts";
import { Rig } from "./worklets/rig.ts";

const RATE = 48_000;
const DELAY = 9000;
const microphone = steadyTones(2, RATE);
const step = microphone.reduce(
  (most, value, n) => Math.max(most, n ? Math.abs(value - microphone[n - 1]) : 0),
  0,
);

/** The microphone's sound DELAY samples later, then changed. */
function heard(change: (output: Float32Array) => void, input = microphone) {
  const output = new Float32Array(input.length);
  output.set(input.subarray(0, input.length - DELAY), DELAY);
  output.set(input.subarray(0, DELAY));
  // The first samples stand for what came before; the seam is smoothed over by leaving it out.
  for (let n = 0; n < DELAY; n++) output[n] = microphone[(n - DELAY + RATE) % RATE];
  change(output);
  return { sampleRate: RATE, microphone: input, output };
}

test("the input moved in time is whole", () => {
  const sound = heard(() => {});
  assert.equal(continuity(sound, step), {
    gaps: 0,
    repeatedBlocks: 0,
    clicks: 0,
    quietMs: 0,
    judged: 1,
  });
  const { delays, unlike, pieces } = alignment(sound);
  assert.equal(delays, [DELAY]);
  assert.is(unlike, 0);
  assert.ok(pieces > 20);
});

test("a gap, a click, a repeated block and a jump of the delay are each found", () => {
  const gap = continuity(
    heard((output) => output.fill(0, 60_000, 60_200)),
    step,
  );
  assert.is(gap.gaps, 1);
  const click = continuity(
    heard((output) => {
      output[60_000] += 2;
    }),
    step,
  );
  assert.is(click.clicks, 2);
  const repeat = continuity(
    heard((output) => output.copyWithin(128 * 500, 128 * 499, 128 * 500)),
    step,
  );
  assert.is(repeat.repeatedBlocks, 1);
  const jump = alignment(heard((output) => output.copyWithin(70_000, 70_384)));
  assert.equal(jump.delays, [DELAY, DELAY - 384]);
  const lost = alignment(heard((output) => output.fill(0.1, 60_000, 80_000)));
  assert.ok(lost.unlike > 5);
});

test("a delay between two samples is a delay like any other", () => {
  // Hops of the page at 44.1 kHz are 352.8 samples, so five delays in a row have every fraction that there is.
  const rate = 44_100;
  const input = steadyTones(2, rate);
  for (let delayFrames = 16; delayFrames < 21; delayFrames++) {
    const rig = new Rig({ sampleRate: rate, delayFrames, listening: "original" });
    const { delays, unlike, pieces } = alignment({
      sampleRate: rate,
      microphone: input,
      output: rig.run(input),
    });
    assert.is(unlike, 0, `${unlike} of ${pieces} pieces at a delay of ${delayFrames} frames`);
    assert.is(delays.length, 1);
    const expected = rig.explainer.latencySeconds * rate;
    assert.ok(Math.abs(delays[0] - expected) < 0.02, `${delays[0]}, expected ${expected}`);
  }
});

test("a cross-fade between two delays that stops on its way is found", () => {
  for (const share of [0.05, 0.5, 0.95]) {
    const stuck = alignment(
      heard((output) => {
        const late = output.slice();
        // Two hops of 8 ms later.
        for (let n = 60_000; n < output.length; n++) {
          output[n] = (1 - share) * late[n] + share * late[n - 768];
        }
      }),
    );
    assert.ok(stuck.unlike > 10, `${stuck.unlike} of ${stuck.pieces} pieces with ${share} of the new delay`);
  }
});

test("what the microphone itself lost is not held against the page", () => {
  const input = microphone.slice();
  input.fill(0, 50_000, 50_500);
  const found = continuity(
    heard(() => {}, input),
    step,
  );
  assert.ok(found.judged < 0.8);
  assert.is(found.gaps + found.clicks, 0);
});

test("a recording of which too little could be judged proves nothing, and fails", () => {
  const heard = { gaps: 0, repeatedBlocks: 0, clicks: 0, quietMs: 0, judged: 0.6 };
  const report: FaultReport = {
    fault: "frozen",
    listening: "original",
    continuity: heard,
    alignment: { delays: [9_000], unlike: 0, pieces: 40 },
    engineDuring: "local",
    cameBack: true,
  };
  assert.equal(failuresOf(report), []);
  assert.is(failuresOf({ ...report, continuity: { ...heard, judged: LEAST_JUDGED - 0.01 } }).length, 1);
  const few = { delays: [9_000], unlike: 0, pieces: LEAST_PIECES - 1 };
  assert.is(failuresOf({ ...report, alignment: few }).length, 1);
});

test.run();

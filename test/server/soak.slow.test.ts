// The soak, short: that clients of every habit leave the well-behaved and the server as they were, with either kind of pack.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadSound } from "../../cli/bench/load/load-sound.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { openPack } from "../../models/runtime/open-pack-node.ts";
import type { StreamState } from "../../models/runtime/streaming.ts";
import type { ExplanationMessage } from "../../protocol/wire.ts";
import { encodeMask } from "../../protocol/wire-levels.ts";
import { MaskCheck } from "../../tools/soak/mask-check.ts";
import { runSoak } from "../../tools/soak/run-soak.ts";
import { StreamCheck } from "../../tools/soak/stream-check.ts";
import { VISITORS } from "../../tools/soak/visitors.ts";
import { COMMAND } from "../cli/run-cli.ts";

const TINY_PACK = `${packageFolder()}/test/fixtures/tiny-pack`;
const TINY_STREAMING = `${packageFolder()}/test/fixtures/tiny-streaming`;

test("20 seconds among all bad habits: nothing is lost, nothing is left behind", async () => {
  const report = await runSoak({
    script: COMMAND,
    pack: TINY_PACK,
    seconds: 20,
    sessions: 12,
    seed: 3,
  });
  assert.equal(report.failures, []);
  assert.equal(Object.keys(report.visits).sort(), Object.keys(VISITORS).sort());
  assert.is(report.steady.streams, 6);
  assert.ok(report.masks.compared > 20, `${report.masks.compared} masks`);
  assert.is(report.steady.asked, report.steady.answered + report.steady.dropped);
});

test("of a streaming pack, too: nobody is answered by another's memory, and each begin is told, also after the thread ended", async () => {
  const report = await runSoak({
    script: COMMAND,
    pack: TINY_STREAMING,
    seconds: 8,
    sessions: 8,
    seed: 4,
    threadEnds: 2,
  });
  const { steady, masks } = report;
  assert.equal(report.failures, []);
  assert.ok(masks.compared > 50, `${masks.compared} masks`);
  // Each begins, every other leaves frames out, and those whose blocks went with a thread begin anew.
  assert.ok(masks.begun >= 4 + 2 + steady.failed, `${masks.begun} begins`);
  assert.is(steady.asked, steady.answered + steady.dropped + steady.failed);
});

test("blocks that are heard with another's memory, an old one or none, and begins that are not told, are noticed", async () => {
  const pack = await openPack(TINY_STREAMING);
  try {
    const { sampleRate, stft } = pack.pack;
    const sound = loadSound(sampleRate, stft, 64);
    const { streaming } = await pack.method();
    let states: readonly StreamState[] = [streaming!.begin()];
    let request = 0;
    /** What the server would answer to a stream that lies at 500 in the sound. */
    const answer = async (firstFrame: number, begins = false): Promise<ExplanationMessage> => {
      if (begins) states = [streaming!.begin()];
      const heard = await streaming!.hear(sound.magnitudes(500 + firstFrame, 8), states);
      states = heard.states;
      const { probabilities } = heard;
      const mask = encodeMask(heard.masks);
      const shape = { frames: 8, bins: stft.bins, rows: 2, dropped: 0, inferenceMs: 1, serverMs: 1 };
      return { type: "explanation", request: ++request, firstFrame, begins, ...shape, mask, probabilities };
    };
    const check = new StreamCheck(pack, sound);
    const look = check.follow(500);
    const after = async (message: ExplanationMessage) => {
      look(message);
      await check.settle();
      return [check.counts.unlike, check.counts.untold];
    };
    assert.equal(await after(await answer(0, true)), [0, 0]);
    assert.equal(await after(await answer(8)), [0, 0]);
    const [mine] = states;
    states = [streaming!.begin()];
    assert.equal(await after(await answer(16)), [1, 0], "heard without memory, which is not told");
    states = (await streaming!.hear(sound.magnitudes(0, 24), [streaming!.begin()])).states;
    assert.equal(await after(await answer(24)), [2, 0], "another sound's");
    states = [mine];
    assert.equal(await after(await answer(32)), [3, 0], "an old one");
    assert.equal(await after(await answer(40, true)), [3, 1], "a begin for no reason");
    assert.equal(await after(await answer(48)), [3, 1]);
    assert.equal(await after(await answer(64)), [3, 2], "frames are missing, and it goes on");
    assert.equal(await after(await answer(80, true)), [3, 2]);
    assert.is(check.counts.begun, 3);
    assert.is(check.counts.compared, 9);
  } finally {
    await pack.close();
  }
});

test("a mask of another window, another sound or another shape is noticed", async () => {
  const pack = await openPack(TINY_PACK);
  try {
    const { sampleRate, stft, windowFrames } = pack.pack;
    const sound = loadSound(sampleRate, stft, 2 * windowFrames);
    const method = await pack.method();
    const { masks: mask, probabilities } = await method.run(sound.magnitudes(40, windowFrames), 1);
    const right: ExplanationMessage = {
      type: "explanation",
      ...{
        request: 1,
        firstFrame: 30,
        frames: windowFrames,
        bins: stft.bins,
        dropped: 0,
        begins: false,
        rows: 1,
      },
      ...{ mask: encodeMask(mask), probabilities: probabilities.slice(), inferenceMs: 1, serverMs: 1 },
    };
    const check = new MaskCheck(pack, sound);
    const unlikeAfter = async (answer: ExplanationMessage, offset: number) => {
      check.offer(answer, offset);
      await check.settle();
      return check.counts.unlike;
    };
    assert.is(await unlikeAfter(right, 10), 0);
    assert.is(await unlikeAfter({ ...right, mask: right.mask.subarray(-20 * stft.bins) }, 10), 0);
    assert.is(await unlikeAfter(right, 700), 1);
    assert.is(await unlikeAfter({ ...right, mask: right.mask.map((value) => value ^ 4) }, 10), 2);
    assert.is(await unlikeAfter({ ...right, probabilities: right.probabilities.toReversed() }, 10), 3);
    assert.is(await unlikeAfter({ ...right, mask: new Uint8Array() }, 10), 4);
    assert.is(check.counts.compared, 6);
  } finally {
    await pack.close();
  }
});

test.run();
